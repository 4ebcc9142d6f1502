import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';

import { freePort, type PostgresServer, Reaper, serverAccount, type TextRows, waitFor } from '../../servers/index.ts';
import { rowsOf } from './sql.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

const binary = process.env['PGBOUNCER_BINARY'] ?? 'pgbouncer';
/** Who may do everything on the console, and where it is. */
export const consoleLogin = { user: 'console', password: 'console', database: 'pgbouncer' };
/** Who may only look. */
export const statsLogin = { user: 'stats', password: 'stats', database: 'pgbouncer' };

export interface PgBouncerOptions {
  readonly mode: 'session' | 'transaction' | 'statement';
  /** Where passwords are looked up: in a file of secrets as the server keeps them, or by a query to the server. */
  readonly auth?: 'userlist' | 'query';
  /** Further lines of the section `pgbouncer`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** What it leads to; by default postgres. */
  readonly databases?: readonly string[];
  /** Where it listens; by default a port that is free. */
  readonly port?: number;
  /** Of the server as PgBouncer is to see it; by default the server's own. */
  readonly serverPort?: number;
}

/** Throws with the cure when it is not installed. */
async function checkInstalled(): Promise<void> {
  await promisify(execFile)(binary, ['--version']).catch((error: unknown) => {
    const cure = 'Install the Debian package "pgbouncer", or name the program in PGBOUNCER_BINARY.';
    throw new Error(`Cannot run ${binary}. ${cure}`, { cause: error });
  });
}

/**
 * Starts PgBouncer before a server that has the role walguard, on a free port of 127.0.0.1, with no more in its
 * configuration than it must have; throws, with its log, when it does not answer. Dispose of it.
 */
export async function startPgBouncer(server: PostgresServer, options: PgBouncerOptions): Promise<PgBouncer> {
  await checkInstalled();
  const folder = await temporaryFolder();
  const port = options.port ?? (await freePort());
  const ini = await folder.write('pgbouncer.ini', await configuration(server, options, { port, folder }));
  await folder.write('userlist.txt', await userList(server, options.auth ?? 'userlist'));
  // It refuses to run as root.
  const account = await serverAccount();
  if (account !== undefined) await chown(folder.path, account.uid, account.gid);
  const child = spawn(binary, [ini], { ...account, cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] });
  const bouncer = new PgBouncer(child, folder, port);
  try {
    await waitFor('PgBouncer', async () => bouncer.hasEnded || (await bouncer.admin('SHOW VERSION')).length === 1);
    if (bouncer.hasEnded) throw new Error('PgBouncer ended by itself.');
    return bouncer;
  } catch (error) {
    await bouncer[Symbol.asyncDispose]();
    throw new Error(`PgBouncer did not start. Its log:\n${bouncer.log}`, { cause: error });
  }
}

/** A running PgBouncer. */
export class PgBouncer implements AsyncDisposable {
  /** Everything it logged so far. */
  log = '';
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #folder: TemporaryFolder;
  readonly #reaper: Reaper;

  constructor(child: ChildProcess, folder: TemporaryFolder, port: number) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
    this.#reaper = new Reaper(folder.path);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    if (child.pid !== undefined) this.#reaper.watch(child.pid);
    this.#closed = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('close', () => resolve());
    });
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** As role walguard to database postgres, or as said. */
  url({ user = 'walguard', password = 'walguard', database = 'postgres', port = this.port } = {}): string {
    return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  }

  /** Asks its console. */
  admin(command: string): Promise<TextRows> {
    return rowsOf(this.url(consoleLogin), command);
  }

  /** Stops it where it is (SIGSTOP), lets it go on (SIGCONT), or tells it to end (SIGTERM). */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child.kill(name);
  }

  /** Ends it at once: its clients and the server lose their connections. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    if (this.#child.pid !== undefined) await this.#closed;
    await this.#folder[Symbol.asyncDispose]();
    this.#reaper.release();
  }
}

async function configuration(
  server: PostgresServer,
  { mode, auth, settings, serverPort, databases = ['postgres'] }: PgBouncerOptions,
  { port, folder }: { readonly port: number; readonly folder: TemporaryFolder },
): Promise<string> {
  const lines = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: `${folder.path}/userlist.txt`,
    ...(auth === 'query' ? { auth_user: 'lookup' } : {}),
    admin_users: consoleLogin.user,
    stats_users: statsLogin.user,
    pool_mode: mode,
    ...settings,
  };
  const section = Object.entries(lines).map(([key, value]) => `${key} = ${value}`);
  const targets = databases.map((name) => `${name} = host=127.0.0.1 port=${serverPort ?? server.port}`);
  return `[databases]\n${targets.join('\n')}\n[pgbouncer]\n${section.join('\n')}\n`;
}

/** Of walguard what the server keeps, with which PgBouncer can log in too, but does not know the password. */
async function userList(server: PostgresServer, auth: 'userlist' | 'query'): Promise<string> {
  const lines = [consoleLogin, statsLogin].map(({ user, password }) => `"${user}" "${password}"`);
  if (auth === 'query') {
    await server.sql(`DROP ROLE IF EXISTS lookup; CREATE ROLE lookup LOGIN SUPERUSER PASSWORD 'lookup'`);
    lines.push('"lookup" "lookup"');
  } else {
    const [[secret] = []] = await server.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = 'walguard'`);
    lines.push(`"walguard" "${secret}"`);
  }
  return `${lines.join('\n')}\n`;
}
