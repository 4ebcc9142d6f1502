import type { CalendarUnit, RetentionCalendar } from '../core/picture.ts';
import type { RepositoryPolicy, RetentionState } from '../core/recoverability.ts';
import type { JudgedBackup } from './backups.ts';
import { createSlots, firstDayOf } from './calendar.ts';

export interface CalendarContext {
  readonly policy: RepositoryPolicy;
  readonly usable: readonly JudgedBackup[];
  readonly nowSeconds: number;
  readonly retention: readonly RetentionState[];
}

const UNITS: readonly CalendarUnit[] = ['daily', 'weekly', 'monthly'];
/** A quarter of days, a year of weeks, five years of months. */
const MOST_SLOTS: Readonly<Record<CalendarUnit, number>> = { daily: 92, weekly: 53, monthly: 60 };
/** What is shown of the days where no rule counts any. */
const DAYS_WITHOUT_RULE = 14;

/** Of each unit that a rule counts the slots that it asks for, and the one before; of days if there is no rule. */
export function calendarsOf(context: CalendarContext): readonly RetentionCalendar[] {
  const { retention } = context.policy;
  const units = UNITS.filter((unit) => retention[unit] !== undefined);
  if (units.length === 0) return [calendarOf('daily', DAYS_WITHOUT_RULE, context)];
  return units.map((unit) => calendarOf(unit, (retention[unit] ?? 0) + 1, context));
}

function calendarOf(unit: CalendarUnit, wanted: number, context: CalendarContext): RetentionCalendar {
  const slotOf = createSlots(unit, context.policy.timeZone);
  const counts = new Map<number, number>();
  for (const { backup } of context.usable) {
    const slot = slotOf(backup.stopTimeSeconds);
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  const current = slotOf(context.nowSeconds);
  const state = context.retention.find(({ rule }) => rule === unit);
  const required = state?.required ?? 0;
  // As the rule counts: the current slot once it holds one.
  const last = counts.has(current) ? current : current - 1;
  const length = Math.min(wanted, MOST_SLOTS[unit]);
  const slots = Array.from({ length }, (_, index) => current - length + 1 + index);
  return {
    unit,
    slots: slots.map((slot) => ({
      firstDay: firstDayOf(unit, slot),
      usableBackups: counts.get(slot) ?? 0,
      required: slot <= last && slot > last - required,
    })),
  };
}
