import { readFile } from 'node:fs/promises';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Major } from './binaries.ts';
import { type Cluster, removeCluster } from './cluster.ts';
import { checkSettingName, type Settings } from './configuration.ts';
import { type Exit, killTree, type Postmaster, startPostmaster } from './postmaster.ts';
import { signal } from './process-tree.ts';
import { runSql, type TextRows } from './sql.ts';
import { waitFor } from './wait-for.ts';

export type StopMode = 'smart' | 'fast' | 'immediate';

export interface UrlParts {
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** Instead of the server's own: that of a proxy on 127.0.0.1. */
  readonly port?: number;
}

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const startTimeoutMs = 60_000;

/** The name of the superuser of every server. */
export const superuser = 'postgres';

/** A PostgreSQL server of its own: data directory, port and socket; all gone once disposed of. */
export class PostgresServer implements AsyncDisposable {
  readonly major: Major;
  /** On 127.0.0.1; stays the same over restarts. */
  readonly port: number;
  readonly dataDirectory: string;
  /** Where archive_command puts segments; undefined when the server was started without `archive`. */
  readonly archiveDirectory: string | undefined;
  /** `host` for a connection by socket, where everyone who can enter the folder is trusted. */
  readonly socketDirectory: string;
  /** What it was configured with, beside the defaults and ALTER SYSTEM. */
  readonly settings: Settings;
  /** For those who copy the server; tests need it seldom. */
  readonly cluster: Cluster;
  #postmaster: Postmaster | undefined;

  /** Of a cluster that is initialized; it does not run yet. */
  constructor(cluster: Cluster, port: number, settings: Settings, archiveDirectory?: string) {
    this.major = cluster.major;
    this.port = port;
    this.dataDirectory = cluster.dataDirectory;
    this.archiveDirectory = archiveDirectory;
    this.socketDirectory = cluster.socketDirectory;
    this.settings = settings;
    this.cluster = cluster;
  }

  /** Process number of the postmaster; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  /** A postgres:// URL over TCP, by default the superuser's. */
  url(parts: UrlParts = {}): string {
    const user = parts.user ?? superuser;
    const password = parts.password ?? (user === superuser ? this.cluster.superuserPassword : '');
    const login = [user, password].map(encodeURIComponent).join(':');
    return `postgres://${login}@127.0.0.1:${parts.port ?? this.port}/${encodeURIComponent(parts.database ?? superuser)}`;
  }

  /**
   * Runs SQL as superuser on a connection of its own: the rows of the last statement, every cell as text, null for NULL.
   * Several statements in one text are one transaction. Throws what the server says.
   */
  sql(text: string, database: string = superuser): Promise<TextRows> {
    return runSql({ host: this.socketDirectory, port: this.port, user: superuser, database }, text);
  }

  /** Everything the server wrote to its log since it was made. */
  log(): Promise<string> {
    return readFile(this.cluster.logFile, 'utf8');
  }

  /** Waits until an SQL condition holds, asking again and again; throws after `timeoutMs`. */
  waitForSql(condition: string, timeoutMs = 10_000, database: string = superuser): Promise<void> {
    const holds = async () => (await this.sql(`SELECT (${condition})::boolean::text`, database))[0]?.[0] === 'true';
    return waitFor(`SQL on PostgreSQL ${this.major}: ${condition}`, holds, timeoutMs);
  }

  /** Makes the server read its configuration again; returns when new connections see it. */
  async reload(): Promise<void> {
    const [[before]] = (await this.sql('SELECT pg_conf_load_time()')) as [[string]];
    await this.sql('SELECT pg_reload_conf()');
    await this.waitForSql(`pg_conf_load_time() > ${escapeLiteral(before)}`);
  }

  /** ALTER SYSTEM for each setting, null resets; then a reload. What needs a restart waits for it. */
  async alterSystem(settings: Readonly<Record<string, string | null>>): Promise<void> {
    for (const [name, value] of Object.entries(settings)) {
      checkSettingName(name);
      const change = value === null ? `RESET ${name}` : `SET ${name} = ${escapeLiteral(value)}`;
      await this.sql(`ALTER SYSTEM ${change}`);
    }
    await this.reload();
  }

  /** Starts it and returns once it accepts connections; throws with its log when it does not, or when it runs already. */
  async start(): Promise<void> {
    if (this.#postmaster !== undefined)
      throw new Error(`PostgreSQL ${this.major} runs already, as process ${this.#postmaster.pid}.`);
    const postmaster = await startPostmaster(this.cluster, this.port, startTimeoutMs);
    this.#postmaster = postmaster;
    void postmaster.exited.then(() => {
      if (this.#postmaster === postmaster) this.#postmaster = undefined;
    });
  }

  /** Stops it and returns when it has ended; throws when it still runs after `timeoutMs` (a hung archive_command, an open session). */
  async stop(mode: StopMode = 'fast', timeoutMs = 30_000): Promise<void> {
    const postmaster = this.#postmaster;
    if (postmaster === undefined) return;
    signal(postmaster.pid, stopSignals[mode]);
    await waitFor(`PostgreSQL ${this.major} to stop (${mode})`, () => this.#postmaster !== postmaster, timeoutMs);
  }

  /** Stops and starts it. */
  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** Ends the postmaster and all its children by SIGKILL, as a machine that loses its power; `start` recovers. */
  async kill(): Promise<void> {
    const postmaster = this.#postmaster;
    if (postmaster === undefined) return;
    await killTree(postmaster.pid);
    await postmaster.exited;
  }

  /** Waits until the server has ended, whatever the reason; undefined when it does not run. */
  async ended(): Promise<Exit | undefined> {
    return this.#postmaster?.exited;
  }

  /** Makes a standby a primary and returns when it is. */
  async promote(): Promise<void> {
    await this.sql('SELECT pg_promote(true, 60)');
    await this.waitForSql('NOT pg_is_in_recovery()', 60_000);
  }

  /** Stops it in whatever state it is, and removes its folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('immediate', 5_000).catch(() => this.kill());
    await removeCluster(this.cluster);
  }
}

/**
 * Makes the role walguard connects as, with the right pg_monitor and no other; returns its URL to database postgres.
 * Throws when the role exists.
 */
export async function createMonitorRole(
  server: PostgresServer,
  name = 'walguard',
  password = 'walguard',
): Promise<string> {
  const role = escapeIdentifier(name);
  await server.sql(`CREATE ROLE ${role} LOGIN PASSWORD ${escapeLiteral(password)}; GRANT pg_monitor TO ${role}`);
  return server.url({ user: name, password });
}
