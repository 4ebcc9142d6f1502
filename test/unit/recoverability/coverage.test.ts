import { describe, expect, it } from 'vitest';
import {
  archiveOf,
  arrival,
  assessOne,
  at,
  backupOf,
  classes,
  gapTexts,
  MEGABYTE,
  NOW,
  serverOf,
  T0,
} from './world.ts';

describe('what a backup leads to on one timeline', () => {
  it('is everything up to the end of the archive', () => {
    const { backups, gaps, windows } = assessOne({ archive: archiveOf({ 1: '1-10' }), backups: [backupOf()] });
    expect(backups[0]).toMatchObject({ recoverability: 'pitr', reason: undefined });
    expect(Object.keys(backups[0] ?? {})).toEqual(['backup', 'recoverability', 'reason', 'reaches']);
    expect(backups[0]?.reaches).toEqual({ timeline: 1, first: 2, last: 10 });
    expect(gaps).toEqual([]);
    expect(windows).toEqual([
      { earliestSeconds: arrival(3) + 1, latestSeconds: undefined, latestLsn: at(11), timeline: 1, backups: ['a'] },
    ]);
  });

  it('ends before a segment that is missing, which is a gap with the names of its files', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-6 9-10' }), backups: [backupOf()] });
    expect(classes(one)).toEqual(['a: limited to 1/6']);
    expect(one.backups[0]?.reason).toBe('000000010000000000000007 is missing in the archive.');
    const [first, last] = ['000000010000000000000007', '000000010000000000000008'];
    const names = { firstName: first, lastName: last };
    const times = { afterSeconds: arrival(6), beforeSeconds: arrival(9) };
    expect(one.gaps).toEqual([
      { timeline: 1, first: 7, last: 8, ...names, ...times, accepted: false, reason: undefined },
    ]);
  });

  it('is its own end only, where what comes right behind it is missing', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-3 5-10' }), backups: [backupOf()] });
    expect(classes(one)).toEqual(['a: consistent_only to 1/3']);
    expect(one.windows).toEqual([]);
    expect(gapTexts(one)).toEqual(['1/4-4']);
  });

  it('is nothing where WAL between its start and its stop is missing, also where the archive goes on behind that', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-2 4-10' }), backups: [backupOf()] });
    expect(classes(one)).toEqual(['a: broken']);
    expect(one.backups[0]?.reason).toContain('000000010000000000000003');
    expect(gapTexts(one)).toEqual(['1/3-3']);
  });

  it('needs no segment of the archive before its stop if it brought that WAL with it', () => {
    const included = { wal: { included: true } };
    const archive = archiveOf({ 1: '3-10' });
    expect(classes(assessOne({ archive, backups: [backupOf(included)] }))).toEqual(['a: pitr to 1/10']);
    expect(classes(assessOne({ archive, backups: [backupOf()] }))).toEqual(['a: broken']);
  });

  it('is its own end only if it brought its WAL with it and the segment with its stop is not there', () => {
    const backups = [backupOf({ wal: { included: true } })];
    expect(classes(assessOne({ archive: archiveOf({ 1: '1-2 4-10' }), backups }))).toEqual(['a: consistent_only']);
    expect(classes(assessOne({ archive: archiveOf({ 1: '1-2' }), backups }))).toEqual(['a: consistent_only']);
    expect(classes(assessOne({ archive: archiveOf({}), backups }))).toEqual(['a: consistent_only']);
  });

  it('does not need the segment behind a stop that stands exactly at a border', () => {
    const backups = [backupOf({ wal: { stop: at(4) } })];
    expect(classes(assessOne({ archive: archiveOf({ 1: '2-3' }), backups }))).toEqual(['a: pitr to 1/3']);
    expect(classes(assessOne({ archive: archiveOf({ 1: '2-3 5' }), backups }))).toEqual(['a: consistent_only to 1/3']);
    expect(classes(assessOne({ archive: archiveOf({ 1: '2' }), backups }))).toEqual(['a: broken']);
  });

  it('goes on with the segment behind such a stop if it brought its WAL with it', () => {
    const backups = [backupOf({ wal: { stop: at(4), included: true } })];
    expect(classes(assessOne({ archive: archiveOf({ 1: '4-6' }), backups }))).toEqual(['a: pitr to 1/6']);
    expect(classes(assessOne({ archive: archiveOf({ 1: '1-3' }), backups }))).toEqual(['a: consistent_only']);
  });

  it('begins with the segment that a start exactly at its border stands in', () => {
    const backups = [backupOf({ wal: { start: at(2) } })];
    expect(classes(assessOne({ archive: archiveOf({ 1: '2-5' }), backups }))).toEqual(['a: pitr to 1/5']);
    expect(classes(assessOne({ archive: archiveOf({ 1: '1 3-5' }), backups }))).toEqual(['a: broken']);
  });
});

describe('sizes and positions', () => {
  it.each([1, 2, 64, 1_024])('are counted in segments of %i MB beyond the first 4 GB of WAL', (megabytes) => {
    const segmentBytes = megabytes * MEGABYTE;
    const base = 2 ** 34 / segmentBytes;
    const archive = archiveOf({ 1: `${base}-${base + 4} ${base + 6}-${base + 8}` }, { segmentBytes, timeOf: () => T0 });
    const wal = { start: at(base + 1, 40, segmentBytes), stop: at(base + 2, 200, segmentBytes) };
    const one = assessOne({ archive, backups: [backupOf({ stopTimeSeconds: 1, wal })] });
    expect(classes(one)).toEqual([`a: limited to 1/${base + 4}`]);
    const perLog = 2 ** 32 / segmentBytes;
    const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
    expect(one.gaps.map(({ firstName }) => firstName)).toEqual([
      `00000001${hex(Math.floor((base + 5) / perLog))}${hex((base + 5) % perLog)}`,
    ]);
  });
});

describe('where WAL begins to matter', () => {
  it('is the oldest backup: holes before it are no gaps', () => {
    const one = assessOne({
      archive: archiveOf({ 1: '1 4 9-20' }),
      backups: [backupOf({ wal: { start: at(10), stop: at(11, 9) } })],
    });
    expect(classes(one)).toEqual(['a: pitr to 1/20']);
    expect(gapTexts(one)).toEqual([]);
  });

  it('is the oldest backup that the archive was kept for, when it was cleaned behind an older one', () => {
    const older = backupOf({ label: 'a', wal: { included: true } });
    const newer = backupOf({ label: 'b', wal: { included: true, start: at(10), stop: at(11, 9) } });
    const one = assessOne({ archive: archiveOf({ 1: '10-20' }), backups: [older, newer] });
    expect(classes(one)).toEqual(['a: consistent_only', 'b: pitr to 1/20']);
    expect(gapTexts(one)).toEqual([]);
  });

  it('is the oldest backup behind which not all was expired up to the next one', () => {
    const backups = [
      backupOf(),
      backupOf({ label: 'b', wal: { start: at(7, 40), stop: at(8, 9) } }),
      backupOf({ label: 'c', wal: { start: at(12, 40), stop: at(13, 9) } }),
    ];
    const expired = assessOne({ archive: archiveOf({ 1: '2-3 7-8 12-20' }), backups });
    expect(classes(expired)).toEqual(['a: consistent_only to 1/3', 'b: consistent_only to 1/8', 'c: pitr to 1/20']);
    expect(gapTexts(expired)).toEqual([]);
    expect(gapTexts(assessOne({ archive: archiveOf({ 1: '2-3 7-8 10 12-20' }), backups }))).toEqual([
      '1/9-9',
      '1/11-11',
    ]);
    expect(gapTexts(assessOne({ archive: archiveOf({ 1: '2-4 7-8 12-20' }), backups }))).toEqual(['1/5-6', '1/9-11']);
  });

  it('is the oldest backup also where a single segment is missing between it and the next', () => {
    const backups = [backupOf(), backupOf({ label: 'b', wal: { start: at(5, 40), stop: at(6, 9) } })];
    expect(gapTexts(assessOne({ archive: archiveOf({ 1: '2-3 5-9' }), backups }))).toEqual(['1/4-4']);
  });

  it('is nowhere without a backup', () => {
    expect(gapTexts(assessOne({ archive: archiveOf({ 1: '1-3 5-9' }), backups: [] }))).toEqual([]);
  });
});

describe('what is missing at the end of the archive', () => {
  const backups = [backupOf()];

  it('is on its way while what came behind it is young', () => {
    const archive = archiveOf({ 1: '1-8 10' }, { readAtSeconds: arrival(10) + 119 });
    const one = assessOne({ archive, backups });
    expect(classes(one)).toEqual(['a: pitr to 1/8']);
    expect(gapTexts(one)).toEqual([]);
    expect(one.archive?.pendingSegments).toBe(1);
    expect(one.windows.at(-1)?.latestLsn).toBe(at(9));
  });

  it('is a gap after that', () => {
    const one = assessOne({ archive: archiveOf({ 1: '1-8 10' }, { readAtSeconds: arrival(10) + 120 }), backups });
    expect(classes(one)).toEqual(['a: limited to 1/8']);
    expect(gapTexts(one)).toEqual(['1/9-9']);
    expect(one.archive?.pendingSegments).toBe(0);
  });

  it('is judged by when the archive was read, not by how long that is ago', () => {
    const archive = archiveOf({ 1: '1-8 10' }, { readAtSeconds: arrival(10) + 1 });
    expect(classes(assessOne({ archive, backups, nowSeconds: NOW + 1e6 }))).toEqual(['a: pitr to 1/8']);
  });
});

describe('gaps that were accepted', () => {
  const archive = archiveOf({ 1: '1-5 9-20' });
  const backups = [backupOf(), backupOf({ label: 'b', wal: { start: at(10), stop: at(11, 9) } })];
  const range = (first: number, last: number, timeline = 1): { timeline: number; first: number; last: number } => ({
    timeline,
    first,
    last,
  });

  it('are shown as accepted, and still end a window', () => {
    const one = assessOne({ archive, backups, wanted: { acceptedGaps: [range(6, 8)] } });
    expect(gapTexts(one)).toEqual(['1/6-8 accepted']);
    expect(classes(one)).toEqual(['a: limited to 1/5', 'b: pitr to 1/20']);
    expect(one.windows.map(({ backups: labels }) => labels)).toEqual([['a'], ['b']]);
  });

  it('carry the reason that the operator gave', () => {
    const acceptedGaps = [{ ...range(7, 7), reason: 'a disk died' }];
    const { gaps } = assessOne({ archive, backups, wanted: { acceptedGaps } });
    expect(gaps.map(({ accepted, reason }) => [accepted, reason])).toEqual([
      [false, undefined],
      [true, 'a disk died'],
      [false, undefined],
    ]);
  });

  it('count for what they cover only', () => {
    expect(gapTexts(assessOne({ archive, backups, wanted: { acceptedGaps: [range(7, 7)] } }))).toEqual([
      '1/6-6',
      '1/7-7 accepted',
      '1/8-8',
    ]);
    const overlapping = [range(7, 99), range(1, 7)];
    expect(gapTexts(assessOne({ archive, backups, wanted: { acceptedGaps: overlapping } }))).toEqual([
      '1/6-7 accepted',
      '1/8-8 accepted',
    ]);
    expect(gapTexts(assessOne({ archive, backups, wanted: { acceptedGaps: [range(6, 8, 2)] } }))).toEqual(['1/6-8']);
  });
});

describe('a backup without WAL to go with', () => {
  it('is its own end if it is a copy of a stopped server', () => {
    expect(classes(assessOne({ archive: archiveOf({ 1: '1-9' }), backups: [backupOf({ wal: null })] }))).toEqual([
      'a: consistent_only',
    ]);
  });

  it('is its own end while no archive was read, whether or not it brought its WAL with it', () => {
    const backups = [backupOf(), backupOf({ label: 'b', wal: { included: true } })];
    expect(classes(assessOne({ backups }))).toEqual(['a: consistent_only', 'b: consistent_only']);
  });

  it('is not taken to be broken while the archive was read too early to show its WAL', () => {
    const backups = [backupOf()];
    const early = archiveOf({ 1: '1-2' }, { readAtSeconds: arrival(3) + 119 });
    const late = archiveOf({ 1: '1-2' }, { readAtSeconds: arrival(3) + 120 });
    expect(classes(assessOne({ archive: early, backups }))).toEqual(['a: consistent_only']);
    expect(classes(assessOne({ archive: late, backups }))).toEqual(['a: broken']);
  });
});

describe('a backup that cannot be restored', () => {
  const archive = archiveOf({ 1: '1-10' });

  it('is one that lacks a backup of its chain, however far down', () => {
    const backups = [
      backupOf({ label: 'i1', type: 'incremental', needs: ['f1'] }),
      backupOf({ label: 'i2', type: 'incremental', needs: ['i1'] }),
    ];
    const one = assessOne({ archive, backups });
    expect(classes(one)).toEqual(['i1: broken', 'i2: broken']);
    expect(one.backups[1]?.reason).toBe('Needs f1, which is not there.');
    expect(classes(assessOne({ archive, backups: [backupOf({ label: 'f1' }), ...backups] }))).toEqual([
      'f1: pitr to 1/10',
      'i1: pitr to 1/10',
      'i2: pitr to 1/10',
    ]);
  });

  it('does not hang on a chain that bites its tail', () => {
    const backups = [backupOf({ label: 'x', needs: ['y'] }), backupOf({ label: 'y', needs: ['x'] })];
    expect(classes(assessOne({ archive, backups }))).toEqual(['x: pitr to 1/10', 'y: pitr to 1/10']);
  });

  it('is one of another cluster than the server, or whose archive is of another', () => {
    const foreign = [backupOf({ systemIdentifier: '7000000000000000001' })];
    expect(classes(assessOne({ archive, backups: foreign, server: serverOf() }))).toEqual(['a: broken']);
    expect(classes(assessOne({ archive, backups: foreign }))).toEqual(['a: broken']);
    const unknown = [backupOf({ systemIdentifier: undefined })];
    expect(classes(assessOne({ archive, backups: unknown, server: serverOf() }))).toEqual(['a: pitr to 1/10']);
  });

  it('is not one with damaged pages: they come back with the rest', () => {
    expect(classes(assessOne({ archive, backups: [backupOf({ hasErrors: true })] }))).toEqual(['a: pitr to 1/10']);
  });
});
