import type { DrillCheckReport } from '../core/drill-report.ts';
import { formatLsn } from '../core/lsn.ts';
import { messageOf } from '../core/error.ts';
import type { Observation } from './observation.ts';
import type { Plan } from './plan.ts';
import type { RestoredServer } from './restored-server.ts';
import type { AskContext } from './sessions.ts';
import { describeTarget } from './wanted.ts';

interface Recovered {
  readonly server: RestoredServer;
  readonly plan: Plan;
  readonly reached: Observation;
}

/** What recovery itself has proved by now. */
export function provenChecks({ server, plan, reached }: Recovered): readonly DrillCheckReport[] {
  return [
    {
      name: 'consistency',
      kind: 'consistency',
      result: 'passed',
      message: server.log.isConsistent ? 'the server said that it is consistent' : 'the server takes connections',
      seconds: 0,
    },
    {
      name: 'target',
      kind: 'target',
      result: 'passed',
      expected: describeTarget(plan.target),
      found: formatLsn(reached.replayed),
      ...(server.log.stopping === undefined ? {} : { message: server.log.stopping }),
      seconds: 0,
    },
  ];
}

/** Every database that takes connections lets itself be read. */
export async function checkDatabases({ server, signal }: AskContext): Promise<readonly DrillCheckReport[]> {
  const session = await server.session();
  const rows = await session?.query('SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname');
  const names = (rows ?? []).flatMap(([name]) => name ?? []);
  const checks: DrillCheckReport[] = [];
  for (const datname of names) {
    signal.throwIfAborted();
    const started = performance.now();
    const failure = await failureOf(server, datname);
    checks.push({
      name: `database ${datname}`,
      kind: 'databases',
      result: failure === undefined ? 'passed' : 'failed',
      datname,
      message: failure,
      seconds: secondsSince(started),
    });
  }
  return checks;
}

/** To the millisecond. */
export function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1_000;
}

async function failureOf(server: RestoredServer, datname: string): Promise<string | undefined> {
  try {
    await using session = await server.open(datname);
    await session.query('SELECT count(*) FROM pg_class');
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
