import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { PostgresServer } from '../../servers/index.ts';
import { parseBackupLabel } from '../../src/core/backup-label.ts';
import { parseLsn } from '../../src/core/lsn.ts';
import { lz4Frame } from './lz4-frame.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
import { askKnown } from './wal-archive.ts';

/** What a sentinel says; all keys are those of WAL-G. */
export type Sentinel = Readonly<Record<string, unknown>>;

/** How WAL is packed by default; what packs is `WALG_COMPRESSION_METHOD`. */
const LZ4 = { ending: 'lz4', pack: (bytes: Buffer): Buffer => lz4Frame(bytes) };

/** A storage in the layout of WAL-G, filled with the WAL of real servers. Dispose of it. */
export class WalGStorage implements AsyncDisposable {
  readonly path: string;
  readonly #folder: TemporaryFolder;

  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.path = folder.path;
  }

  get wal(): string {
    return join(this.path, 'wal_005');
  }

  get backups(): string {
    return join(this.path, 'basebackups_005');
  }

  /** Puts what a server archived since into the storage, as `wal-g wal-push` names and packs it. */
  async push(server: PostgresServer, { ending, pack } = LZ4): Promise<void> {
    const archive = server.archiveDirectory ?? '';
    const held = new Set(await readdir(this.wal));
    for (const name of await readdir(archive)) {
      if (held.has(`${name}.${ending}`) || name.endsWith('.partial')) continue;
      const { atimeMs, mtimeMs } = await stat(join(archive, name));
      const path = join(this.wal, `${name}.${ending}`);
      await writeFile(path, pack(await readFile(join(archive, name))));
      await utimes(path, atimeMs / 1000, mtimeMs / 1000);
    }
  }

  /** Lets a server begin and end a backup, and writes what WAL-G would of it; returns its name. */
  async backUp(server: PostgresServer, parent?: string): Promise<string> {
    const began = new Date();
    const [[stop, labelFile] = []] = await server.sql(
      `SELECT pg_backup_start('wal-g', true); SELECT lsn, labelfile FROM pg_backup_stop()`,
    );
    const label = parseBackupLabel(labelFile ?? '');
    const { systemIdentifier } = await askKnown(server);
    const delta = parent === undefined ? '' : `_D_${parent.slice(5, 29)}`;
    const name = `base_${label?.startFile}${delta}`;
    await this.write(name, {
      LSN: label?.startLsn,
      ...(parent === undefined ? {} : { DeltaFrom: parent, DeltaFullName: parent, DeltaCount: 1 }),
      PgVersion: server.major * 10_000,
      FinishLSN: parseLsn(stop ?? ''),
      SystemIdentifier: BigInt(systemIdentifier ?? 0),
      UncompressedSize: 30_000_000,
      CompressedSize: 4_000_000,
      Version: 2,
      StartTime: began.toISOString(),
      FinishTime: new Date().toISOString(),
    });
    return name;
  }

  /** Writes a backup's files, its sentinel last. */
  async write(name: string, sentinel: Sentinel | string): Promise<void> {
    const parts = join(this.backups, name, 'tar_partitions');
    await mkdir(parts, { recursive: true });
    for (const part of ['part_001', 'pg_control', 'backup_label'])
      await writeFile(join(parts, `${part}.tar.lz4`), lz4Frame(Buffer.from(`${part} of ${name}`)));
    await this.writeSentinel(name, sentinel);
  }

  /** Says that a backup is complete. */
  async writeSentinel(name: string, sentinel: Sentinel | string): Promise<void> {
    await writeFile(this.sentinel(name), typeof sentinel === 'string' ? sentinel : toJson(sentinel));
  }

  /** Takes away all of a backup. */
  async remove(name: string): Promise<void> {
    await rm(this.sentinel(name));
    await rm(join(this.backups, name), { recursive: true });
  }

  sentinel(name: string): string {
    return join(this.backups, `${name}_backup_stop_sentinel.json`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Makes an empty one. */
export async function walGStorage(): Promise<WalGStorage> {
  const storage = new WalGStorage(await temporaryFolder());
  await mkdir(storage.wal);
  await mkdir(storage.backups);
  return storage;
}

/** Go writes all integers in full. */
function toJson(sentinel: Sentinel): string {
  const entries = Object.entries(sentinel).map(([key, value]) => {
    return `${JSON.stringify(key)}:${typeof value === 'bigint' ? String(value) : JSON.stringify(value)}`;
  });
  return `{${entries.join(',')}}`;
}
