import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

import { createMonitorRole, type Major, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import type { LogFormat } from '../../src/core/log-record.ts';
import { scrape, valueOf } from './http.ts';
import { assemble } from './standbys.ts';
import { startWalguard, type Walguard } from './walguard.ts';

const ENDINGS: Readonly<Record<LogFormat, string>> = { stderr: '.log', csvlog: '.csv', jsonlog: '.json' };

/** Through the server walguard looks every five seconds, and a burst takes it a while. */
const PATIENCE_MS = 30_000;

/** A server that writes its log into files of its own. */
export interface LogLab {
  readonly server: PostgresServer;
  readonly monitorUrl: string;
  /** Where the files are. */
  readonly folder: string;
}

export function startLogLab(
  major: Major,
  format: LogFormat,
  settings: Readonly<Record<string, string>> = {},
): Promise<LogLab & AsyncDisposable> {
  return assemble(async (keep) => {
    const server = keep(
      await startPostgres({
        major,
        databases: ['shop'],
        settings: {
          logging_collector: 'on',
          log_directory: 'log',
          log_filename: 'server.log',
          log_file_mode: '0644',
          log_destination: format,
          log_line_prefix: '%m [%p] %e %q%u@%d/%a ',
          log_lock_waits: 'on',
          deadlock_timeout: '100ms',
          log_temp_files: '0',
          log_checkpoints: 'on',
          ...settings,
        },
      }),
    );
    const monitorUrl = await createMonitorRole(server);
    return { server, monitorUrl, folder: join(server.dataDirectory, 'log') };
  });
}

export function fileOf({ folder }: LogLab, format: LogFormat): string {
  return join(folder, `server${ENDINGS[format]}`);
}

/** Has so many statements fail in `shop`, one after the other. */
export async function divideByZero({ server }: LogLab, times: number): Promise<void> {
  const client = new Client({ connectionString: server.url({ database: 'shop' }) });
  await client.connect();
  try {
    for (let count = 0; count < times; count += 1) await client.query('SELECT 1 / 0').catch(() => undefined);
  } finally {
    await client.end();
  }
}

/** Renames the file as logrotate does, and has the server begin another. */
export async function rotateByRename(lab: LogLab, format: LogFormat, to: string): Promise<void> {
  await rename(fileOf(lab, format), join(lab.folder, to));
  await lab.server.sql('SELECT pg_rotate_logfile()');
  await waitFor('the new file', async () => (await readdir(lab.folder)).includes(`server${ENDINGS[format]}`));
}

export async function watchLog({ monitorUrl }: LogLab, args: readonly string[]): Promise<Walguard> {
  return await startWalguard({ dataSourceName: monitorUrl, args });
}

/** Waits until a page has the number, and gives what it has in the end. */
export async function settledValue(
  walguard: Walguard,
  family: string,
  labels: Readonly<Record<string, string>>,
  wanted: number,
): Promise<number | undefined> {
  let found: number | undefined;
  await waitFor(
    `${family} to be ${wanted}`,
    async () => (found = valueOf((await scrape(`${walguard.url}/metrics`)).families, family, labels)) === wanted,
    PATIENCE_MS,
  ).catch(() => undefined);
  return found;
}

/** What divideByZero causes. */
const DATA_EXCEPTION = { error_severity: 'ERROR', sqlstate_class: '22' };

/** How many statements walguard counts in the end that divideByZero had fail. */
export async function settledErrors(walguard: Walguard, wanted: number): Promise<number | undefined> {
  return await settledValue(walguard, 'pg_log_messages_total', DATA_EXCEPTION, wanted);
}

/** Once it has found the log: what comes from now on is counted. */
export async function watchFromNow(lab: LogLab, args: readonly string[]): Promise<Walguard> {
  const walguard = await watchLog(lab, args);
  if ((await settledValue(walguard, 'walguard_log_up', {}, 1)) === 1) return walguard;
  await walguard[Symbol.asyncDispose]();
  throw new Error(`walguard did not find the log. It wrote:\n${walguard.stderr}`);
}
