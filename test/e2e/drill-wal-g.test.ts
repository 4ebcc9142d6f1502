import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { deleteLater, drillOnce, fingerprintOf, ownedByServers } from '../support/tool-drill.ts';
import { BROTLI, backUpWhole, writeWalG } from '../support/wal-g-backup.ts';
import { type WalGStorage, walGStorage } from '../support/wal-g-storage.ts';

let folder: TemporaryFolder;
let storage: WalGStorage;
let server: PostgresServer;
let program: string;
let moment: string;
let space: string;

beforeAll(async () => {
  [folder, storage] = [await temporaryFolder(), await walGStorage()];
  await chmod(folder.path, 0o755);
  program = await writeWalG(folder.path);
  server = await startPostgres({ major: 15, archive: true });
  space = join(server.cluster.directory, 'space');
  await mkdir(space);
  await giveToServer(server.cluster, space);
  await server.sql(`CREATE TABLESPACE elsewhere LOCATION '${space}'`);
  await server.sql('CREATE TABLE t (id int) TABLESPACE elsewhere');
  const [[oid] = []] = await server.sql(`SELECT oid FROM pg_tablespace WHERE spcname = 'elsewhere'`);
  await backUpWhole(storage, server, { oid: oid ?? '', path: space });
  moment = await deleteLater(server);
  const [[last] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
  const archive = server.archiveDirectory ?? '';
  await waitFor('the archive', async () => (await readdir(archive)).includes(last ?? ''));
  await storage.push(server, BROTLI);
  await ownedByServers(storage.path);
}, 120_000);

afterAll(async () => {
  for (const each of [server, storage, folder]) await each?.[Symbol.asyncDispose]();
});

/** Lines of the repository, and the variables of walguard, by how it comes to the storage. */
const WAYS = {
  'that is a folder': () => ({
    source: `method: wal_g, path: '${storage.path}'`,
    env: { PATH: `${folder.path}:${process.env['PATH']}` },
  }),
  'that only the program knows': () => ({
    source: `method: wal_g, command: ['${program}'], environment: {WALG_FILE_PREFIX: '${storage.path}'}`,
    env: {},
  }),
} as const;

/** By the program, which does something that it should not. */
function wrong(variable: string, value: string): string {
  const { source } = WAYS['that only the program knows']();
  const broken = source.replace('environment: {', `environment: {${variable}: '${value}', `);
  return `archive: {${broken}}\n    backups: [{${broken}}]`;
}

describe.each(Object.entries(WAYS))('a drill from a storage of WAL-G %s', (_, way) => {
  it('restores by a program that stands for WAL-G, tablespaces in its own folder, and changes nothing there', async () => {
    const { source, env } = way();
    const repository = `archive: {${source}}\n    backups: [{${source}}]`;
    const before = await fingerprintOf(storage.path, space);
    for (const [to, rows] of [
      [moment, 1000],
      ['latest', 0],
    ] as const) {
      const { code, report } = await drillOnce({ folder, server, repository, rows, env }, to);
      expect({ code, failure: report.failure }).toEqual({ code: 0, failure: undefined });
      expect(report.backup).toMatchObject({ method: 'wal_g', type: 'full' });
    }
    expect(await fingerprintOf(storage.path, space)).toBe(before);
  });
});

describe('a drill from a storage of WAL-G that cannot succeed', () => {
  it('says what the program said that restores', async () => {
    const repository = wrong('STAND_IN_FAILS', 'backup-fetch');
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'restore', code: 'DRILL_RESTORE_FAILED' });
    expect(report.failure?.message).toContain('no such bucket');
  });

  it('does not take a program that fails for the end of the archive', async () => {
    const repository = wrong('STAND_IN_FAILS', 'wal-fetch');
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.outcome).toBe('failed');
    expect(JSON.stringify(report.failure)).toContain('no such bucket');
  });

  it('starts no server on what leads out of its folder', async () => {
    const repository = wrong('STAND_IN_LINKS', space);
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'restore', code: 'DRILL_UNSAFE' });
    expect(report.failure?.message).toContain(`pg_tblspc/99999 -> ${space}`);
  });

  it('says which program is missing', async () => {
    const source = `method: wal_g, path: '${storage.path}'`;
    const repository = `archive: {${source}}\n    backups: [{${source}}]`;
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0 }, 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'restore', code: 'SOURCE_PROGRAM_MISSING' });
  });

  it('names the segment that is gone in the middle', async () => {
    const [, gone = ''] = (await readdir(storage.wal)).filter((name) => /^[0-9A-F]{24}\.br$/.test(name)).toSorted();
    await rm(join(storage.wal, gone));
    const { source, env } = WAYS['that is a folder']();
    const repository = `archive: {${source}}\n    backups: [{${source}}]`;
    const { code, report } = await drillOnce({ folder, server, repository, rows: 0, env }, 'latest');
    expect(code).toBe(1);
    expect(JSON.stringify(report.failure)).toContain(gone.slice(0, 24));
  });
});
