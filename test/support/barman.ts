import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import {
  giveToServer,
  type PostgresServer,
  serverAccount,
  startPostgres,
  superuser,
  waitFor,
} from '../../servers/index.ts';

const run = promisify(execFile);

/** The name of the server in the configuration of Barman. */
export const BARMAN_SERVER = 'main';

/** A server whose WAL and backups Barman keeps, beside its data. */
export interface BarmanLab extends AsyncDisposable {
  readonly server: PostgresServer;
  /** Of Barman's configuration, which all may read. */
  readonly config: string;
  /** barman_home, and the folder of the server in it. */
  readonly path: string;
  readonly home: string;
  /** Runs a command of Barman as the server's user; returns what it printed. */
  readonly run: (...args: readonly string[]) => Promise<string>;
  /** Fills as many segments, and has Barman archive them; returns when it holds them. */
  readonly archive: (count: number) => Promise<void>;
  /** Makes a backup with its WAL; returns its name. */
  readonly backUp: (...args: readonly string[]) => Promise<string>;
  /** Receives again, after the server was gone for a while; nothing where WAL comes by archive_command. */
  readonly receive: () => Promise<void>;
  /** Names of the segments in `wals`, in their order. */
  readonly segments: () => Promise<readonly string[]>;
  /** And of those that wait to be moved there: the last that was streamed does, until the next one is. */
  readonly held: () => Promise<readonly string[]>;
}

/** `stream`: WAL by receive-wal, copies by pg_basebackup; `archive`: WAL by archive_command, copies by rsync. */
export type BarmanFlow = 'stream' | 'archive';

const FLOWS: Readonly<Record<BarmanFlow, Readonly<Record<string, string>>>> = {
  stream: { backup_method: 'postgres', streaming_archiver: 'on', slot_name: 'barman', create_slot: 'auto' },
  archive: { backup_method: 'local-rsync', archiver: 'on', reuse_backup: 'link' },
};

/** Starts one; settings are lines of the server in Barman's configuration. Debian's pg_basebackup 15 makes the copies. */
export async function startBarmanLab(
  flow: BarmanFlow,
  settings: Readonly<Record<string, string>> = {},
): Promise<BarmanLab> {
  const server = await startPostgres({
    major: 15,
    initdbArgs: ['--wal-segsize=1'],
    settings: flow === 'archive' ? { archive_mode: 'on' } : {},
  });
  const path = join(server.cluster.directory, 'barman');
  try {
    for (const each of [path, programsOf(server)]) {
      await mkdir(each);
      await giveToServer(server.cluster, each);
    }
    const config = join(server.cluster.directory, 'barman.conf');
    await writeFile(config, await configuration(server, path, { ...FLOWS[flow], ...settings }));
    await chmod(config, 0o644);
    const lab = createLab(server, { path, config, flow });
    // The first cron makes the folders, and would leave receive-wal behind.
    await lab.run('list-backups', BARMAN_SERVER);
    return flow === 'stream' ? await withReceiver(lab) : await withCommand(lab);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function configuration(
  server: PostgresServer,
  path: string,
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const connection = `host=${server.socketDirectory} port=${server.port} user=${superuser}`;
  const isRoot = (await serverAccount()) !== undefined;
  const lines = Object.entries({
    description: 'A server of the tests',
    conninfo: `${connection} dbname=postgres`,
    streaming_conninfo: connection,
    path_prefix: `${programsOf(server)}:/usr/lib/postgresql/15/bin`,
    ...settings,
  });
  return [
    '[barman]',
    `barman_home = ${path}`,
    `barman_user = ${isRoot ? 'nobody' : userInfo().username}`,
    `log_file = ${path}/barman.log`,
    `[${BARMAN_SERVER}]`,
    ...lines.map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n');
}

/** What lies here is called before PostgreSQL's own programs. */
export function programsOf(server: PostgresServer): string {
  return join(server.cluster.directory, 'programs');
}

interface LabParts {
  readonly path: string;
  readonly config: string;
  readonly flow: BarmanFlow;
}

function createLab(server: PostgresServer, { path, config, flow }: LabParts): BarmanLab {
  const home = join(path, BARMAN_SERVER);
  const lab: BarmanLab = {
    server,
    config,
    path,
    home,
    async run(...args) {
      const options = { ...(await serverAccount()), cwd: '/', env: { PATH: process.env['PATH'], HOME: path } };
      const { stdout } = await run('barman', ['-c', config, ...args], options);
      return stdout;
    },
    async archive(count) {
      for (let left = count; left > 0; left -= 1) {
        await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
        const [[name = ''] = []] = (await server.sql('SELECT pg_walfile_name(pg_switch_wal())')) as string[][];
        const waiting = join(home, flow === 'stream' ? 'streaming' : 'incoming');
        await waitFor(`${name} to reach Barman`, async () => (await readdir(waiting)).includes(name), 30_000);
      }
      await lab.run('archive-wal', BARMAN_SERVER);
    },
    async backUp(...args) {
      const before = await namesOfBackups(home);
      await lab.run('backup', '--wait', '--immediate-checkpoint', ...args, BARMAN_SERVER);
      return (await namesOfBackups(home)).find((name) => !before.includes(name)) ?? '';
    },
    async segments() {
      const folders = (await readdir(join(home, 'wals'))).filter((name) => /^[0-9A-F]{16}$/.test(name));
      const names = await Promise.all(folders.map((name) => readdir(join(home, 'wals', name))));
      return names
        .flat()
        .filter((name) => /^[0-9A-F]{24}$/.test(name))
        .toSorted();
    },
    async held() {
      const waiting = await Promise.all(['incoming', 'streaming'].map((name) => readdir(join(home, name))));
      const whole = waiting.flat().filter((name) => /^[0-9A-F]{24}$/.test(name));
      return [...new Set([...(await lab.segments()), ...whole])].toSorted();
    },
    receive: async () => {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return lab;
}

async function namesOfBackups(home: string): Promise<readonly string[]> {
  return await readdir(join(home, 'base')).catch(() => []);
}

async function makeFolders(lab: BarmanLab): Promise<void> {
  // Checking makes the folders of a new server; it fails, as there is no WAL.
  await lab.run('check', BARMAN_SERVER).catch(() => '');
}

async function withCommand(lab: BarmanLab): Promise<BarmanLab> {
  await makeFolders(lab);
  const target = join(lab.home, 'incoming');
  await lab.server.alterSystem({ archive_command: `cp %p ${target}/%f.tmp && mv ${target}/%f.tmp ${target}/%f` });
  await lab.archive(2);
  return lab;
}

async function withReceiver(lab: BarmanLab): Promise<BarmanLab> {
  await makeFolders(lab);
  await lab.run('receive-wal', '--create-slot', BARMAN_SERVER).catch(() => '');
  let receiver = await startReceiver(lab);
  const streaming: BarmanLab = {
    ...lab,
    async receive() {
      await receiver.stop();
      receiver = await startReceiver(lab);
      await lab.server.waitForSql(RECEIVES, 60_000);
    },
    async [Symbol.asyncDispose]() {
      await receiver.stop();
      await lab[Symbol.asyncDispose]();
    },
  };
  try {
    await lab.server.waitForSql(RECEIVES, 60_000);
    await lab.archive(2);
    return streaming;
  } catch (error) {
    await streaming[Symbol.asyncDispose]();
    throw error;
  }
}

/** Barman connects as a receiver also to ask who the server is. */
const RECEIVES = `EXISTS (SELECT FROM pg_stat_replication
  WHERE application_name = 'barman_receive_wal' AND state = 'streaming')`;

interface Receiver {
  readonly stop: () => Promise<void>;
}

/** It ends with the connection: it is cron that starts it again. */
async function startReceiver(lab: BarmanLab): Promise<Receiver> {
  const child = spawn('barman', ['-c', lab.config, 'receive-wal', BARMAN_SERVER], {
    ...(await serverAccount()),
    cwd: '/',
    env: { PATH: process.env['PATH'], HOME: lab.path },
    stdio: 'ignore',
    detached: true,
  });
  const ended = once(child, 'exit');
  return {
    async stop() {
      // pg_receivewal is its child.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL');
      await ended;
    },
  };
}
