import type { DrillWanted } from '../core/drill-report.ts';
import type { DrillTarget } from '../core/drill.ts';
import { WalguardError } from '../core/error.ts';
import { formatLsn, parseLsn } from '../core/lsn.ts';

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
const MAX_NAME_BYTES = 63;

/**
 * Reads what `--to` says: `latest`, a position as `16/B374D848`, a time as `2026-11-22 10:00:00+01` (UTC without a zone),
 * anything else the name of a restore point. Throws USAGE_BAD_VALUE.
 */
export function readTarget(text: string): DrillTarget {
  if (text === 'latest') return { kind: 'latest' };
  const lsn = parseLsn(text);
  if (lsn !== undefined) return { kind: 'lsn', lsn };
  const time = TIME.exec(text);
  if (time !== null) return { kind: 'time', seconds: readTime(text, time) };
  // PostgreSQL allows a name no more.
  if (text === '' || Buffer.byteLength(text) > MAX_NAME_BYTES || /\p{Cc}/u.test(text))
    throw badValue(text, 'Give latest, a time such as 2026-11-22T10:00:00Z, an LSN or the name of a restore point.');
  return { kind: 'name', name: text };
}

function readTime(text: string, [, day, minutes = '00:00', seconds = ':00', zone = 'Z']: RegExpExecArray): number {
  const offset = zone === 'Z' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone.replace(/^(...):?/, '$1:');
  const whole = Date.parse(`${day}T${minutes}${seconds.slice(0, 3)}${offset}`);
  if (Number.isNaN(whole)) throw badValue(text, 'Give a time that there is, such as 2026-11-22T10:00:00Z.');
  return whole / 1_000 + Number(`0${seconds.slice(3)}`);
}

function badValue(text: string, hint: string): WalguardError {
  return new WalguardError('USAGE_BAD_VALUE', `--to is ${JSON.stringify(text)}`, { hint });
}

/** As `recovery_target_time` has it: to the microsecond, in UTC. */
export function targetTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const micros = Math.min(999_999, Math.round((seconds - whole) * 1e6));
  const date = new Date(whole * 1_000).toISOString().slice(0, 19).replace('T', ' ');
  return `${date}.${String(micros).padStart(6, '0')}+00`;
}

/** As the report has it. */
export function toWanted(target: DrillTarget): DrillWanted {
  switch (target.kind) {
    case 'latest':
      return { kind: 'latest' };
    case 'time':
      return { kind: 'time', seconds: target.seconds };
    case 'lsn':
      return { kind: 'lsn', lsn: formatLsn(target.lsn) };
    case 'name':
      return { kind: 'name', name: target.name };
  }
}

/** For a person. */
export function describeTarget(target: DrillTarget): string {
  switch (target.kind) {
    case 'latest':
      return 'the end of what is archived';
    case 'time':
      return targetTime(target.seconds).replace('+00', ' UTC');
    case 'lsn':
      return `LSN ${formatLsn(target.lsn)}`;
    case 'name':
      return `the restore point ${JSON.stringify(target.name)}`;
  }
}
