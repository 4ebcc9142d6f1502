import type { CalendarUnit } from '../core/picture.ts';

/** Gives each moment (Unix seconds) the number of its slot; slots that follow each other have numbers that do. */
export type SlotOf = (seconds: number) => number;

const DAY_MS = 86_400_000;

/** Day 0 of Unix time was a Thursday, the fourth day of an ISO week. */
const DAYS_BEFORE_THURSDAY = 3;

/** @param timeZone an IANA name. Throws a RangeError for another. */
export function createSlots(unit: CalendarUnit, timeZone: string): SlotOf {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
  return (seconds) => {
    const parts = new Map(format.formatToParts(seconds * 1_000).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? Number.NaN;
    const month = part('month') - 1;
    if (unit === 'monthly') return part('year') * 12 + month;
    const day = Date.UTC(part('year'), month, part('day')) / DAY_MS;
    return unit === 'daily' ? day : Math.floor((day + DAYS_BEFORE_THURSDAY) / 7);
  };
}

/** The first day of a slot, `2026-11-22`. */
export function firstDayOf(unit: CalendarUnit, slot: number): string {
  if (unit === 'monthly') return dayText(Date.UTC(Math.floor(slot / 12), slot % 12));
  return dayText((unit === 'daily' ? slot : slot * 7 - DAYS_BEFORE_THURSDAY) * DAY_MS);
}

function dayText(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
