import { describe, expect, it } from 'vitest';

import type { Dump, RepositoryDumps } from '../../../src/core/dumps.ts';
import { WalguardError } from '../../../src/core/error.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import { toSamples } from '../../../src/recoverability/samples.ts';
import {
  archiveOf,
  assessOne,
  backupOf,
  dumpOf,
  findingOf,
  inputOf,
  MEGABYTE,
  NOW,
  presentIn,
  serverOf,
  sourceOf,
} from './world.ts';

const problem = new WalguardError('DUMP_INVALID', 'it is cut off');
const bad = (given: Partial<Dump> = {}): Dump => dumpOf({ valid: false, problem, ...given });
const DAY = 86_400;

function dumpsOf(given: Parameters<typeof assessOne>[0]): RepositoryDumps {
  const { dumps } = assessOne(given);
  if (dumps === undefined) throw new Error('There are no dumps.');
  return dumps;
}

/** `pg_dump_last_valid app 1` for each sample of dumps. */
function samplesOf(given: Parameters<typeof inputOf>[0]): readonly string[] {
  const assessment = assess(inputOf(given));
  return toSamples({ assessment, server: undefined, repositories: [] })
    .filter(({ family }) => /^pg_dump|_dump$/.test(family.name))
    .map(({ family, labels, value }) => [family.name, ...labels.slice(1), value].join(' '));
}

describe('the dumps of a repository', () => {
  it('are one series for each database, the cluster and its globals', () => {
    const { series } = dumpsOf({
      dumps: [
        dumpOf({ scope: 'globals', datname: undefined }),
        dumpOf({ scope: 'cluster', datname: undefined }),
        dumpOf({ file: 'b', datname: 'b' }),
        dumpOf({ file: 'old', timeSeconds: NOW - DAY }),
        dumpOf(),
      ],
    });
    expect(series.map(({ scope, datname, held }) => [scope, datname, held])).toEqual([
      ['database', 'app', 2],
      ['database', 'b', 1],
      ['cluster', undefined, 1],
      ['globals', undefined, 1],
    ]);
  });

  it('that are no good hide neither themselves nor the good one before', () => {
    const dumps = [bad(), dumpOf({ file: 'old', timeSeconds: NOW - DAY, sizeBytes: 7 })];
    expect(samplesOf({ dumps })).toEqual([
      `pg_dump_last_success_timestamp_seconds app ${NOW - DAY}`,
      'pg_dump_last_size_bytes app 7',
      'pg_dump_last_valid app 0',
    ]);
    expect(samplesOf({ dumps: [bad()] })).toEqual(['pg_dump_last_valid app 0']);
    expect(samplesOf({ dumps: [dumpOf({ valid: undefined })] })).not.toContainEqual(
      expect.stringContaining('pg_dump_last_valid'),
    );
  });

  it('are compared with those before of the same format only', () => {
    const before = { file: 'old', timeSeconds: NOW - DAY };
    const shrinkage = (...dumps: readonly Dump[]): unknown => dumpsOf({ dumps }).series[0]?.shrinkage;
    expect(shrinkage(dumpOf(), dumpOf(before))).toEqual({ bytes: 10 * MEGABYTE, beforeBytes: 10 * MEGABYTE });
    expect(shrinkage(dumpOf(), dumpOf({ ...before, packing: 'gz' }))).toBeUndefined();
    expect(shrinkage(dumpOf(), bad(before))).toBeUndefined();
    expect(shrinkage(dumpOf())).toBeUndefined();
  });

  it.each([
    ['half', 5 * MEGABYTE, 10 * MEGABYTE, false],
    ['less than half', 5 * MEGABYTE - 1, 10 * MEGABYTE, true],
    ['a small part of little', 1, MEGABYTE, false],
    ['a small part of a little more', 1, MEGABYTE + 1, true],
    ['more', 20 * MEGABYTE, 10 * MEGABYTE, false],
  ])('of %s of the size before have shrunk or not', (_what, sizeBytes, beforeBytes, present) => {
    const dumps = [dumpOf({ sizeBytes }), dumpOf({ file: 'old', timeSeconds: NOW - DAY, sizeBytes: beforeBytes })];
    expect(findingOf(assess(inputOf({ dumps })), 'dump_shrunk').present).toBe(present);
  });

  it('of databases that the server does not have, or that are excluded, are not judged and have no samples', () => {
    const given = {
      wanted: { dumpIntervalSeconds: 1, dumpExclude: ['scratch_*'] },
      server: serverOf({ databases: ['app', 'scratch_1'] }),
      dumps: [bad({ datname: 'scratch_1' }), bad({ datname: 'gone' })],
    };
    expect(dumpsOf(given).series.map(({ isWanted }) => isWanted)).toEqual([false, false]);
    expect(dumpsOf(given).missing).toEqual(['app']);
    expect(samplesOf(given)).toEqual(['pg_databases_without_dump 1']);
    expect(presentIn(assess(inputOf(given))).filter((name) => name.includes('dump'))).toEqual([
      'database_without_dump',
    ]);
  });

  it('leave unknown who lacks one while the server never answered', () => {
    const given = { dumps: [dumpOf()] };
    expect(dumpsOf(given).missing).toBeUndefined();
    expect(samplesOf(given)).not.toContainEqual(expect.stringContaining('pg_databases_without_dump'));
    expect(findingOf(assess(inputOf(given)), 'database_without_dump').present).toBeUndefined();
  });

  it('of the cluster stand in for those of each database, but not if they are no good', () => {
    const server = serverOf({ databases: ['a', 'b'] });
    const cluster = { scope: 'cluster', datname: undefined } as const;
    expect(dumpsOf({ server, dumps: [dumpOf(cluster)] }).missing).toEqual([]);
    expect(dumpsOf({ server, dumps: [bad(cluster)] }).missing).toEqual(['a', 'b']);
    expect(dumpsOf({ server, dumps: [dumpOf({ ...cluster, scope: 'globals' })] }).missing).toEqual(['a', 'b']);
    expect(samplesOf({ dumps: [dumpOf(cluster)] })).toContain('pg_dump_last_valid  1');
  });

  it('show a hostile name as text in what is said', () => {
    const datname = 'x\n\u001b[31m<b>';
    const assessment = assess(inputOf({ dumps: [bad({ datname, file: datname })] }));
    expect(findingOf(assessment, 'dump_invalid').message).toBe(
      String.raw`The newest dump of database x\x0a\x1b[31m<b> in repository main is no good.`,
    );
  });

  it('of thousands of databases are assessed at once', () => {
    const dumps = Array.from({ length: 20_000 }, (_, index) =>
      dumpOf({ file: `${index}`, datname: `db${index % 5_000}`, timeSeconds: NOW - index }),
    );
    const databases = Array.from({ length: 5_001 }, (_, index) => `db${index}`);
    const { series, missing } = dumpsOf({ server: serverOf({ databases }), dumps });
    expect(series).toHaveLength(5_000);
    expect(missing).toEqual(['db5000']);
  });
});

describe('the verdict beside dumps', () => {
  const server = serverOf({ databases: ['app'] });

  it('is no better for a fresh dump where the backups are dead', () => {
    const given = { server, archive: archiveOf({ 1: '1-10' }), backups: [], dumps: [dumpOf()] };
    expect(assess(inputOf(given)).verdict).toBe('not_recoverable');
    const late = { ...given, backups: [backupOf()], wanted: { backupIntervalSeconds: 60 } };
    expect(presentIn(assess(inputOf(late)))).toEqual(['backup_too_old']);
  });

  it('is at risk for a bad dump where all else is well, and no worse', () => {
    const given = { server, archive: archiveOf({ 1: '1-10' }), backups: [backupOf()] };
    expect(assess(inputOf({ ...given, dumps: [dumpOf()] })).verdict).toBe('recoverable');
    expect(assess(inputOf({ ...given, dumps: [bad()] })).verdict).toBe('at_risk');
  });

  it('is unknown with nothing but dumps, good or bad', () => {
    for (const dump of [dumpOf(), bad()]) expect(assess(inputOf({ server, dumps: [dump] })).verdict).toBe('unknown');
  });

  it('does not wait for dumps that were not read yet', () => {
    const sources = [
      sourceOf({}),
      sourceOf({ source: 'archive' }),
      sourceOf({ source: 'dump', up: undefined, lastSuccessSeconds: undefined }),
    ];
    const assessment = assess(inputOf({ server, archive: archiveOf({ 1: '1-10' }), backups: [backupOf()], sources }));
    expect(assessment.verdict).toBe('recoverable');
    expect(findingOf(assessment, 'dump_invalid').present).toBeUndefined();
  });
});
