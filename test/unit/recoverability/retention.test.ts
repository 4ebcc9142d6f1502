import { describe, expect, it } from 'vitest';
import type { RepositoryPolicy, RetentionPolicy, RetentionState } from '../../../src/core/recoverability.ts';
import { archiveOf, assessOne, at, backupOf } from './world.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

const seconds = (text: string): number => Date.parse(text) / 1_000;

/** Wednesday, week 46 of 2023. */
const NOON = seconds('2023-11-15T12:00:00Z');

function retention(
  stops: readonly string[],
  rules: Partial<RetentionPolicy>,
  given: { readonly now?: number; readonly timeZone?: string; readonly archive?: ReturnType<typeof archiveOf> } = {},
): readonly RetentionState[] {
  const wanted: Partial<RepositoryPolicy> = {
    retention: { ...NOTHING_WANTED.retention, ...rules },
    timeZone: given.timeZone ?? 'UTC',
  };
  const backups = stops.map((stop) => backupOf({ label: stop, stopTimeSeconds: seconds(stop) }));
  const archive = given.archive === undefined ? {} : { archive: given.archive };
  return assessOne({ backups, wanted, nowSeconds: given.now ?? NOON, ...archive }).retention;
}

const days = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `2023-11-${String(from + index).padStart(2, '0')}T03:00:00Z`);

describe('daily backups', () => {
  it('are there if each of the last days has one, today if it has one already', () => {
    const full = { rule: 'daily', satisfied: true, required: 7, present: 7, warmingUp: false };
    expect(retention(days(9, 15), { daily: 7 })).toEqual([full]);
    expect(retention(days(8, 14), { daily: 7 })).toEqual([full]);
  });

  it('are not there if a day has none', () => {
    const holed = days(8, 15).filter((day) => !day.includes('-11T'));
    expect(retention(holed, { daily: 7 })).toEqual([
      { rule: 'daily', satisfied: false, required: 7, present: 6, warmingUp: false },
    ]);
  });

  it('are missed the day after one failed, not before that day is over', () => {
    expect(retention(days(8, 14), { daily: 7 }, { now: seconds('2023-11-15T23:59:59Z') })[0]?.satisfied).toBe(true);
    expect(retention(days(8, 14), { daily: 7 }, { now: seconds('2023-11-16T00:00:00Z') })[0]?.satisfied).toBe(false);
  });

  it('are asked for since the first one', () => {
    expect(retention(days(13, 15), { daily: 7 })).toEqual([
      { rule: 'daily', satisfied: true, required: 3, present: 3, warmingUp: true },
    ]);
    expect(retention(['2023-11-15T03:00:00Z'], { daily: 7 })[0]).toMatchObject({ satisfied: true, required: 1 });
    expect(retention(['2023-11-12T03:00:00Z', '2023-11-15T03:00:00Z'], { daily: 7 })[0]).toMatchObject({
      satisfied: false,
      required: 4,
      present: 2,
    });
  });

  it('count once a day, however many there are', () => {
    const twice = [...days(13, 15), '2023-11-15T04:00:00Z', '2023-11-15T05:00:00Z'];
    expect(retention(twice, { daily: 3 })[0]).toMatchObject({ present: 3, satisfied: true });
  });

  it('are days of the time zone of the policy, also where clocks change', () => {
    const late = ['2023-11-13T23:30:00Z', '2023-11-14T23:30:00Z'];
    const inBerlin = { timeZone: 'Europe/Berlin' };
    expect(retention(late, { daily: 2 }, inBerlin)[0]).toMatchObject({ required: 2, present: 2 });
    expect(retention([...late, '2023-11-12T03:00:00Z'], { daily: 3 }, inBerlin)[0]).toMatchObject({
      required: 3,
      present: 2,
    });
    const change = ['2023-10-28T21:30:00Z', '2023-10-28T22:30:00Z', '2023-10-29T23:30:00Z'];
    const after = { ...inBerlin, now: seconds('2023-10-30T12:00:00Z') };
    expect(retention(change, { daily: 3 }, after)[0]).toMatchObject({ required: 3, present: 3 });
  });

  it('are all asked for where none is left', () => {
    expect(retention([], { daily: 7 })[0]).toEqual({
      rule: 'daily',
      satisfied: false,
      required: 7,
      present: 0,
      warmingUp: false,
    });
  });
});

describe('weekly and monthly backups', () => {
  it('are those of ISO weeks, from Monday to Sunday', () => {
    const sundayAndMonday = ['2023-11-05T12:00:00Z', '2023-11-06T12:00:00Z', '2023-11-13T00:00:00Z'];
    expect(retention(sundayAndMonday, { weekly: 3 })[0]).toMatchObject({ required: 3, present: 3, satisfied: true });
    const mondayAndSunday = ['2023-11-06T00:00:00Z', '2023-11-12T23:59:59Z'];
    expect(retention(mondayAndSunday, { weekly: 1 })[0]).toMatchObject({ required: 1, present: 1 });
    expect(retention(['2023-10-30T12:00:00Z', ...mondayAndSunday], { weekly: 3 })[0]).toMatchObject({
      required: 2,
      present: 2,
    });
  });

  it('are those of weeks and months over the end of a year', () => {
    const given = { now: seconds('2024-01-03T12:00:00Z') };
    const over = ['2023-11-30T12:00:00Z', '2023-12-24T12:00:00Z', '2023-12-31T12:00:00Z', '2024-01-01T12:00:00Z'];
    expect(retention(over, { weekly: 3 }, given)[0]).toMatchObject({ required: 3, present: 3 });
    expect(retention(over, { monthly: 3 }, given)[0]).toMatchObject({ required: 3, present: 3 });
  });
});

describe('warming up', () => {
  it('is over where the archive still has the label of an older backup', () => {
    const label = {
      fileName: 'x',
      label: 'old',
      wal: { timeline: 1, start: at(1), stop: at(1, 9) },
      startTimeSeconds: seconds('2023-11-01T03:00:00Z'),
      stopTimeSeconds: seconds('2023-11-01T03:10:00Z'),
      fromStandby: false,
    };
    const archive = archiveOf({ 1: '1-9' }, { labels: [label] });
    expect(retention(days(13, 15), { daily: 7 }, { archive })[0]).toMatchObject({ satisfied: false, warmingUp: false });
  });

  it('is over where the archive begins with the oldest backup: it was cleaned behind older ones', () => {
    expect(retention(days(13, 15), { daily: 7 }, { archive: archiveOf({ 1: '2-9' }) })[0]?.warmingUp).toBe(false);
    expect(retention(days(13, 15), { daily: 7 }, { archive: archiveOf({ 1: '1-9' }) })[0]?.warmingUp).toBe(true);
  });

  it('is not over where the archive begins with the first segment that there is', () => {
    const first = backupOf({
      stopTimeSeconds: seconds('2023-11-14T03:00:00Z'),
      wal: { start: at(1, 40), stop: at(1, 90) },
    });
    const wanted = { retention: { ...NOTHING_WANTED.retention, daily: 7 } };
    const one = assessOne({ archive: archiveOf({ 1: '1-9' }), backups: [first], wanted, nowSeconds: NOON });
    expect(one.retention[0]?.warmingUp).toBe(true);
  });
});

describe('a window of any moment', () => {
  const archive = archiveOf({ 1: '1-9' });
  const day = 86_400;

  it('goes back to the oldest backup that leads to now', () => {
    expect(retention(days(8, 15), { pitrSeconds: 7 * day }, { archive })).toEqual([
      { rule: 'pitr', satisfied: true, required: 7 * day, present: 7.375 * day - 1, warmingUp: false },
    ]);
    expect(retention(days(13, 15), { pitrSeconds: 7 * day }, { archive })[0]).toMatchObject({
      satisfied: true,
      required: 2.375 * day - 1,
      warmingUp: true,
    });
  });

  it('is too short once what it needs was cleaned away', () => {
    expect(retention(days(13, 15), { pitrSeconds: 7 * day }, { archive: archiveOf({ 1: '2-9' }) })[0]).toMatchObject({
      satisfied: false,
      required: 7 * day,
      present: 2.375 * day - 1,
    });
  });

  it('is none if no backup leads to now', () => {
    const [state] = retention(days(8, 15), { pitrSeconds: 7 * day }, { archive: archiveOf({ 1: '1-6 8-9' }) });
    expect(state).toMatchObject({ satisfied: false, present: 0 });
  });
});

describe('a least number of backups', () => {
  it('counts those that can be restored', () => {
    const archive = archiveOf({ 1: '1-9' });
    expect(retention(days(14, 15), { minimumRedundancy: 2 }, { archive })[0]?.satisfied).toBe(true);
    expect(retention(days(14, 15), { minimumRedundancy: 3 }, { archive })[0]?.satisfied).toBe(false);
    const broken = archiveOf({ 1: '1 3-9' });
    expect(retention(days(14, 15), { minimumRedundancy: 1 }, { archive: broken })[0]?.present).toBe(0);
  });
});
