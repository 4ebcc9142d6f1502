import { mkdir, rename, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
  startStandby,
  takeBaseBackup,
} from '../../servers/index.ts';
import { readProjectFile } from '../repo/project.ts';
import { type Chat, startAlertmanager, startChat } from './alertmanager.ts';
import { age } from './base-backups.ts';
import { type Load, startLoad } from './load.ts';
import { type Prometheus, startPrometheusWith } from './prometheus.ts';
import { scaledRules } from './scaled-rules.ts';
import { assemble } from './standbys.ts';
import type { TemporaryFolder } from './temporary-folder.ts';
import { startWalguard, type Walguard } from './walguard.ts';

/**
 * Where time passes faster, a busy machine is a hundred times slower: if it may, all that this process starts from now on goes
 * before what else is at work.
 */
export function goFirst(): void {
  try {
    setPriority(-15);
  } catch {
    // Only root may.
  }
}

/** Writes WAL and nothing else: so many bytes, then a pause. */
export function writeWal(server: PostgresServer, bytes: number, everyMs: number): Load {
  const sql = `SELECT pg_logical_emit_message(true, 'load', repeat('x', ${bytes}))`;
  return startLoad([{ url: server.url(), sql, everyMs }]);
}

/** A primary with a standby, a walguard beside each, and a backup. Dispose of it. */
export class WatchedCluster implements AsyncDisposable {
  readonly name: string;
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  readonly archive: string;
  readonly #folder: TemporaryFolder;
  readonly #walguards = new Map<string, Walguard>();
  #backups = 0;

  constructor(primary: PostgresServer, standby: PostgresServer, folder: TemporaryFolder) {
    this.name = `pg${primary.major}`;
    this.primary = primary;
    this.standby = standby;
    this.archive = primary.archiveDirectory ?? '';
    this.#folder = folder;
  }

  /** What Prometheus scrapes. */
  get targets(): readonly object[] {
    return [...this.#walguards].map(([instance, walguard]) => ({
      targets: [new URL(walguard.url).host],
      labels: { cluster: this.name, instance },
    }));
  }

  /** A copy that looks as if it were made an hour ago, whole from the moment it is there; the archive has when it ended. */
  async backUp(): Promise<void> {
    const name = `backup-${(this.#backups += 1)}`;
    const target = join(this.#folder.path, `${this.name}-${name}`);
    await takeBaseBackup(this.primary, target);
    await age(target);
    await mkdir(join(this.#folder.path, this.name), { recursive: true });
    await rename(target, join(this.#folder.path, this.name, name));
  }

  /** Starts both walguards, or another for the primary; what it is in the place of still runs, and is to be stopped. */
  async watch(policy: string): Promise<Walguard | undefined> {
    const config = `repositories:
  main:
    interval: 1s
    pending_after: 10s
    ${policy}
    archive: {method: directory, path: '${this.archive}'}
    backups: [{method: pg_basebackup, path: '${join(this.#folder.path, this.name)}'}]
`;
    const path = await this.#folder.write(`${this.name}.yml`, config);
    const login = { user: 'walguard', password: 'walguard' };
    const former = this.#walguards.get(`${this.name}-a`);
    // How much room the machine of the tests has is no matter of theirs.
    const args = ['--wal.capacity=1TiB', '--archiver.stalled-after=10s'];
    const start = (server: PostgresServer, more: readonly string[]): Promise<Walguard> =>
      startWalguard({ dataSourceName: server.url(login), args: [...args, ...more], readyTimeoutMs: 60_000 });
    this.#walguards.set(`${this.name}-a`, await start(this.primary, [`--config.file=${path}`]));
    if (this.#walguards.size < 2) this.#walguards.set(`${this.name}-b`, await start(this.standby, []));
    return former;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of [...this.#walguards.values(), this.standby, this.primary])
      await started[Symbol.asyncDispose]();
  }
}

/** Starts PostgreSQL of a major with a standby; nothing is watched yet. */
export async function startCluster(major: Major, folder: TemporaryFolder): Promise<WatchedCluster> {
  const primary = await startPostgres({
    major,
    archive: true,
    initdbArgs: ['--wal-segsize=1'],
    settings: {
      autovacuum: 'off',
      max_wal_size: '1GB',
      checkpoint_timeout: '30s',
      checkpoint_completion_target: '0.9',
    },
  });
  try {
    await createMonitorRole(primary);
    // With a slot, as a standby on a busy machine must not lose WAL to the storm of checkpoints.
    return new WatchedCluster(primary, await startStandby(primary, { slot: 'standby' }), folder);
  } catch (error) {
    await primary[Symbol.asyncDispose]();
    throw error;
  }
}

/** Prometheus with the rules, Alertmanager with the example of its configuration, and a chat. */
export interface AlertLoop extends AsyncDisposable {
  readonly prometheus: Prometheus;
  readonly chat: Chat;
  /** What one wants to know when a message does not come. */
  readonly state: () => Promise<string>;
}

/** An hour of the rules passes in half a minute. */
export const DIVISOR = 120;
const SLOWER: Readonly<Record<string, number>> = {
  // Six checkpoints have a minute, as long as they may take on a busy machine.
  'checkpoints.yml': 30,
  'records.yml': 30,
  // Some slow scrapes, or a slow start, are no outage.
  'server.yml': 4,
  'replication.yml': 4,
  'monitoring.yml': 4,
};

/** Starts them; targets are read from a file, and again whenever it changes. */
export async function startAlertLoop(folder: TemporaryFolder, targetFile: string): Promise<AlertLoop> {
  for (const [name, text] of scaledRules((file) => SLOWER[file] ?? DIVISOR)) await folder.write(`rules-${name}`, text);
  return await assemble(async (keep) => {
    const chat = keep(await startChat());
    const example = readProjectFile('prometheus/alertmanager.example.yml');
    const alertmanager = keep(await startAlertmanager(example, chat));
    const prometheus = keep(await startPrometheusWith(configuration(folder, targetFile, alertmanager.url)));
    const state = async (): Promise<string> => {
      const alerts = await prometheus.query(
        'ALERTS or up or pg_up or walguard_source_up or pg_archive_gap_segments or pg_archive_segments',
      );
      const seen = alerts.map(({ labels, value }) => `${JSON.stringify(labels)} ${value}`);
      const logs = [prometheus.complaints().slice(-20), alertmanager.log.split('\n').slice(-10)].flat();
      return [...seen, ...logs].join('\n');
    };
    return { chat, prometheus, state };
  });
}

function configuration(folder: TemporaryFolder, targetFile: string, alertmanagerUrl: string): string {
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: '3s', scrape_timeout: '3s', evaluation_interval: '1s' },
    rule_files: [join(folder.path, 'rules-*.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    scrape_configs: [{ job_name: 'walguard', file_sd_configs: [{ files: [targetFile], refresh_interval: '1s' }] }],
  });
}

/** Tells Prometheus what there is to scrape; it must not read half of the file. */
export async function writeTargets(targetFile: string, clusters: readonly WatchedCluster[]): Promise<void> {
  await writeFile(`${targetFile}.new`, JSON.stringify(clusters.flatMap(({ targets }) => targets)));
  await rename(`${targetFile}.new`, targetFile);
}
