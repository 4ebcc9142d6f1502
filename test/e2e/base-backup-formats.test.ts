import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres } from '../../servers/index.ts';
import { baseBackupFolder } from '../../src/backup/pg-basebackup/source.ts';
import type { Backup, BackupCatalogue } from '../../src/core/catalogue.ts';
import { age, archivedLabel, pgBasebackup } from '../support/base-backups.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const never = new AbortController().signal;

/** Arguments of pg_basebackup, and what is expected beyond what holds of all. */
interface Row {
  readonly name: string;
  readonly args: readonly string[];
  readonly included: boolean;
  /** By pg_control of plain ones, by pg_wal.tar of others; manifests have the identifier from 17 on only. */
  readonly identified: boolean;
  /** Undefined where the tar cannot be looked into. */
  readonly versioned?: boolean;
  readonly withoutManifest?: boolean;
}

const rows: readonly Row[] = [
  { name: 'plain stream', args: ['-Fp', '-Xstream'], included: true, identified: true },
  { name: 'plain fetch', args: ['-Fp', '-Xfetch'], included: true, identified: true },
  { name: 'plain none', args: ['-Fp', '-Xnone'], included: false, identified: true },
  { name: 'tar stream', args: ['-Ft', '-Xstream'], included: true, identified: true },
  { name: 'tar fetch', args: ['-Ft', '-Xfetch'], included: true, identified: false },
  { name: 'tar none', args: ['-Ft', '-Xnone'], included: false, identified: false },
  { name: 'gzip stream', args: ['-Ft', '-z', '-Xstream'], included: true, identified: true },
  { name: 'gzip fetch', args: ['-Ft', '-z', '-Xfetch'], included: true, identified: false },
  { name: 'gzip none', args: ['-Ft', '-z', '-Xnone'], included: false, identified: false },
  {
    name: 'plain no manifest',
    args: ['-Fp', '--no-manifest'],
    included: true,
    identified: true,
    withoutManifest: true,
  },
  {
    name: 'gzip no manifest',
    args: ['-Ft', '-z', '--no-manifest'],
    included: true,
    identified: true,
    withoutManifest: true,
  },
  { name: 'forced names\nin hex', args: ['-Ft', '-z', '--manifest-force-encode'], included: true, identified: true },
];
const knowsZstd = 'createZstdDecompress' in zlib;
const compressed: readonly Row[] = [
  { name: 'lz4 stream', args: ['-Ft', '--compress=lz4'], included: true, identified: true, versioned: false },
  {
    name: 'lz4 fetch',
    args: ['-Ft', '--compress=lz4', '-Xfetch'],
    included: false,
    identified: false,
    versioned: false,
  },
  { name: 'zstd stream', args: ['-Ft', '--compress=zstd'], included: true, identified: true, versioned: knowsZstd },
];

describe.each([13, 15] as const)('the backups that pg_basebackup makes of PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let folder: TemporaryFolder;
  let catalogue: BackupCatalogue;
  const all = major < 15 ? rows : [...rows, ...compressed];

  beforeAll(async () => {
    server = await startPostgres({
      major,
      archive: true,
      initdbArgs: ['--wal-segsize=1', '--data-checksums'],
      settings: { log_timezone: 'Asia/Kolkata' },
    });
    folder = await temporaryFolder();
    for (const { name, args } of all) {
      await pgBasebackup(server, join(folder.path, name), [...args, '-l', name.replace('\n', ' ')]);
      await server.sql(`CREATE TABLE IF NOT EXISTS t AS SELECT generate_series(1, 20000)`);
    }
    // As they are some minutes later.
    for (const { name, withoutManifest } of all) {
      if (withoutManifest === true) await age(join(folder.path, name));
    }
    catalogue = await baseBackupFolder(folder.path).read(never);
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const backup = (name: string): Backup | undefined =>
    catalogue.backups.find(({ label }) => label === name.replace('\n', '\\x0a'));

  it('are all there, and nothing is wrong with them', () => {
    expect(catalogue.problems).toEqual([]);
    expect(catalogue.running).toEqual([]);
    expect(catalogue.backups).toHaveLength(all.length);
  });

  it.each(all)('$name: what it holds is what PostgreSQL told the archive', async (row) => {
    const truth = await archivedLabel(server, row.name.replace('\n', ' '));
    const [[identifier] = []] = await server.sql('SELECT system_identifier::text FROM pg_control_system()');
    const found = backup(row.name);

    expect(found).toMatchObject({ type: 'full', needs: [], hasErrors: false });
    expect(found?.wal).toMatchObject({ timeline: 1, start: truth.startLsn, included: row.included });
    expect(found?.systemIdentifier).toBe(row.identified ? identifier : undefined);
    expect(found?.majorVersion).toBe(row.versioned === false ? undefined : major * 10_000);
  });

  it.each(all.filter(({ withoutManifest }) => withoutManifest !== true))(
    '$name: the manifest tells when and where it began and ended',
    async ({ name }) => {
      const truth = await archivedLabel(server, name.replace('\n', ' '));
      const found = backup(name);
      const kolkata = 5.5 * 3600;
      const [started = 0, stopped = 0] = [truth.startTime, truth.stopTime].map(
        (time) => (time?.localSeconds ?? 0) - kolkata,
      );

      // IST, the zone of the label, stands for several; the manifest has the moment as GMT.
      expect(found?.startTimeSeconds).toBeGreaterThanOrEqual(started);
      expect(found?.startTimeSeconds).toBeLessThanOrEqual(started + 2);
      expect(found?.wal?.stop).toBe(truth.stopLsn);
      expect(found?.stopTimeSeconds).toBeGreaterThanOrEqual(stopped);
      expect(found?.stopTimeSeconds).toBeLessThanOrEqual(stopped + 30);
      expect(found?.sizeBytes).toBeGreaterThan(5_000_000);
      expect(found?.storedBytes).toBeGreaterThan(1_000_000);
    },
  );

  it.each(['plain no manifest', 'gzip no manifest'])('%s: it ends in the last segment it holds', async (name) => {
    const stop = Number((await archivedLabel(server, name)).stopLsn);
    const found = backup(name);

    expect(found?.startTimeSeconds).toBeUndefined();
    expect(Number(found?.wal?.stop)).toBeGreaterThanOrEqual(stop - 1);
    expect(Number(found?.wal?.stop)).toBeLessThan(stop + 1024 * 1024);
  });
});
