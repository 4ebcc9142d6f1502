import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { createMonitorRole, giveToServer, type PostgresServer } from '../../servers/index.ts';
import { parseBackupLabel } from '../../src/core/backup-label.ts';
import { segmentName } from '../../src/core/segments.ts';
import { pgBasebackup } from './base-backups.ts';
import { type BackRestLab, startBackRestLab } from './pgbackrest.ts';
import { assemble } from './standbys.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
import type { Tool } from './verdict-table.ts';
import { archiveSegments } from './wal-archive.ts';

const run = promisify(execFile);

/** A server with a folder for WAL and one for backups of pg_basebackup. */
export interface FilesLab {
  readonly server: PostgresServer;
  /** Of walguard's role. */
  readonly url: string;
  /** Holds `archive` and `backups`. */
  readonly files: string;
  readonly segmentBytes: number;
}

/** A server that archives by `cp` into a folder and by pgBackRest, and has backups of both tools. */
export interface VerdictLab extends FilesLab {
  readonly rest: BackRestLab;
}

const MEGABYTE = 1_048_576;

/** pg_wal is as small as it gets, and nobody writes who was not asked to. */
const QUIET = { autovacuum: 'off', checkpoint_timeout: '1d' };

/** Makes one with two backups of each tool, four segments between them and three behind. */
export function startVerdictLab(segmentMegabytes: number): Promise<VerdictLab & AsyncDisposable> {
  return assemble(async (keep) => {
    const settings = { 'compress-type': 'gz', 'compress-level': '1', 'repo1-bundle': 'y', 'start-fast': 'y' };
    const rest = keep(await startBackRestLab({ ...settings, 'repo1-retention-full': '9' }, segmentMegabytes));
    const { server } = rest;
    const files = join(server.cluster.directory, 'files');
    for (const each of [files, join(files, 'archive'), join(files, 'backups')]) {
      await mkdir(each);
      await giveToServer(server.cluster, each);
    }
    const archive_command = commandOf(rest, { files, repository: rest.repository, data: server.dataDirectory });
    await server.alterSystem({ ...QUIET, archive_command });
    const url = await createMonitorRole(server);
    const lab: VerdictLab = { server, url, rest, files, segmentBytes: segmentMegabytes * MEGABYTE };
    await archiveSegments(server, 2);
    await backUp(lab, 'first');
    await archiveSegments(server, 4);
    await backUp(lab, 'second');
    await archiveSegments(server, 3);
    await settle(server);
    return lab;
  });
}

export interface Destination {
  readonly files: string;
  readonly repository: string;
  /** The server's own folder. */
  readonly data: string;
}

/** Archives into the folder first, and then by pgBackRest. */
export function commandOf({ config, stanza }: BackRestLab, { files, repository, data }: Destination): string {
  const target = `"${files}/archive/%f"`;
  const push = `pgbackrest --config=${config} --stanza=${stanza} --pg1-path=${data} --repo1-path=${repository}`;
  return `cp "%p" ${target}.new && mv ${target}.new ${target} && ${push} archive-push "%p"`;
}

async function backUp({ server, files, rest }: VerdictLab, name: string): Promise<void> {
  await pgBasebackup(server, join(files, 'backups', name), ['-Ft', '-Z', '1']);
  await rest.run('--type=full', 'backup');
}

/** Waits until all is archived, and was so long ago that nothing is taken to be on its way any more. */
export async function settle(server: PostgresServer): Promise<void> {
  const waiting = `SELECT FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`;
  const isOld = `coalesce((SELECT now() - last_archived_time > '2 s' FROM pg_stat_archiver), true)`;
  await server.waitForSql(`NOT EXISTS (${waiting}) AND ${isOld}`, 90_000);
}

/** What walguard looks at of one tool, to be damaged: by new files, as the old ones are shared with the lab. */
export interface Store extends AsyncDisposable {
  readonly tool: Tool;
  readonly lab: FilesLab & { readonly rest?: BackRestLab };
  /** Of pgBackRest the repository; else the folder that holds `archive` and `backups`. */
  readonly path: string;
  /** A place for what else is needed. */
  readonly beside: TemporaryFolder;
}

export async function copyStore(lab: VerdictLab, tool: Tool): Promise<Store> {
  const beside = await temporaryFolder();
  await chmod(beside.path, 0o755);
  const path = join(beside.path, 'store');
  await run('cp', ['-a', '--link', tool === 'files' ? lab.files : lab.rest.repository, path]);
  return { tool, lab, path, beside, [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose]() };
}

/** Runs a command of pgBackRest on a copy of the repository, with locks of its own. */
export async function backRestOn({ lab, path, beside }: Store, ...args: readonly string[]): Promise<void> {
  await run('pgbackrest', [`--config=${lab.rest?.config}`, `--stanza=${lab.rest?.stanza}`, ...args], {
    env: { PATH: process.env['PATH'], PGBACKREST_REPO1_PATH: path, PGBACKREST_LOCK_PATH: join(beside.path, 'lock') },
  });
}

/** Paths of the whole segments in an archive, by their names. */
export async function segmentsIn({ path }: Pick<Store, 'path'>): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(join(path, 'archive'), { recursive: true, withFileTypes: true });
  const segments = entries.filter(({ name }) => /^[0-9A-F]{24}(-[0-9a-f]{40}\.gz)?$/.test(name));
  const paths = segments.map(({ name, parentPath }) => [name.slice(0, 24), join(parentPath, name)] as const);
  return new Map(paths.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of each backup of a tool, by PostgreSQL's own word: the number of the segment in which it ended; the oldest first. */
export async function backupEnds(
  { files, segmentBytes }: Pick<VerdictLab, 'files' | 'segmentBytes'>,
  tool: Tool,
): Promise<ReadonlyMap<bigint, number>> {
  const folder = join(files, 'archive');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.backup')).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const own = texts.flatMap((text) => {
    const label = parseBackupLabel(text);
    if (label?.stopLsn === undefined || label.label.startsWith('pgBackRest ') !== (tool === 'pgbackrest')) return [];
    return [[label.startLsn, Number((label.stopLsn - 1n) / BigInt(segmentBytes))] as const];
  });
  return new Map(own);
}

/** The name of the segment that is so many behind the end of a backup: `1, 2` is `B+2`. */
export async function segmentBehind({ lab, tool }: Store, backup: number, steps: number): Promise<string> {
  const end = [...(await backupEnds(lab, tool)).values()][backup];
  if (end === undefined) throw new Error(`There is no backup ${backup}.`);
  return segmentName(1, end + steps, lab.segmentBytes);
}
