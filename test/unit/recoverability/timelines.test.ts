import { describe, expect, it } from 'vitest';
import { assess } from '../../../src/recoverability/assess.ts';
import {
  archiveOf,
  arrival,
  assessOne,
  at,
  backupOf,
  classes,
  findingOf,
  gapTexts,
  inputOf,
  presentIn,
  serverOf,
} from './world.ts';

const switched = { parent: 1, switchLsn: at(6, 500) };
const second = { 2: [switched] };

describe('a backup from before a promotion', () => {
  const backups = [backupOf()];

  it('leads over the switch onto the new timeline', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-5', 2: '6-9' }, { histories: second }), backups });
    expect(classes(one)).toEqual(['a: pitr to 2/9']);
    expect(one.windows.at(-1)).toMatchObject({ timeline: 2, latestLsn: at(10) });
    expect(one.archive).toMatchObject({ newestTimeline: 2, newestEnd: at(10), orphanSegments: 0, pendingSegments: 0 });
  });

  it('needs the segment with the switch from the new timeline, and is good up to the switch by the copy of the old', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-6', 2: '7-9' }, { histories: second }), backups });
    expect(classes(one)).toEqual(['a: limited to 1/6']);
    expect(one.windows.at(-1)?.latestLsn).toBe(at(6, 500));
    expect(gapTexts(one)).toEqual(['2/6-6']);
    expect(one.gaps[0]?.firstName).toBe('000000020000000000000006');
  });

  it('waits for that segment while the new timeline has sent nothing but its history', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-5' }, { histories: second }), backups });
    expect(classes(one)).toEqual(['a: pitr to 1/5']);
    expect(one.archive?.pendingSegments).toBe(1);
    expect(gapTexts(one)).toEqual([]);
    expect(one.windows.at(-1)?.latestLsn).toBe(at(6));
  });

  it('does not take a segment of which the old timeline has the beginning only', () => {
    const partials = [{ timeline: 1, segment: 6, time: arrival(6) }];
    const one = assessOne({ archive: archiveOf({ 1: '1-5' }, { histories: second, partials }), backups });
    expect(one.windows.at(-1)?.latestLsn).toBe(at(6));
  });

  it('leaves what the old primary archived behind the switch aside, as orphans', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-8', 2: '6-9' }, { histories: second }), backups });
    expect(classes(one)).toEqual(['a: pitr to 2/9']);
    expect(one.archive?.orphanSegments).toBe(2);
  });

  it('needs no file of the old timeline where the switch stands exactly at a border', () => {
    const histories = { 2: [{ parent: 1, switchLsn: at(6) }] };
    const one = assessOne({ archive: archiveOf({ 1: '1-6', 2: '6-9' }, { histories }), backups });
    expect(classes(one)).toEqual(['a: pitr to 2/9']);
    expect(one.archive?.orphanSegments).toBe(1);
    const without = assessOne({ archive: archiveOf({ 1: '1-6', 2: '7-9' }, { histories }), backups });
    expect(classes(without)).toEqual(['a: limited to 1/5']);
  });

  it('goes through several switches in one segment by the newest file', () => {
    const histories = {
      2: [switched],
      3: [switched, { parent: 2, switchLsn: at(6, 900) }],
    };
    const one = assessOne({ archive: archiveOf({ 1: '1-6', 2: '6', 3: '6-9' }, { histories }), backups });
    expect(classes(one)).toEqual(['a: pitr to 3/9']);
    expect(one.archive?.orphanSegments).toBe(0);
    const older = assessOne({ archive: archiveOf({ 1: '1-6', 2: '6' }, { histories }), backups });
    expect(older.windows.at(-1)).toMatchObject({ timeline: 2, latestLsn: at(6, 900) });
    const oldest = assessOne({ archive: archiveOf({ 1: '1-6' }, { histories }), backups });
    expect(oldest.windows.at(-1)).toMatchObject({ timeline: 1, latestLsn: at(6, 500) });
  });
});

describe('a missing history file', () => {
  const archive = archiveOf({ 1: '1-6', 2: '6-9' });
  const backups = [backupOf()];

  it('limits the backups of the timelines before it, and is no gap', () => {
    const one = assessOne({ archive, backups });
    expect(classes(one)).toEqual(['a: limited to 1/6']);
    expect(one.backups[0]?.reason).toContain('00000002.history');
    expect(gapTexts(one)).toEqual([]);
    expect(one.archive?.orphanSegments).toBe(0);
  });

  it('is a finding with the name of the file, and as nobody gets to the present without it a critical one too', () => {
    const assessment = assess(inputOf({ archive, backups, server: serverOf({ timeline: 2 }) }));
    expect(presentIn(assessment)).toEqual(expect.arrayContaining(['timeline_history_missing', 'no_way_to_now']));
    const finding = findingOf(assessment, 'timeline_history_missing');
    expect(finding.evidence).toEqual(['00000002.history']);
    expect(finding.cure).toContain('00000002.history');
    expect(assessment.verdict).toBe('not_recoverable');
  });

  it('still lets gaps be found on the way that is known', () => {
    expect(gapTexts(assessOne({ archive: archiveOf({ 1: '1-3 5-6', 2: '6-9' }), backups }))).toEqual(['1/4-4']);
  });

  it('matters no more once a backup was made on the new timeline', () => {
    const newer = backupOf({ label: 'b', wal: { timeline: 2, start: at(7, 40), stop: at(8, 40) } });
    const assessment = assess(inputOf({ archive, backups: [...backups, newer] }));
    expect(assessment.repositories.flatMap(classes)).toEqual(['a: limited to 1/6', 'b: pitr to 2/9']);
    expect(presentIn(assessment)).toEqual(['timeline_history_missing']);
    expect(assessment.verdict).toBe('at_risk');
    expect(presentIn(assess(inputOf({ archive, backups: [newer] })))).toEqual([]);
  });
});

describe('branches', () => {
  const histories = { 2: [{ parent: 1, switchLsn: at(6, 500) }], 3: [{ parent: 1, switchLsn: at(8, 500) }] };
  const archive = archiveOf({ 1: '1-8', 2: '6-7', 3: '8-12' }, { histories });
  const onBranch = backupOf({ label: 'b', wal: { timeline: 2, start: at(6, 900), stop: at(7, 40) } });

  it('that were left are good up to their own end, and are no way to the present', () => {
    const one = assessOne({ archive, backups: [backupOf(), onBranch] });
    expect(classes(one)).toEqual(['a: pitr to 3/12', 'b: limited to 2/7']);
    expect(one.backups[1]?.reason).toContain('Timeline 2 was left');
    expect(one.windows.map(({ timeline, backups }) => [timeline, ...backups])).toEqual([
      [2, 'b'],
      [3, 'a'],
    ]);
    expect(one.archive?.orphanSegments).toBe(2);
  });

  it('are windows of their own also where they end at the same position', () => {
    const long = archiveOf({ 1: '1-8', 2: '6-12', 3: '8-12' }, { histories });
    const { windows } = assessOne({ archive: long, backups: [backupOf(), onBranch] });
    expect(windows.map(({ timeline, latestLsn }) => [timeline, latestLsn])).toEqual([
      [2, at(13)],
      [3, at(13)],
    ]);
  });

  it('are told apart by the timeline of the server: a restored copy may have begun the newest one', () => {
    const one = assessOne({ archive, backups: [backupOf(), onBranch], server: serverOf({ timeline: 2 }) });
    expect(classes(one)).toEqual(['a: pitr to 2/7', 'b: pitr to 2/7']);
    expect(one.archive?.orphanSegments).toBe(2 + 5);
  });

  it('keep a backup that the old primary made after it was left', () => {
    const late = backupOf({ label: 'c', wal: { start: at(7, 40), stop: at(8, 40) } });
    const one = assessOne({
      archive: archiveOf({ 1: '1-9', 2: '6-7' }, { histories: { 2: [switched] } }),
      backups: [late],
    });
    expect(classes(one)).toEqual(['c: limited to 1/9']);
  });

  it('count with the timeline before the server where the archive has nothing of its own yet', () => {
    const one = assessOne({
      archive: archiveOf({ 1: '1-6' }),
      backups: [backupOf()],
      server: serverOf({ timeline: 2 }),
    });
    expect(classes(one)).toEqual(['a: pitr to 1/6']);
  });
});

describe('a backup that was running when its server was promoted', () => {
  const archive = archiveOf({ 1: '1-6', 2: '6-12' }, { histories: second });

  it('is good if its standby followed the switch, and ended on the new timeline', () => {
    const wal = { start: at(5, 40), stop: at(7, 40), stopTimeline: 2 };
    expect(classes(assessOne({ archive, backups: [backupOf({ wal })] }))).toEqual(['a: pitr to 2/12']);
  });

  it('is good if it ended exactly at the switch', () => {
    const wal = { start: at(5, 40), stop: at(6, 500) };
    expect(classes(assessOne({ archive, backups: [backupOf({ wal })] }))).toEqual(['a: pitr to 2/12']);
  });

  it('is not taken for one of the new timeline if it ended on the old behind the switch', () => {
    const wal = { start: at(5, 40), stop: at(6, 501) };
    expect(classes(assessOne({ archive, backups: [backupOf({ wal })] }))).toEqual(['a: limited to 1/6']);
    const beyond = { start: at(5, 40), stop: at(7, 40) };
    expect(classes(assessOne({ archive, backups: [backupOf({ wal: beyond })] }))).toEqual(['a: broken']);
  });
});
