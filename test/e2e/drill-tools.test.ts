import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { BARMAN_SERVER, type BarmanLab, startBarmanLab } from '../support/barman.ts';
import { age, pgBasebackup } from '../support/base-backups.ts';
import { type BackRestLab, startBackRestLab } from '../support/pgbackrest.ts';
import { archivedEnd } from '../support/restore-lab.ts';
import { BUCKET, credentialsOf, type S3Server, startS3Server } from '../support/s3-server.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import {
  deleteLater,
  drillOnce,
  type Drilled,
  fingerprintOf,
  ownedByServers,
  type ToolDrill,
} from '../support/tool-drill.ts';

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder?.[Symbol.asyncDispose]());

/** Drills to before the DELETE and to the end; asserts that both succeeded. */
async function drillTwice(wanted: Omit<ToolDrill, 'rows'>, moment: string): Promise<readonly [Drilled, Drilled]> {
  const earlier = await drillOnce({ ...wanted, rows: 1000 }, moment);
  const latest = await drillOnce({ ...wanted, rows: 0 }, 'latest');
  expect([earlier.report.failure, latest.report.failure]).toEqual([undefined, undefined]);
  expect([earlier.code, latest.code]).toEqual([0, 0]);
  return [earlier, latest];
}

describe('a drill from pgBackRest', () => {
  let lab: BackRestLab;
  let moment: string;
  let repository: string;

  beforeAll(async () => {
    lab = await startBackRestLab({ 'compress-type': 'zst' }, 16);
    await lab.server.sql('CREATE TABLE t (id int)');
    await lab.run('backup', '--type=full');
    moment = await deleteLater(lab.server);
    await lab.run('check');
    const source = `method: pgbackrest, stanza: ${lab.stanza}, config: '${lab.config}'`;
    repository = `archive: {${source}}\n    backups: [{${source}}]`;
  });

  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('recovers to before the DELETE and to the end, and the repository is what it was', async () => {
    const before = await fingerprintOf(lab.repository);
    const [{ report }] = await drillTwice({ folder, server: lab.server, repository }, moment);
    expect(report.backup?.verifiedBy).toBe('tool');
    expect(await fingerprintOf(lab.repository)).toBe(before);
  });

  it('fails, and names the segment, if one in the middle is gone', async () => {
    const archive = join(lab.repository, 'archive', lab.stanza, '15-1', '0000000100000000');
    const segments = (await readdir(archive)).filter((name) => /^[0-9A-F]{24}-/.test(name)).toSorted();
    const gone = segments.at(-2) ?? '';
    await rm(join(archive, gone));
    const { code, report } = await drillOnce({ folder, server: lab.server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.outcome).toBe('failed');
    expect(JSON.stringify(report.failure)).toContain(gone.slice(0, 24));
  });
});

describe('a drill from Barman', () => {
  let lab: BarmanLab;
  let moment: string;

  beforeAll(async () => {
    lab = await startBarmanLab('archive', { compression: 'gzip' });
    await lab.server.sql('CREATE TABLE t (id int)');
    await lab.backUp();
    moment = await deleteLater(lab.server);
    await lab.archive(2);
  });

  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('recovers to before the DELETE and to the end, and its files are what they were', async () => {
    const source = `method: barman, server: ${BARMAN_SERVER}, path: '${lab.path}'`;
    const kept = [join(lab.home, 'base'), join(lab.home, 'wals')];
    const before = await fingerprintOf(...kept);
    const repository = `archive: {${source}}\n    backups: [{${source}}]`;
    await drillTwice({ folder, server: lab.server, repository }, moment);
    expect(await fingerprintOf(...kept)).toBe(before);
  });
});

describe('a drill from copies of pg_basebackup', () => {
  let server: PostgresServer;
  let bucket: S3Server;
  let archive: string;
  let moment: string;
  const formats = {
    plain: ['-F', 'plain', '-X', 'none'],
    gzip: ['-F', 'tar', '-X', 'none', '--compress=client-gzip'],
    zstd: ['-F', 'tar', '-X', 'stream', '--compress=client-zstd'],
    lz4: ['-F', 'tar', '-X', 'fetch', '--compress=client-lz4'],
  } as const;
  const copies = (format: keyof typeof formats): string => join(folder.path, format);

  beforeAll(async () => {
    server = await startPostgres({ major: 15, archive: true, initdbArgs: ['--wal-segsize=1'] });
    archive = server.archiveDirectory ?? '';
    const space = join(server.cluster.directory, 'space');
    await mkdir(space);
    await giveToServer(server.cluster, space);
    await server.sql(`CREATE TABLESPACE elsewhere LOCATION '${space}'`);
    await server.sql('CREATE TABLE t (id int) TABLESPACE elsewhere');
    for (const [format, args] of Object.entries(formats)) {
      const path = copies(format as keyof typeof formats);
      await mkdir(path);
      const mapped = format === 'plain' ? [`--tablespace-mapping=${space}=${path}/space`] : [];
      await pgBasebackup(server, join(path, 'copy'), [...args, ...mapped]);
      await age(path);
      await ownedByServers(path);
    }
    moment = await deleteLater(server);
    await server.sql('SELECT pg_switch_wal()');
    await archivedEnd(server, archive);
    bucket = await startS3Server();
    await bucket.putFolder(archive, 'wal/');
  });

  afterAll(async () => {
    await bucket?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it.each(['plain', 'zstd', 'lz4'] as const)('(%s) and a folder of WAL gets back what was deleted', async (format) => {
    const before = await fingerprintOf(archive, copies(format));
    const repository = `archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${copies(format)}'}]`;
    const [{ report }] = await drillTwice({ folder, server, repository }, moment);
    expect(report.backup?.verifiedBy).toBe('manifest');
    expect(await fingerprintOf(archive, copies(format))).toBe(before);
  });

  it('(gzip) and WAL in a bucket gets back what was deleted, and only reads from the bucket', async () => {
    bucket.take();
    const repository = `archive: {method: s3, bucket: ${BUCKET}, endpoint: '${bucket.url}', prefix: wal/}
    backups: [{method: pg_basebackup, path: '${copies('gzip')}'}]`;
    await drillTwice({ folder, server, repository, env: credentialsOf() }, moment);
    const asked = bucket.take();
    expect(asked.filter(({ kind }) => kind === 'get').length).toBeGreaterThan(0);
    expect(asked.filter(({ kind }) => kind === 'other')).toEqual([]);
  });

  it('says which file is not what the manifest says', async () => {
    const path = join(copies('plain'), 'copy', 'global', 'pg_filenode.map');
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(bytes.readUInt8(100) ^ 1, 100, 101));
    await age(copies('plain'));
    const repository = `archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${copies('plain')}'}]`;
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'restore', code: 'BACKUP_DAMAGED' });
    expect(report.failure?.message).toContain('global/pg_filenode.map');
  });

  it('says which tar is cut off', async () => {
    const path = join(copies('lz4'), 'copy', 'base.tar.lz4');
    await truncate(path, Math.floor((await stat(path)).size / 2));
    await age(copies('lz4'));
    const repository = `archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${copies('lz4')}'}]`;
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'restore', code: 'BACKUP_DAMAGED' });
    expect(report.failure?.message).toContain('base.tar.lz4');
  });
});
