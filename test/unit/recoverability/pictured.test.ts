import { describe, expect, it } from 'vitest';
import type { RetentionCalendar } from '../../../src/core/picture.ts';
import type { RetentionPolicy } from '../../../src/core/recoverability.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';
import { archiveOf, arrival, assessOne, backupOf } from './world.ts';

const seconds = (text: string): number => Date.parse(text) / 1_000;

/** Wednesday, week 46 of 2023. */
const NOON = seconds('2023-11-15T12:00:00Z');

function calendars(
  stops: readonly string[],
  rules: Partial<RetentionPolicy>,
  timeZone = 'UTC',
): readonly RetentionCalendar[] {
  const wanted = { retention: { ...NOTHING_WANTED.retention, ...rules }, timeZone };
  const backups = stops.map((stop) => backupOf({ label: stop, stopTimeSeconds: seconds(stop) }));
  return assessOne({ backups, wanted, nowSeconds: NOON }).calendars ?? [];
}

/** `2023-11-15 2` is a slot with two, `!` one in which a backup is asked for. */
function texts({ slots }: RetentionCalendar): readonly string[] {
  return slots.map(({ firstDay, usableBackups, required }) => `${firstDay} ${usableBackups}${required ? '!' : ''}`);
}

describe('the calendar of backups', () => {
  it('has the days a rule asks for, those without a backup too, and the present one', () => {
    const stops = ['2023-11-11T03:00:00Z', '2023-11-13T03:00:00Z', '2023-11-13T15:00:00Z', '2023-11-14T03:00:00Z'];
    const [daily, ...others] = calendars(stops, { daily: 3 }).map(texts);
    expect(daily).toEqual(['2023-11-12 0!', '2023-11-13 2!', '2023-11-14 1!', '2023-11-15 0']);
    expect(others).toEqual([]);
  });

  it('has weeks from Monday and months, those before the first backup not asked for', () => {
    const found = calendars(['2023-11-08T03:00:00Z', '2023-11-15T03:00:00Z'], { weekly: 2, monthly: 2 }).map(texts);
    expect(found).toEqual([
      ['2023-10-30 0', '2023-11-06 1!', '2023-11-13 1!'],
      ['2023-09-01 0', '2023-10-01 0', '2023-11-01 2!'],
    ]);
  });

  it('has the days of the time zone', () => {
    const [daily] = calendars(['2023-11-14T20:00:00Z'], { daily: 1 }, 'Asia/Tokyo').map(texts);
    expect(daily).toEqual(['2023-11-14 0', '2023-11-15 1!']);
  });

  it('has the last days where no rule counts any, and no more of a long rule than can be read', () => {
    const [days] = calendars(['2023-11-14T03:00:00Z'], {}).map(texts);
    expect([days?.length, days?.at(-2), days?.at(-1)]).toEqual([14, '2023-11-14 1', '2023-11-15 0']);
    expect(calendars(['2023-11-14T03:00:00Z'], { daily: 4_000 })[0]?.slots).toHaveLength(92);
  });
});

describe('what an archive holds', () => {
  it('is told by spans without a hole, with names and the times at which they came', () => {
    const { archive, gaps } = assessOne({ archive: archiveOf({ 1: '1-6 9-10' }), backups: [backupOf()] });
    expect(archive?.spans).toMatchObject([
      { timeline: 1, first: 1, last: 6, fromSeconds: arrival(1), toSeconds: arrival(6) },
      { timeline: 1, firstName: '000000010000000000000009', lastName: '00000001000000000000000A' },
    ]);
    expect(archive?.olderSpans).toBe(0);
    expect(gaps).toMatchObject([{ afterSeconds: arrival(6), beforeSeconds: arrival(9) }]);
  });

  it('is told by its newest spans where it is full of holes', () => {
    const odd = Array.from({ length: 250 }, (_, index) => 2 * index + 1).join(' ');
    const { archive } = assessOne({ archive: archiveOf({ 1: odd }), backups: [backupOf()] });
    expect([archive?.spans?.length, archive?.spans?.at(-1)?.last, archive?.olderSpans]).toEqual([100, 499, 150]);
  });
});
