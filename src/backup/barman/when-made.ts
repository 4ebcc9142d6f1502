import type { BarmanBackup } from './facts.ts';

const ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/;
/** Zones are whole multiples of it away from UTC. */
const QUARTER_SECONDS = 900;
/** A backup begins after it has its name, by up to a checkpoint, unless the server's clock is behind by less than this. */
const SKEW_SECONDS = 60;

/**
 * When a backup was begun, in Unix seconds, by its name: that is the local time of Barman's host, whose zone the nearest
 * backup shows that tells both. Undefined if there is none.
 */
export function whenMade(id: string, others: readonly BarmanBackup[]): number | undefined {
  const local = localSeconds(id);
  if (local === undefined) return undefined;
  let best: { readonly distance: number; readonly zoneSeconds: number } | undefined;
  for (const other of others) {
    const theirs = localSeconds(other.id);
    if (theirs === undefined || other.beginSeconds === undefined) continue;
    const zoneSeconds = Math.ceil((theirs - other.beginSeconds - SKEW_SECONDS) / QUARTER_SECONDS) * QUARTER_SECONDS;
    const distance = Math.abs(theirs - local);
    if (best === undefined || distance < best.distance) best = { distance, zoneSeconds };
  }
  return best === undefined ? undefined : local - best.zoneSeconds;
}

/** As if the zone were UTC. */
function localSeconds(id: string): number | undefined {
  const [, ...parts] = ID.exec(id) ?? [];
  if (parts.length === 0) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}
