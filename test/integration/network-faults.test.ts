import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { descendants, signal } from '../../servers/process-tree.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { createGate, type Gate } from '../support/gate.ts';
import { fetchText, scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, succeededIn } from '../support/outcomes.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const rowPack = `
pg_torn:
  query: SELECT 'whole_row' AS id, pass_gate() AS passed
  timeout: 100
  metrics:
    - id: {usage: LABEL}
    - passed: {usage: GAUGE}
`;

const sessions = `FROM pg_stat_activity WHERE usename = 'walguard'`;
const login = { user: 'walguard', password: 'walguard' };

/** What a scrape may take at most here by its own deadline; that of walguard is far longer. */
const allowing = { 'X-Prometheus-Scrape-Timeout-Seconds': '1' };
const farLessThanItsOwnMs = 45_000;

let server: PostgresServer;
let gate: Gate;
let folder: TemporaryFolder;
let proxy: FaultProxy;
let walguard: Walguard;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startPostgres();
  await createMonitorRole(server);
  gate = await createGate(server);
  proxy = await startFaultProxy(server.port);
  walguard = await startBehindProxy(rowPack);
});
afterAll(async () => {
  await walguard[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function startBehindProxy(pack: string): Promise<Walguard> {
  const path = await folder.write('pack.yaml', pack);
  return await startWalguard({
    dataSourceName: `${server.url({ ...login, port: proxy.port })}?sslmode=disable`,
    args: [`--extend.query-path=${path}`, '--scrape.timeout=90s'],
  });
}

async function expectWhole(of: Walguard = walguard): Promise<Scrape> {
  const page = await scrape(`${of.url}/metrics`);
  expect(valueOf(page.families, 'pg_up')).toBe(1);
  expect(failedIn(page.families)).toEqual([]);
  expect(succeededIn(page.families).length).toBeGreaterThan(25);
  expect(valueOf(page.families, 'walguard_postgres_connections')).toBe(2);
  return page;
}

/** Two connections, on the client's side and on the server's: all others have gone. */
async function expectNothingLeft(): Promise<void> {
  await waitFor('the connections of before to be closed', () => proxy.openConnections === 2, 30_000);
  await server.waitForSql(`(SELECT count(*) = 2 ${sessions})`, 30_000);
}

async function backends(): Promise<readonly number[]> {
  return (await server.sql(`SELECT pid ${sessions}`)).map(([pid]) => Number(pid));
}

interface Fault {
  readonly name: string;
  readonly begin: () => Promise<void> | void;
  readonly end: () => Promise<void> | void;
  /** Why the facts query fails in the first scrape, over the sessions there are, and in the next. */
  readonly reasons: readonly [string, string];
}

let paused: readonly number[] = [];

function inWeather(weather: FaultProxy['weather'], isAnew: boolean): Pick<Fault, 'begin' | 'end'> {
  return {
    begin() {
      proxy.weather = weather;
      if (isAnew) proxy.cut();
    },
    end() {
      proxy.weather = 'clear';
    },
  };
}

const faults: readonly Fault[] = [
  {
    name: 'a server that is paused with all its processes',
    async begin() {
      const { pid = 0 } = server;
      paused = [pid, ...(await descendants(pid))];
      for (const each of paused) signal(each, 'SIGSTOP');
    },
    end() {
      for (const each of paused) signal(each, 'SIGCONT');
    },
    reasons: ['deadline', 'unreachable'],
  },
  {
    name: 'a network that swallows everything on connections there are',
    ...inWeather('swallowing', false),
    reasons: ['deadline', 'unreachable'],
  },
  {
    name: 'a network that swallows everything from the first word of a connection',
    ...inWeather('swallowing', true),
    reasons: ['unreachable', 'unreachable'],
  },
  {
    name: 'a network that lets a byte a second through',
    ...inWeather('trickling', false),
    reasons: ['deadline', 'unreachable'],
  },
  {
    name: 'a reset of each connection as soon as it is made',
    ...inWeather('refusing', true),
    reasons: ['unreachable', 'unreachable'],
  },
];

describe('a fault of the network', () => {
  it.each(faults)('costs no more than the scrapes in it: $name', async ({ begin, end, reasons }) => {
    const before = failuresOf((await expectWhole()).families, 'facts');
    const expected = { ...before };
    await begin();
    try {
      for (const reason of reasons) {
        const started = performance.now();
        const { families } = await scrape(`${walguard.url}/metrics`, allowing);
        expected[reason] = (expected[reason] ?? 0) + 1;
        expect(performance.now() - started).toBeLessThan(farLessThanItsOwnMs);
        expect(valueOf(families, 'pg_up')).toBe(0);
        expect(failuresOf(families, 'facts')).toEqual(expected);
        expect(valueOf(families, 'walguard_postgres_connections')).toBe(0);
      }
    } finally {
      await end();
    }

    expect(failuresOf((await expectWhole()).families, 'facts')).toEqual(expected);
    await expectNothingLeft();
  });

  it('that a server goes away without a word costs one scrape: the next one connects anew', async () => {
    await expectWhole();
    proxy.forsake();

    const { families } = await scrape(`${walguard.url}/metrics`, allowing);

    expect(valueOf(families, 'pg_up')).toBe(0);
    await expectWhole();
    await expectNothingLeft();
  });

  it('that one backend is paused costs one scrape, although it stays so', async () => {
    await expectWhole();
    const stopped = await backends();
    for (const pid of stopped) signal(pid, 'SIGSTOP');
    try {
      const { families } = await scrape(`${walguard.url}/metrics`, allowing);

      expect(valueOf(families, 'pg_up')).toBe(0);
      await expectWhole();
      expect((await backends()).filter((pid) => stopped.includes(pid))).toEqual(stopped);
    } finally {
      for (const pid of stopped) signal(pid, 'SIGCONT');
    }
    await expectNothingLeft();
  });

  it('that resets a connection in the middle of a row costs what was asked over it, and no half of a row is told', async () => {
    const before = failuresOf((await expectWhole()).families, 'torn')['connection_lost'] ?? 0;
    await gate.close();
    const page = scrape(`${walguard.url}/metrics`);
    await gate.waitForQueue();
    // What was answered before is read by then: it answers two requests made after that.
    for (let times = 0; times < 2; times += 1) await fetchText(`${walguard.url}/-/healthy`);
    proxy.tearAt('whole_row');
    await gate.open();

    const { families } = await page;

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failuresOf(families, 'torn')).toEqual({ connection_lost: before + 1 });
    expect(families.has('pg_torn_passed')).toBe(false);
    expect(succeededIn(families).length).toBeGreaterThan(5);
    expect(valueOf((await expectWhole()).families, 'pg_torn_passed', { id: 'whole_row' })).toBe(1);
    await expectNothingLeft();
  });

  it('keeps nobody from the other pages while a scrape hangs in it', async () => {
    await expectWhole();
    proxy.weather = 'swallowing';
    let isOver = false;
    const page = scrape(`${walguard.url}/metrics`).finally(() => (isOver = true));
    const paths = ['/-/ready', '/-/healthy', '/', '/api/v1/status', '/metrics/nothing'];

    const statuses = await Promise.all(paths.map(async (path) => (await fetchText(walguard.url + path)).status));
    const health = await fetchText(`${walguard.url}/health`);

    expect(statuses).toEqual([200, 200, 200, 200, 404]);
    expect([200, 503]).toContain(health.status);
    expect(isOver).toBe(false);
    proxy.weather = 'clear';
    proxy.cut();
    expect(valueOf((await page).families, 'pg_up')).toBe(1);
    await expectNothingLeft();
  });
});

describe('a name service', () => {
  it.each(['fails', 'hangs'])('that %s costs the scrapes that need it, until it is back', async (says) => {
    const file = await folder.write('names', '127.0.0.1');
    const url = new URL(`${server.url({ ...login, port: proxy.port })}?sslmode=disable`);
    url.hostname = 'db.example.org';
    await using named = await startWalguard({
      dataSourceName: url.href,
      args: ['--scrape.timeout=90s'],
      nodeArgs: ['--import', join(projectDirectory, 'test/support/name-service.mjs')],
      env: { NAME_SERVICE_FILE: file },
    });
    await expectWhole(named);
    await folder.write('names', says);

    // The address is asked for where a connection is made, and not before.
    await expectWhole(named);
    proxy.cut();
    for (const count of [1, 2]) {
      const { families } = await scrape(`${named.url}/metrics`, allowing);
      expect(valueOf(families, 'pg_up')).toBe(0);
      expect(failuresOf(families, 'facts')).toEqual({ unreachable: count });
    }
    await folder.write('names', '127.0.0.1');
    await expectWhole(named);
  });
});
