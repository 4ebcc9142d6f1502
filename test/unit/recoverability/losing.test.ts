import { describe, expect, it } from 'vitest';
import { assess } from '../../../src/recoverability/assess.ts';
import { isLosing } from '../../../src/recoverability/beliefs.ts';
import { archiveOf, at, backupOf, findingOf, inputOf, NOW, sample, serverOf, sourceOf } from './world.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

const TEN = '00000001000000000000000A';
const believes = (lastArchivedTimeSeconds: number): ReturnType<typeof serverOf> =>
  serverOf({ lastArchivedFile: TEN, archivedEnd: at(11), lastArchivedTimeSeconds });
const upTo = (last: number, readAtSeconds = NOW): ReturnType<typeof archiveOf> =>
  archiveOf({ 1: `1-${last}` }, { readAtSeconds });

type Given = Parameters<typeof inputOf>[0];
const losing = (given: Given): boolean | undefined => isLosing(inputOf(given));

describe('an archiver that loses WAL', () => {
  it('is one that said longer ago than WAL may be on its way what the archive does not hold', () => {
    expect(losing({ server: believes(NOW - 120), archive: upTo(9) })).toBe(true);
    expect(losing({ server: believes(NOW - 120), archive: upTo(10) })).toBe(false);
    expect(losing({ server: believes(NOW - 120), archive: archiveOf({}) })).toBe(true);
  });

  it('is not known before that, or while the archive was not read since', () => {
    expect(losing({ server: believes(NOW - 119), archive: upTo(9) })).toBeUndefined();
    expect(losing({ server: believes(NOW - 500), archive: upTo(9, NOW - 400) })).toBeUndefined();
    expect(losing({ server: believes(NOW - 500) })).toBeUndefined();
    expect(losing({ archive: upTo(9) })).toBeUndefined();
  });

  it('is found on a busy server too, by what it said before', () => {
    const heartbeats = [500, 300, 100].map((ago) =>
      sample(NOW - ago, at(11), { lastArchivedFile: ago > 400 ? '000000010000000000000007' : TEN }),
    );
    expect(losing({ server: believes(NOW - 1), heartbeats, archive: upTo(9) })).toBe(true);
    expect(losing({ server: believes(NOW - 1), heartbeats, archive: upTo(9, NOW - 181) })).toBe(false);
    expect(losing({ server: believes(NOW - 1), heartbeats, archive: upTo(6, NOW - 181) })).toBe(true);
  });

  it('is judged by one clock: the times of the server are taken to that of walguard', () => {
    const ahead = { ...believes(NOW), clockSkewSeconds: 150 };
    expect(losing({ server: ahead, archive: upTo(9) })).toBe(true);
    const samples = [sample(NOW, at(11), { lastArchivedFile: TEN })];
    const justNow = { ...believes(NOW + 149), clockSkewSeconds: 150 };
    expect(losing({ server: justNow, heartbeats: samples, archive: upTo(9) })).toBe(true);
    const behind = { ...believes(NOW - 200), clockSkewSeconds: -150 };
    expect(losing({ server: behind, archive: upTo(9) })).toBeUndefined();
  });

  it.each([
    ['000000010000000000000008.00000028.backup', 8],
    ['000000010000000000000009.partial', 8],
  ])('says with %s that everything up to segment %i is there', (lastArchivedFile, last) => {
    const server = { ...believes(NOW - 200), lastArchivedFile };
    expect(losing({ server, archive: upTo(last) })).toBe(false);
    expect(losing({ server, archive: upTo(last - 1) })).toBe(true);
  });

  it('says nothing of positions with a history file', () => {
    expect(
      losing({ server: { ...believes(NOW - 200), lastArchivedFile: '00000002.history' }, archive: upTo(1) }),
    ).toBeUndefined();
  });

  it('is none where the node is not to archive, or the archive is of another cluster', () => {
    expect(losing({ server: { ...believes(NOW - 200), archivingExpected: false }, archive: upTo(9) })).toBeUndefined();
    const foreign = { ...upTo(9), systemIdentifier: '7000000000000000001' };
    expect(losing({ server: believes(NOW - 200), archive: foreign })).toBeUndefined();
  });

  it('is one only if no archive has what it said', () => {
    const repository = (name: string, last: number): NonNullable<NonNullable<Given>['repositories']>[number] => ({
      name,
      policy: NOTHING_WANTED,
      archive: upTo(last),
      catalogue: undefined,
    });
    const server = believes(NOW - 200);
    expect(losing({ server, repositories: [repository('a', 9), repository('b', 10)] })).toBe(false);
    expect(losing({ server, repositories: [repository('a', 9), repository('b', 8)] })).toBe(true);
  });

  it('is not known while another archive was not read yet', () => {
    const sources = [sourceOf({ source: 'archive' }), sourceOf({ repository: 'b', source: 'archive', up: undefined })];
    expect(losing({ server: believes(NOW - 200), archive: upTo(9), sources })).toBeUndefined();
    expect(losing({ server: believes(NOW - 200), archive: upTo(10), sources })).toBe(false);
  });

  it('is a critical finding that names both files and the number of segments', () => {
    const assessment = assess(inputOf({ server: believes(NOW - 200), archive: upTo(7), backups: [backupOf()] }));
    expect(findingOf(assessment, 'archiver_losing')).toMatchObject({
      present: true,
      value: 3,
      message: `PostgreSQL says that ${TEN} is archived, the archive holds 000000010000000000000007 as the newest.`,
      evidence: [TEN],
    });
    expect(assessment.verdict).toBe('not_recoverable');
  });
});
