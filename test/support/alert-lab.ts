import { writeFile } from 'node:fs/promises';
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

  /** A copy that looks as if it were made an hour ago; when it ended is in the archive. */
  async backUp(): Promise<void> {
    const target = join(this.#folder.path, this.name, `backup-${(this.#backups += 1)}`);
    await takeBaseBackup(this.primary, target);
    await age(target);
  }

  /** Starts both walguards; that of the primary anew if it runs already. */
  async watch(policy: string): Promise<void> {
    const config = `repositories:
  main:
    interval: 500ms
    pending_after: 2s
    ${policy}
    archive: {method: directory, path: '${this.archive}'}
    backups: [{method: pg_basebackup, path: '${join(this.#folder.path, this.name)}'}]
`;
    const path = await this.#folder.write(`${this.name}.yml`, config);
    const login = { user: 'walguard', password: 'walguard' };
    await this.#walguards.get(`${this.name}-a`)?.stop();
    const args = [`--config.file=${path}`, '--archiver.stalled-after=5s', '--wal.capacity=1TB'];
    this.#walguards.set(`${this.name}-a`, await startWalguard({ dataSourceName: this.primary.url(login), args }));
    if (this.#walguards.size < 2)
      this.#walguards.set(`${this.name}-b`, await startWalguard({ dataSourceName: this.standby.url(login) }));
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
    return new WatchedCluster(primary, await startStandby(primary), folder);
  } catch (error) {
    await primary[Symbol.asyncDispose]();
    throw error;
  }
}

/** Prometheus with the rules, Alertmanager with the example of its configuration, and a chat. */
export interface AlertLoop extends AsyncDisposable {
  readonly prometheus: Prometheus;
  readonly chat: Chat;
}

/** An hour of the rules passes in half a minute; where one slow scrape would say so, it takes six. */
export const DIVISOR = 120;
const PATIENT_DIVISOR = 10;
const PATIENT = ['server.yml', 'replication.yml', 'monitoring.yml'];

/** Starts them; targets are read from a file, and again whenever it changes. */
export async function startAlertLoop(folder: TemporaryFolder, targetFile: string): Promise<AlertLoop> {
  for (const [name, text] of scaledRules((file) => (PATIENT.includes(file) ? PATIENT_DIVISOR : DIVISOR)))
    await folder.write(`rules-${name}`, text);
  return await assemble(async (keep) => {
    const chat = keep(await startChat());
    const example = readProjectFile('prometheus/alertmanager.example.yml');
    const alertmanager = keep(await startAlertmanager(example, chat));
    const prometheus = keep(await startPrometheusWith(configuration(folder, targetFile, alertmanager.url)));
    return { chat, prometheus };
  });
}

function configuration(folder: TemporaryFolder, targetFile: string, alertmanagerUrl: string): string {
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
    rule_files: [join(folder.path, 'rules-*.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    scrape_configs: [{ job_name: 'walguard', file_sd_configs: [{ files: [targetFile], refresh_interval: '1s' }] }],
  });
}

/** Tells Prometheus what there is to scrape. */
export async function writeTargets(targetFile: string, clusters: readonly WatchedCluster[]): Promise<void> {
  await writeFile(targetFile, JSON.stringify(clusters.flatMap(({ targets }) => targets)));
}
