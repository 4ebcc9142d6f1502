import { cp, open, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import { SEGMENT_BYTES } from '../support/commits.ts';
import { drill, type DrillLab, fingerprint, reportsOf, startDrillLab } from '../support/drill-lab.ts';
import { age } from '../support/base-backups.ts';
import { archivedEnd, backUp, segmentsPass, targetTime } from '../support/restore-lab.ts';

interface Lab extends DrillLab, AsyncDisposable {
  /** The third segment behind the backup. */
  readonly middle: string;
  /** Of a table that no WAL touches any more. */
  readonly quietFile: string;
  readonly lastCommitSeconds: number;
}

async function prepare(lab: DrillLab & AsyncDisposable): Promise<Lab> {
  const { server, writer, archive } = lab;
  await server.sql(
    'CREATE TABLE quiet AS SELECT generate_series(1, 1000) AS id; VACUUM FREEZE quiet'.split(';')[0] ?? '',
  );
  await server.sql('VACUUM FREEZE quiet');
  const [[quietFile] = []] = await server.sql(`SELECT pg_relation_filepath('quiet')`);
  writer.start(20, 60_000);
  await segmentsPass(server, 1);
  await backUp(lab, 'first');
  const before = (await segmentNames(archive)).length;
  await segmentsPass(server, 6);
  await writer.stop();
  const end = await archivedEnd(server, archive);
  const last = (await writer.commits()).findLast(({ lsn }) => lsn < end - SEGMENT_BYTES);
  const middle = (await segmentNames(archive))[before + 2];
  return { ...lab, middle: middle ?? '', quietFile: quietFile ?? '', lastCommitSeconds: last?.seconds ?? 0 };
}

async function segmentNames(archive: string): Promise<readonly string[]> {
  return (await readdir(archive)).filter((name) => /^[0-9A-F]{24}$/.test(name)).toSorted();
}

describe('a drill that cannot succeed', () => {
  let lab: Lab;
  let archiveBefore: string;

  beforeAll(async () => {
    const started = await startDrillLab(18);
    lab = { ...started, ...(await prepare(started)) };
    archiveBefore = await fingerprint(lab.archive);
  }, 120_000);

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** Runs it, and expects nothing to be left but a report that says so. */
  async function fail(args: readonly string[], config: string): Promise<DrillReport> {
    const { code, report } = await drill(lab, args, config);
    expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'failed' });
    expect(await readdir(lab.drills)).toEqual([]);
    expect((await reportsOf(lab)).find(({ id }) => id === report.id)).toEqual(report);
    return report;
  }

  async function copyOfArchive(name: string): Promise<string> {
    const path = join(lab.drills, '..', name);
    await cp(lab.archive, path, { recursive: true, preserveTimestamps: true });
    for (const each of ['.', ...(await readdir(path))]) await giveToServer(lab.server.cluster, join(path, each));
    return path;
  }

  async function copyOfBackups(name: string): Promise<{ readonly path: string; readonly first: string }> {
    const path = join(lab.drills, '..', name);
    await cp(lab.backups, path, { recursive: true, preserveTimestamps: true });
    return { path, first: join(path, 'first') };
  }

  async function owned(path: string): Promise<void> {
    for (const entry of await readdir(path, { recursive: true }))
      await giveToServer(lab.server.cluster, join(path, entry));
  }

  it('says which WAL is missing in the middle, and does not take the hole for the end', async () => {
    const archive = await copyOfArchive('holed');
    await rm(join(archive, lab.middle));
    const { failure } = await fail(['--to=latest'], await lab.configure({ archive }));
    expect(failure).toMatchObject({ phase: 'recovery', code: 'DRILL_WAL_MISSING' });
    expect(failure?.message).toContain(`${lab.middle} is missing`);
  });

  it('says which segment is cut off', async () => {
    const archive = await copyOfArchive('cut');
    await truncate(join(archive, lab.middle), 300_000);
    await age(archive);
    const { failure } = await fail(['--to=latest'], await lab.configure({ archive }));
    expect(failure).toMatchObject({ phase: 'recovery', code: 'DRILL_WAL_MISSING' });
    expect(failure?.message).toContain(`${lab.middle}: wrong_size`);
  });

  it('says that the content of a segment is damaged', async () => {
    const archive = await copyOfArchive('damaged');
    await using file = await open(join(archive, lab.middle), 'r+');
    await file.write(Buffer.alloc(4_000, 0x5a), 0, 4_000, 500_000);
    const { failure, recoveredTo } = await fail(['--to=latest'], await lab.configure({ archive }));
    expect(failure).toMatchObject({ phase: 'recovery', code: 'DRILL_WAL_DAMAGED' });
    expect(recoveredTo?.lsn).toMatch(/^0\//);
  });

  it('finds the page that is damaged', async () => {
    const { path, first } = await copyOfBackups('torn');
    await using file = await open(join(first, lab.quietFile), 'r+');
    await file.write(Buffer.from([1, 2, 3, 4]), 0, 4, 4_000);
    await age(first);
    await owned(path);
    const { failure, checks } = await fail(['--to=latest'], await lab.configure({ backups: path }));
    expect(failure).toMatchObject({ phase: 'checks', code: 'DRILL_CHECK_FAILED' });
    expect(checks.find(({ name }) => name === 'checksums')?.message).toBe(`damaged: ${lab.quietFile} block 0`);
  });

  it('says that the disk is too small before it writes to it', async () => {
    const { path, first } = await copyOfBackups('huge');
    await writeFile(
      join(first, 'backup_manifest'),
      manifestOf(2 ** 50, await readFile(join(first, 'backup_label'), 'utf8')),
    );
    await age(first);
    await owned(path);
    const { failure, phases } = await fail(['--to=latest'], await lab.configure({ backups: path }));
    expect(failure).toMatchObject({ phase: 'plan', code: 'DRILL_NO_SPACE' });
    expect(phases.map(({ phase }) => phase)).toEqual(['plan', 'stop']);
  });

  it('says that the time is behind the last commit that is archived', async () => {
    // The last segment comes into the archive later than what stands in it was committed.
    const archive = await copyOfArchive('late');
    const target = targetTime(Date.now() / 1000 + 1_000);
    const later = Date.now() / 1000 + 3_600;
    for (const name of await readdir(archive)) await utimes(join(archive, name), later, later);
    const { failure } = await fail([`--to=${target}`], await lab.configure({ archive }));
    expect(failure).toMatchObject({ code: 'DRILL_TARGET_NOT_REACHED' });
  });

  it('refuses a time that is before the end of the first backup, and one that is yet to come', async () => {
    const config = await lab.configure();
    for (const target of ['2001-01-01', '2101-01-01', '0/100']) {
      const { failure } = await fail([`--to=${target}`], config);
      expect(failure).toMatchObject({ phase: 'plan', code: 'DRILL_OUTSIDE' });
      expect(failure?.message).toContain('timeline 1');
    }
  });

  it('says why the server does not start', async () => {
    const { failure } = await fail([], await lab.configure({ drills: 'preload: [no_such_library]' }));
    expect(failure).toMatchObject({ phase: 'start', code: 'DRILL_START_FAILED' });
    expect(failure?.message).toContain('no_such_library');
    expect(failure?.log?.join('\n')).toContain('no_such_library');
  });

  it('says what was found instead of what the checks expect', async () => {
    const repository = `drill:
      checks:
        - {name: too few, sql: SELECT count(*) FROM quiet, at_least: 2000}
        - {name: too old, sql: "SELECT timestamptz '2001-01-01'", newer_than: 1d}
        - {name: enough, sql: SELECT count(*) FROM quiet, at_least: 1000, at_most: 1000}
        - {name: nonsense, sql: SELECT 1 FROM no_such_table, equals: 1}
        - {name: no write, sql: DELETE FROM quiet RETURNING 1, equals: 1}
      rows: [{table: quiet}]`;
    const { failure, checks } = await fail([], await lab.configure({ repository }));
    expect(failure).toMatchObject({ phase: 'checks', code: 'DRILL_CHECK_FAILED' });
    const results = new Map(checks.map(({ name, result, found }) => [name, [result, found]]));
    expect(results.get('too few')).toEqual(['failed', '1000']);
    expect(results.get('too old')).toEqual(['failed', '2001-01-01 00:00:00+00']);
    expect(results.get('enough')).toEqual(['passed', '1000']);
    expect(results.get('nonsense')?.[0]).toBe('failed');
    expect(results.get('no write')?.[0]).toBe('failed');
    expect(results.get('rows of quiet')).toEqual(['passed', '1000']);
  });

  it('leaves the archive as it was', async () => {
    expect(await fingerprint(lab.archive)).toBe(archiveBefore);
  });
});

/** As pg_basebackup writes it, of a copy with one large file. */
function manifestOf(bytes: number, label: string): string {
  const start = /START WAL LOCATION: (\S+)/.exec(label)?.[1] ?? '';
  const file = `{ "Path": "base/1/1", "Size": ${bytes}, "Last-Modified": "2026-01-01 00:00:00 GMT" }`;
  const head = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${file}\n],\n"WAL-Ranges": [\n{ "Timeline": 1, "Start-LSN": "${start}", "End-LSN": "${start}" }\n],\n`;
  return `${head}"Manifest-Checksum": "${createHash('sha256').update(head).digest('hex')}"}\n`;
}
