import { usualZoneMinutes } from '../../../core/zone-abbreviations.ts';

const TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?: (\S+))?$/;
const MINUTE_MS = 60_000;

/**
 * Reads times as PostgreSQL writes them into its log, `2026-11-22 05:33:17.725 UTC`; many of a second cost one.
 *
 * The result is in milliseconds since 1970, undefined for a zone that is not known.
 */
export function createTimeReader(): (text: string) => number | undefined {
  let knownText = '';
  let knownZone = '';
  let knownMs: number | undefined;
  return (text) => {
    const dot = text.charCodeAt(19) === 0x2e ? 23 : 19;
    const second = text.slice(0, 19);
    const zone = text.slice(dot);
    if (second !== knownText || zone !== knownZone) {
      knownText = second;
      knownZone = zone;
      knownMs = readTime(second + zone);
    }
    return knownMs === undefined ? undefined : knownMs + (dot === 19 ? 0 : Number(text.slice(20, 23)));
  };
}

function readTime(text: string): number | undefined {
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, , zone = 'UTC'] = found;
  const east = usualZoneMinutes(zone);
  if (east === undefined) return undefined;
  const utc = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return utc - east * MINUTE_MS;
}
