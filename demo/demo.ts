import { setTimeout as sleep } from 'node:timers/promises';
import { createMonitorRole, describeExit, listenError, type PostgresServer, startPostgres } from '../servers/index.ts';
import { type Breakage, planBreakage } from './breakages.ts';
import { Housekeeping } from './housekeeping.ts';
import { startLoad } from './load.ts';
import { createShop } from './shop.ts';
import type { StopRequest } from './stop-request.ts';
import { brokenText, runningText } from './texts.ts';
import { startWalguard } from './walguard-process.ts';

export interface DemoOptions {
  /** Of 127.0.0.1, where walguard serves. */
  readonly port: number;
  readonly breakage: Breakage | undefined;
}

/** How long everything is healthy before a breakage, s. */
const healthySeconds = 10;

/**
 * Runs PostgreSQL, the shop and walguard until the stop is asked for, then stops them in reverse order.
 * Throws when one of them does not start or ends by itself, after having stopped the others; StopRequested when the
 * stop was asked for before all ran.
 */
export async function runDemo({ port, breakage }: DemoOptions, stop: StopRequest): Promise<void> {
  await checkPort(port);
  console.log('Starting PostgreSQL ...');
  await using server = await startPostgres({
    archive: true,
    initdbArgs: ['--wal-segsize=1'],
    settings: { shared_preload_libraries: 'pg_stat_statements', autovacuum_naptime: '10s', track_io_timing: 'on' },
  });
  stop.check();
  const monitorUrl = await createMonitorRole(server);
  await using load = startLoad(await createShop(server));
  await using _housekeeping = new Housekeeping(server, load);
  stop.check();
  console.log('Starting walguard ...');
  await using walguard = await startWalguard(port, monitorUrl);
  stop.check();
  const superuserUrl = server.url({ database: 'shop' });
  console.log(runningText({ major: server.major, port, superuserUrl, archive: server.archiveDirectory ?? '' }));
  const ending = new AbortController();
  const ends = [
    stop.made.then(() => undefined),
    accidentOf(server),
    walguard.ended.then((exit) => `walguard ended by itself (${describeExit(exit)}). It wrote:\n${walguard.lastLines}`),
    ...(breakage === undefined ? [] : [breakLater(server, port, breakage, ending.signal)]),
  ];
  try {
    const accident = await Promise.race(ends);
    if (accident !== undefined) throw new Error(accident);
  } finally {
    ending.abort();
    console.log('\nStopping ...');
  }
}

async function accidentOf(server: PostgresServer): Promise<string> {
  const exit = await server.ended();
  const log = (await server.log()).trim().split('\n').slice(-15).join('\n');
  return `PostgreSQL ended by itself (${exit && describeExit(exit)}). The end of its log:\n${log}`;
}

/** Says at once what walguard would say only after PostgreSQL has been started for it. */
async function checkPort(port: number): Promise<void> {
  const code = await listenError(port);
  if (code === 'EADDRINUSE')
    throw new Error(
      `Port ${port} of 127.0.0.1 is in use; take another: npm run demo -- --port ${port === 65_535 ? 9188 : port + 1}`,
    );
  if (code !== undefined)
    throw new Error(`Cannot listen on port ${port} of 127.0.0.1 (${code}); take another with --port.`);
}

/** Never settles once the archive is broken; rejects when breaking it fails. */
async function breakLater(
  server: PostgresServer,
  port: number,
  breakage: Breakage,
  signal: AbortSignal,
): Promise<undefined> {
  console.log(`All is well now; in ${healthySeconds} s: --break ${breakage}`);
  await sleep(healthySeconds * 1000, undefined, { signal }).catch(() => undefined);
  if (signal.aborted) return undefined;
  const plan = planBreakage(breakage, server.settings['archive_command'] ?? '');
  await server.alterSystem({ archive_command: plan.archiveCommand });
  console.log(brokenText(plan, port, server.url()));
  return new Promise(() => {});
}
