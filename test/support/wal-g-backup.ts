import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';

import type { PostgresServer } from '../../servers/index.ts';
import { parseBackupLabel } from '../../src/core/backup-label.ts';
import { parseLsn } from '../../src/core/lsn.ts';
import { projectFolder } from '../repo/project.ts';
import { pgBasebackup } from './base-backups.ts';
import { askKnown } from './wal-archive.ts';
import type { WalGStorage } from './wal-g-storage.ts';

const run = promisify(execFile);

/** A folder of the server that is a tablespace. */
export interface Space {
  readonly oid: string;
  readonly path: string;
}

/** Packed by WALG_COMPRESSION_METHOD=brotli. */
export const BROTLI = { ending: 'br', pack } as const;

function pack(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

/**
 * Backs up a server into a storage with the files that WAL-G makes, by its source: members named from the root on, in
 * several parts, pg_control by itself, tablespaces below pg_tblspc, and where all was in the sentinel. Returns the name.
 */
export async function backUpWhole(storage: WalGStorage, server: PostgresServer, space: Space): Promise<string> {
  const copy = join(storage.path, 'copy');
  const began = new Date();
  await pgBasebackup(server, copy, ['-F', 'plain', '-X', 'none', `--tablespace-mapping=${space.path}=${copy}-space`]);
  const label = parseBackupLabel(await readFile(join(copy, 'backup_label'), 'utf8'));
  const [, end = ''] = /"End-LSN": "([^"]+)"/.exec(await readFile(join(copy, 'backup_manifest'), 'utf8')) ?? [];
  const name = `base_${label?.startFile}`;
  const { systemIdentifier } = await askKnown(server);
  const parts = join(storage.backups, name, 'tar_partitions');
  await mkdir(parts, { recursive: true });
  await writeFile(join(copy, 'tablespace_map'), `${space.oid} ${space.path}\n`);
  const apart = ['backup_manifest', 'global/pg_control', 'backup_label', 'tablespace_map'];
  await packTar(join(parts, 'part_001.tar.br'), copy, ['--exclude=./pg_tblspc/*', ...exclude(apart), '.']);
  await packTar(join(parts, 'part_002.tar.br'), `${copy}-space`, [`--transform=s,^./,/pg_tblspc/${space.oid}/,`, '.']);
  await packTar(join(parts, 'part_003.tar.br'), copy, ['backup_label', 'tablespace_map']);
  await packTar(join(parts, 'pg_control.tar.br'), copy, ['global/pg_control']);
  await storage.writeSentinel(name, {
    LSN: label?.startLsn,
    PgVersion: server.major * 10_000,
    FinishLSN: parseLsn(end),
    SystemIdentifier: BigInt(systemIdentifier ?? 0),
    Version: 2,
    StartTime: began.toISOString(),
    FinishTime: new Date().toISOString(),
    Spec: {
      base_prefix: server.dataDirectory,
      tablespaces: [space.oid],
      [space.oid]: { loc: space.path, link: `pg_tblspc/${space.oid}` },
    },
  });
  for (const path of [copy, `${copy}-space`]) await rm(path, { recursive: true });
  return name;
}

function exclude(names: readonly string[]): readonly string[] {
  return names.map((name) => `--exclude=./${name}`);
}

async function packTar(file: string, folder: string, args: readonly string[]): Promise<void> {
  const options = { encoding: 'buffer', maxBuffer: 2 ** 30 } as const;
  const rooted = args.some((arg) => arg.startsWith('--transform')) ? [] : ['--transform=s,^\\(\\./\\)\\?,/,'];
  const { stdout } = await run('tar', ['-cP', ...rooted, '-C', folder, ...args], options);
  await writeFile(file, pack(stdout));
}

/** Puts a program `wal-g` into a folder, and returns its path. */
export async function writeWalG(folder: string): Promise<string> {
  const path = join(folder, 'wal-g');
  const standIn = join(projectFolder, 'test/support/wal-g-program.mjs');
  await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`);
  await chmod(path, 0o755);
  return path;
}
