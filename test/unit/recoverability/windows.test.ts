import { describe, expect, it } from 'vitest';
import type { BackupLabel } from '../../../src/core/catalogue.ts';
import type { Heartbeat } from '../../../src/core/facts.ts';
import { archiveOf, arrival, assessOne, at, backupOf, sample, serverOf } from './world.ts';

const archive = archiveOf({ 1: '1-10' });
const backups = [backupOf()];

function latest(heartbeats: readonly Heartbeat[], given: Parameters<typeof assessOne>[0] = {}): number | undefined {
  return assessOne({ archive, backups, heartbeats, ...given }).windows.at(-1)?.latestSeconds;
}

describe('the latest moment of a window', () => {
  it('is that of the last sample behind which more is archived, as a recovery to a moment needs a commit after it', () => {
    const samples = [sample(arrival(4), at(9)), sample(arrival(5), at(10, 90)), sample(arrival(6), at(11, 1))];
    expect(latest(samples)).toBe(arrival(4));
  });

  it('counts a sample exactly at the end', () => {
    const samples = [sample(arrival(4), at(10)), sample(arrival(5), at(10, 90)), sample(arrival(6), at(11))];
    expect(latest(samples)).toBe(arrival(5));
  });

  it('is when something was last written, not how long nobody wrote before or since', () => {
    const quiet = [4, 5, 6].map((hour) => sample(arrival(hour), at(10)));
    const samples = [...quiet, sample(arrival(7), at(10, 90)), sample(arrival(9), at(10, 90))];
    expect(latest(samples)).toBe(arrival(6));
  });

  it('is that of the only sample before its end, if there is one only', () => {
    expect(latest([sample(arrival(5), at(10, 90)), sample(arrival(6), at(11, 1))])).toBe(arrival(5));
  });

  it('is not known by when the last segment came, as it may have been written long before', () => {
    expect(latest([])).toBeUndefined();
    expect(latest([sample(arrival(20), at(12))])).toBeUndefined();
    expect(latest([sample(arrival(20), 0n, { lsn: undefined })])).toBeUndefined();
  });

  it('is just before PostgreSQL closed the last segment, where no sample is so old', () => {
    const closed = arrival(11);
    expect(latest([], { server: serverOf() })).toBe(closed - 1);
    expect(latest([sample(arrival(20), at(12))], { server: serverOf() })).toBe(closed - 1);
    expect(latest([sample(arrival(4), at(9))], { server: serverOf() })).toBe(arrival(4));
  });

  it.each([
    ['another segment', { lastArchivedFile: '00000001000000000000000B', archivedEnd: at(12) }],
    ['that of another timeline', { lastArchivedFile: '00000002000000000000000A' }],
    ['the label of a backup', { lastArchivedFile: '00000001000000000000000A.00000028.backup' }],
    ['a segment that was closed at an unknown time', { lastArchivedClosedSeconds: undefined }],
  ])('says nothing where PostgreSQL archived last %s', (_what, said) => {
    expect(latest([], { server: serverOf(said) })).toBeUndefined();
  });

  const label = (segment: number, given: Partial<BackupLabel> = {}): BackupLabel => ({
    fileName: `${segment}.backup`,
    label: `label ${segment}`,
    wal: { timeline: 1, start: at(segment), stop: at(segment, 90) },
    startTimeSeconds: arrival(segment),
    stopTimeSeconds: arrival(segment),
    fromStandby: false,
    ...given,
  });
  const labelled = (...labels: readonly BackupLabel[]): ReturnType<typeof archiveOf> =>
    archiveOf({ 1: '1-10' }, { labels });

  it('is when the last backup ended of which the archive tells, where nothing newer is known', () => {
    expect(latest([], { archive: labelled(label(5), label(7)) })).toBe(arrival(7));
    expect(latest([], { archive: labelled(label(7)), server: serverOf() })).toBe(arrival(11) - 1);
  });

  it.each([
    ['behind the end of the archive', label(11)],
    ['of a standby, which may be behind', label(7, { fromStandby: true })],
    ['whose time is that of its file', label(7, { hasLateTimes: true })],
    ['on another timeline', label(7, { wal: { timeline: 2, start: at(7), stop: at(7, 90) } })],
  ])('takes no notice of a backup %s', (_what, passed) => {
    expect(latest([], { archive: labelled(label(5), passed) })).toBe(arrival(5));
  });

  it('takes no notice of samples on a branch that was left', () => {
    const histories = { 2: [{ parent: 1, switchLsn: at(6, 500) }] };
    const branched = archiveOf({ 1: '1-5', 2: '6-10' }, { histories });
    const samples = [
      sample(arrival(4), at(6, 400)),
      sample(arrival(5), at(6, 501)),
      sample(arrival(6), at(6, 500), { timeline: 2 }),
      sample(arrival(7), at(10, 9), { timeline: 2 }),
      sample(arrival(8), at(10, 10), { timeline: 3 }),
    ];
    expect(latest(samples, { archive: branched })).toBe(arrival(6));
    expect(latest(samples.slice(0, 3), { archive: branched })).toBe(arrival(4));
  });

  it('is not known where nothing is known of the time behind the backup', () => {
    expect(latest([sample(arrival(1), at(2))])).toBeUndefined();
    expect(latest([sample(arrival(3), at(9)), sample(arrival(10), at(10, 90))])).toBeUndefined();
  });
});

describe('windows', () => {
  it('begin behind the second in which the backup ended, of which tools cut off the rest', () => {
    const endedAt = (stopTimeSeconds: number): number | undefined =>
      assessOne({ archive, backups: [{ ...backupOf(), stopTimeSeconds }] }).windows[0]?.earliestSeconds;
    expect([endedAt(arrival(3)), endedAt(arrival(3) + 0.25)]).toEqual([arrival(3) + 1, arrival(3) + 0.25]);
  });

  it('are shared by backups that lead to the same end, oldest backup first', () => {
    const more = [backupOf({ label: 'b', wal: { start: at(7), stop: at(8) } }), ...backups];
    const { windows } = assessOne({ archive, backups: more });
    expect(windows.map(({ backups: labels, earliestSeconds }) => ({ labels, earliestSeconds }))).toEqual([
      { labels: ['a', 'b'], earliestSeconds: arrival(3) + 1 },
    ]);
  });

  it('are one more with each gap, the oldest first', () => {
    const spans = archiveOf({ 1: '1-5 7-10 12-20' });
    const later = (label: string, start: number): ReturnType<typeof backupOf> =>
      backupOf({ label, wal: { start: at(start), stop: at(start, 90) } });
    const { windows } = assessOne({ archive: spans, backups: [later('c', 13), later('b', 8), ...backups] });
    expect(windows.map(({ backups: labels, latestLsn }) => [...labels, latestLsn])).toEqual([
      ['a', at(6)],
      ['b', at(11)],
      ['c', at(21)],
    ]);
  });

  it('are none of backups that are broken or only good for themselves', () => {
    const alone = [backupOf({ wal: null }), backupOf({ label: 'b', needs: ['gone'] })];
    expect(assessOne({ archive, backups: alone }).windows).toEqual([]);
    expect(assessOne({ backups }).windows).toEqual([]);
  });
});
