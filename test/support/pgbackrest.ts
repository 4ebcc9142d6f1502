import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { giveToServer, type PostgresServer, serverAccount, startPostgres, superuser } from '../../servers/index.ts';

const run = promisify(execFile);

/** A server that archives by pgBackRest into a repository of its own, beside its data. */
export interface BackRestLab extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly stanza: string;
  /** Of its configuration file, which all may read. */
  readonly config: string;
  readonly repository: string;
  /** Runs a command of pgBackRest as the server's user; returns what it printed. */
  readonly run: (...args: readonly string[]) => Promise<string>;
}

/** Starts one with a stanza; settings are lines of pgBackRest's [global]. pgBackRest 2.45 knows PostgreSQL up to 15. */
export async function startBackRestLab(
  settings: Readonly<Record<string, string>> = {},
  segmentMegabytes = 1,
): Promise<BackRestLab> {
  const server = await startPostgres({
    major: 15,
    initdbArgs: [`--wal-segsize=${segmentMegabytes}`, '--data-checksums'],
    settings: {
      archive_mode: 'on',
      min_wal_size: `${2 * segmentMegabytes}MB`,
      max_wal_size: `${8 * segmentMegabytes}MB`,
    },
  });
  const stanza = 'main';
  const folder = join(server.cluster.directory, 'backrest');
  const repository = join(folder, 'repository');
  for (const each of [folder, repository, join(folder, 'log'), join(folder, 'lock'), join(folder, 'spool')]) {
    await mkdir(each);
    await giveToServer(server.cluster, each);
  }
  const config = join(folder, 'pgbackrest.conf');
  const lines = Object.entries({
    'repo1-path': repository,
    'log-path': join(folder, 'log'),
    'lock-path': join(folder, 'lock'),
    'spool-path': join(folder, 'spool'),
    'log-level-file': 'off',
    ...settings,
  }).map(([name, value]) => `${name}=${value}`);
  const place = [
    `pg1-path=${server.dataDirectory}`,
    `pg1-port=${server.port}`,
    `pg1-socket-path=${server.socketDirectory}`,
    `pg1-user=${superuser}`,
  ];
  await writeFile(config, ['[global]', ...lines, `[${stanza}]`, ...place, ''].join('\n'));
  await chmod(config, 0o644);
  const account = await serverAccount();
  const lab: BackRestLab = {
    server,
    stanza,
    config,
    repository,
    async run(...args) {
      const options = { ...account, cwd: '/', env: { PATH: process.env['PATH'] } };
      const { stdout } = await run('pgbackrest', [`--config=${config}`, `--stanza=${stanza}`, ...args], options);
      return stdout;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  try {
    await lab.run('stanza-create');
    await server.alterSystem({
      archive_command: `pgbackrest --config=${config} --stanza=${stanza} archive-push "%p"`,
    });
    return lab;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
