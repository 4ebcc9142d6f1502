import type { Verdict } from './recoverability.ts';

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  recoverable: 'RECOVERABLE',
  at_risk: 'AT RISK',
  not_recoverable: 'NOT RECOVERABLE',
  unknown: 'UNKNOWN',
};

const SPANS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;
const LAST_YEAR_MS = 253_402_300_800_000;
const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** The two largest units: `3 d 4 h`, `2 min 5 s`, `0.4 s`. */
export function durationText(seconds: number): string {
  if (seconds < 0) return `-${durationText(-seconds)}`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const first = SPANS.findIndex(([, size]) => whole >= size);
  const [large, small] = SPANS.slice(first, first + 2);
  if (large === undefined) return `${whole} s`;
  const rest = small === undefined ? 0 : Math.floor((whole % large[1]) / small[1]);
  const head = `${Math.floor(whole / large[1])} ${large[0]}`;
  return small === undefined || rest === 0 ? head : `${head} ${rest} ${small[0]}`;
}

/** Three digits at least: `512 bytes`, `1.50 GiB`. */
export function bytesText(bytes: number): string {
  const power = bytes < 1_024 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1_024 ** power;
  const text = power === 0 || value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
  return `${text} ${BYTE_UNITS[power] ?? ''}`;
}

/** RFC 3339 in UTC; null for what is not known or, in a catalogue that nonsense was written into, no time at all. */
export function toTime(seconds: number | undefined): string | null {
  const milliseconds = Math.round((seconds ?? Number.NaN) * 1_000);
  return milliseconds >= 0 && milliseconds < LAST_YEAR_MS ? new Date(milliseconds).toISOString() : null;
}

/** @param time RFC 3339 in UTC, with milliseconds; null for an unknown one */
export function timeText(time: string | null): string {
  return time === null ? 'an unknown time' : `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

/** @param now RFC 3339, as the time */
export function ageText(time: string, now: string): string {
  return durationText(Math.max(0, (Date.parse(now) - Date.parse(time)) / 1_000));
}

export function countText(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/**
 * Where the rates of an estimate are from: `by the drill of 2026-11-22 01:00:03 UTC`.
 *
 * @param measuredAt when each was measured, RFC 3339; null for one that is configured
 */
export function ratesText(...measuredAt: readonly (string | null)[]): string {
  const measured = measuredAt.filter((at) => at !== null);
  if (measured.length === 0) return 'by the rates that are configured';
  const drills = [...new Set(measured)].map(timeText).join(' and ');
  return `by the drill of ${drills}${measured.length < measuredAt.length ? ' and a rate that is configured' : ''}`;
}
