import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, startStandby, waitFor } from '../../servers/index.ts';
import { fetchRaw, fetchText } from '../support/http.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const PATHS = ['health', 'primary', 'leader', 'master', 'read-write', 'replica', 'standby', 'read-only'];
const ON_PRIMARY = [200, 200, 200, 200, 200, 404, 404, 200];
const ON_STANDBY = [200, 404, 404, 404, 404, 200, 200, 200];
const NOWHERE = PATHS.map(() => 503);
const LOGIN = { user: 'walguard', password: 'walguard' };
/** Those of walguard that ask for health, and nothing else. */
const OWN = `FROM pg_stat_activity WHERE usename = 'walguard'`;

let primary: PostgresServer;
let standby: PostgresServer;
let ofPrimary: Walguard;
let ofStandby: Walguard;

beforeAll(async () => {
  primary = await startPostgres();
  await createMonitorRole(primary);
  standby = await startStandby(primary);
  const [first, second] = [primary, standby].map((server) => startWalguard({ dataSourceName: server.url(LOGIN) }));
  if (first !== undefined) ofPrimary = await first;
  if (second !== undefined) ofStandby = await second;
});
afterAll(async () => {
  for (const started of [ofPrimary, ofStandby, standby, primary]) await started?.[Symbol.asyncDispose]();
});

async function statuses({ url }: Walguard): Promise<readonly number[]> {
  return await Promise.all(PATHS.map(async (path) => (await fetchText(`${url}/${path}`)).status));
}

async function healthOf({ url }: Walguard): Promise<unknown> {
  return JSON.parse((await fetchText(`${url}/health`)).text) as unknown;
}

describe('a load balancer is told', () => {
  it('what a primary and a standby are, by every path, also by HEAD and OPTIONS', async () => {
    expect(await statuses(ofPrimary)).toEqual(ON_PRIMARY);
    expect(await statuses(ofStandby)).toEqual(ON_STANDBY);
    for (const method of ['HEAD', 'OPTIONS'] as const) {
      const asked = PATHS.map(async (path) => (await fetchRaw(`${ofStandby.url}/${path}`, {}, method)).status);
      expect(await Promise.all(asked)).toEqual(ON_STANDBY);
    }
  });

  it('role, timeline and lag as JSON', async () => {
    expect(await healthOf(ofPrimary)).toEqual({ status: 'up', role: 'primary', timeline: 1, replay_lag_seconds: null });
    await primary.sql('CREATE TABLE written (n int)');
    const isLevel = async () => JSON.stringify(await healthOf(ofStandby)).includes('"replay_lag_seconds":0}');
    await waitFor('the standby to have all', isLevel, 60_000);
    expect(await healthOf(ofStandby)).toMatchObject({ status: 'up', role: 'standby', timeline: 1 });
  });

  it('that a limit of lag is not known here, rather than what leaves it aside', async () => {
    expect((await fetchText(`${ofStandby.url}/replica?lag=1MB`)).status).toBe(400);
  });

  it('over one connection, however many ask', async () => {
    await Promise.all(Array.from({ length: 20 }, () => statuses(ofPrimary)));
    expect(await primary.sql(`SELECT count(*)::text ${OWN}`)).toEqual([['1']]);
  });

  it('at once when a server goes down and comes back', async () => {
    await primary.stop('immediate');
    await waitFor('503', async () => (await statuses(ofPrimary)).every((status) => status === 503), 60_000);
    expect(await statuses(ofPrimary)).toEqual(NOWHERE);
    expect(await healthOf(ofPrimary)).toEqual({ status: 'down', code: 'TARGET_UNREACHABLE' });
    await primary.start();
    await waitFor('200', async () => (await fetchText(`${ofPrimary.url}/primary`)).status === 200, 60_000);
  });

  it('in time when a server has fallen silent', async () => {
    const [[pid] = []] = await primary.sql(`SELECT pid::text ${OWN}`);
    process.kill(Number(pid), 'SIGSTOP');
    try {
      // The next question goes over a new connection, whose process was not stopped.
      let told = '';
      const isDown = async (): Promise<boolean> => {
        const { status, text } = await fetchText(`${ofPrimary.url}/health`);
        told = text;
        return status === 503;
      };
      await waitFor('503', isDown, 60_000);
      expect(JSON.parse(told)).toEqual({ status: 'down', code: 'TARGET_UNREACHABLE' });
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
    await waitFor('200', async () => (await fetchText(`${ofPrimary.url}/health`)).status === 200, 60_000);
  });

  it('that a standby has become the primary', async () => {
    await standby.promote();
    await waitFor('the new role', async () => (await fetchText(`${ofStandby.url}/primary`)).status === 200, 60_000);
    expect(await statuses(ofStandby)).toEqual(ON_PRIMARY);
    expect(await healthOf(ofStandby)).toMatchObject({ role: 'primary', timeline: 2, replay_lag_seconds: null });
  });
});
