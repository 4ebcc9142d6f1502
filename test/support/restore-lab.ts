import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
  takeBaseBackup,
  waitFor,
} from '../../servers/index.ts';
import { parseLsn } from '../../src/core/lsn.ts';
import { segmentName } from '../../src/core/segments.ts';
import { age } from './base-backups.ts';
import { COMMIT_TIMES, SEGMENT_BYTES, Writer } from './commits.ts';
import { fetchText, type Scrape, scrape } from './http.ts';
import { assemble } from './standbys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startWalguard, type Walguard } from './walguard.ts';

/** What walguard claims: any moment from one to the other. Unix seconds. */
export interface Claim {
  readonly earliest: number;
  readonly latest: number;
  readonly end: bigint;
  readonly timeline: number;
  readonly backups: readonly string[];
}

/** A server that archives by `cp`, one who writes to it, a folder of backups, and the file that tells walguard of them. */
export interface RestoreLab {
  readonly server: PostgresServer;
  readonly archive: string;
  readonly backups: string;
  readonly writer: Writer;
  readonly config: string;
}

export function startRestoreLab(major: Major): Promise<RestoreLab & AsyncDisposable> {
  return assemble(async (keep) => {
    const folder = keep(await temporaryFolder());
    const server = keep(await startPostgres({ major, archive: true, ...COMMIT_TIMES }));
    await createMonitorRole(server);
    const archive = server.archiveDirectory ?? '';
    const backups = join(folder.path, 'backups');
    await mkdir(backups);
    const sources = `archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${backups}'}]`;
    const repository = `interval: 200ms\n    pending_after: 1s\n    ${sources}`;
    const config = await folder.write('walguard.yml', `repositories:\n  main:\n    ${repository}\n`);
    return { server, archive, backups, writer: keep(new Writer(server)), config };
  });
}

/** A walguard that watches the lab, or another server of the same archive. */
export function watch(lab: RestoreLab, server: PostgresServer = lab.server): Promise<Walguard> {
  const dataSourceName = server.url({ user: 'walguard', password: 'walguard' });
  return startWalguard({ dataSourceName, args: [`--config.file=${lab.config}`], readyTimeoutMs: 60_000 });
}

/** Makes a backup that holds no WAL, and returns its folder once all that it needs is in the archive. */
export async function backUp(
  { server, archive, backups }: Pick<RestoreLab, 'server' | 'archive' | 'backups'>,
  label: string,
): Promise<string> {
  const before = await labelsIn(archive);
  const working = join(server.cluster.directory, label);
  await takeBaseBackup(server, working);
  const wal = join(working, 'pg_wal');
  for (const name of await readdir(wal)) await rm(join(wal, name), { recursive: true });
  // It looks finished: nothing in it has changed for an hour.
  await age(working);
  await rename(working, join(backups, label));
  await waitFor('the label of the backup in the archive', async () => (await labelsIn(archive)).length > before.length);
  return join(backups, label);
}

async function labelsIn(archive: string): Promise<readonly string[]> {
  return (await readdir(archive)).filter((name) => name.endsWith('.backup'));
}

/** Waits until as many more segments were archived as are asked for, filled by those who write meanwhile. */
export async function segmentsPass(server: PostgresServer, count: number): Promise<void> {
  const [[before] = []] = await server.sql('SELECT archived_count FROM pg_stat_archiver');
  await server.waitForSql(`(SELECT archived_count >= ${Number(before) + count} FROM pg_stat_archiver)`, 60_000);
}

/** Waits until all segments are archived that are full, and returns the end of the last; nobody may write meanwhile. */
export async function archivedEnd(server: PostgresServer, archive: string): Promise<bigint> {
  const [[text, timeline] = []] = await server.sql(`
    SELECT pg_current_wal_insert_lsn(), left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`);
  const segment = (parseLsn(text ?? '') ?? 0n) / SEGMENT_BYTES;
  const file = segmentName(Number.parseInt(timeline ?? '', 16), Number(segment) - 1, Number(SEGMENT_BYTES));
  await waitFor(`segment ${file} in the archive`, async () => (await readdir(archive)).includes(file));
  return segment * SEGMENT_BYTES;
}

/** What walguard claims as soon as it has seen the last segment that was archived; nobody may write meanwhile. */
export async function claims(
  walguard: Walguard,
  isSettled: (claimed: readonly Claim[]) => boolean,
): Promise<readonly Claim[]> {
  let found: readonly Claim[] = [];
  await waitFor('the windows to be claimed', async () => isSettled((found = await claimsNow(walguard))));
  return found;
}

async function claimsNow(walguard: Walguard): Promise<readonly Claim[]> {
  const { repositories } = JSON.parse((await fetchText(`${walguard.url}/api/v1/status`)).text) as Status;
  return (repositories[0]?.windows ?? []).map((window) => ({
    earliest: Date.parse(window.earliest_at ?? '') / 1000,
    latest: Date.parse(window.latest_at ?? '') / 1000,
    end: parseLsn(window.latest_lsn) ?? 0n,
    timeline: window.timeline,
    backups: window.backups,
  }));
}

interface Status {
  readonly repositories: readonly {
    readonly windows: readonly {
      readonly earliest_at: string | null;
      readonly latest_at: string | null;
      readonly latest_lsn: string;
      readonly timeline: number;
      readonly backups: readonly string[];
    }[];
  }[];
}

/** One page, and between which moments it was made; Unix seconds. */
export interface TimedPage extends Scrape {
  readonly from: number;
  readonly to: number;
}

/** Scrapes a walguard again and again, as a Prometheus does. */
export class Scraper implements AsyncDisposable {
  readonly pages: TimedPage[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(walguard: Walguard, intervalMs: number) {
    this.#done = this.#scrape(walguard, intervalMs);
  }

  /** The first page of those that are still to come; throws what went wrong with one. */
  async next(): Promise<TimedPage> {
    const asked = Date.now() / 1000;
    const isLater = ({ from }: TimedPage): boolean => from >= asked;
    await Promise.race([this.#done, waitFor('a page', () => this.pages.some(isLater))]);
    const page = this.pages.find(isLater);
    if (page === undefined) throw new Error('There are no more pages.');
    return page;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  async #scrape(walguard: Walguard, intervalMs: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const from = Date.now() / 1000;
      const page = await scrape(`${walguard.url}/metrics`);
      this.pages.push({ ...page, from, to: Date.now() / 1000 });
      const restMs = Math.max(0, from * 1000 + intervalMs - Date.now());
      await sleep(restMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}

/** As `recovery_target_time` has it. */
export function targetTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('T', ' ').replace('Z', '+00');
}
