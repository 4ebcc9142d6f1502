import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  availableMajors,
  createMonitorRole,
  majors,
  newestMajor,
  type PostgresServer,
  startPostgres,
  startStandby,
  waitFor,
} from '../../servers/index.ts';
import { createGate, type Gate, gatePack } from '../support/gate.ts';
import { scrape, type Scrape, valueOf } from '../support/http.ts';
import { failedIn, failuresOf, succeededIn } from '../support/outcomes.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { startSessionProbe } from '../support/session-probe.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const oldestSupported = availableMajors().find((major) => major >= 13) ?? majors[1];

const sessions = `FROM pg_stat_activity WHERE usename = 'walguard'`;

let folder: TemporaryFolder;
let packFile: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  packFile = await folder.write('gate.yaml', gatePack);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A walguard that has scraped once. */
async function startWarm(dataSourceName: string, connections = 2): Promise<Walguard> {
  const walguard = await startWalguard({
    dataSourceName,
    args: [`--extend.query-path=${packFile}`, '--scrape.timeout=90s', `--scrape.connections=${connections}`],
  });
  await expectWhole(walguard, connections);
  return walguard;
}

/** A scrape in which all is well. */
async function expectWhole(walguard: Walguard, connections = 2): Promise<Scrape> {
  const page = await scrape(`${walguard.url}/metrics`);
  expect(valueOf(page.families, 'pg_up')).toBe(1);
  expect(failedIn(page.families)).toEqual([]);
  expect(succeededIn(page.families).length).toBeGreaterThan(25);
  expect(valueOf(page.families, 'pg_gate_passed')).toBe(1);
  expect(valueOf(page.families, 'walguard_postgres_connections')).toBe(connections);
  return page;
}

/** A scrape that stands before a closed gate: `page` settles when it has been let through, or its session lost. */
async function holdScrape(walguard: Walguard, gate: Gate): Promise<{ readonly page: Promise<Scrape> }> {
  await gate.close();
  const page = scrape(`${walguard.url}/metrics`);
  await gate.waitForQueue();
  return { page };
}

describe.each([oldestSupported, newestMajor()])('walguard before PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let monitorUrl: string;
  let gate: Gate;
  let walguard: Walguard;

  beforeAll(async () => {
    server = await startPostgres({ major });
    monitorUrl = await createMonitorRole(server);
    gate = await createGate(server);
    walguard = await startWarm(monitorUrl);
  });
  afterAll(async () => {
    await walguard[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('answers the scrape in which the whole server is killed, and the first one after it came back is whole', async () => {
    const before = await expectWhole(walguard);
    const held = await holdScrape(walguard, gate);
    await server.kill();

    const cut = await held.page;
    const down = await scrape(`${walguard.url}/metrics`);
    await server.start();
    await gate.open();
    const after = await expectWhole(walguard);

    expect(valueOf(cut.families, 'pg_up')).toBe(1);
    expect(failuresOf(cut.families, 'gate')).toEqual({ connection_lost: 1 });
    expect(valueOf(down.families, 'pg_up')).toBe(0);
    expect(failuresOf(down.families, 'facts')).toEqual({ unreachable: 1 });
    expect(valueOf(after.families, 'pg_postmaster_start_time_seconds')).toBeGreaterThan(
      valueOf(before.families, 'pg_postmaster_start_time_seconds') ?? NaN,
    );
  });

  it('is right in the very next scrape after an orderly restart', async () => {
    const before = await expectWhole(walguard);
    await server.restart();

    const after = await expectWhole(walguard);

    expect(valueOf(after.families, 'pg_postmaster_start_time_seconds')).toBeGreaterThan(
      valueOf(before.families, 'pg_postmaster_start_time_seconds') ?? NaN,
    );
    expect(failuresOf(after.families, 'facts')).toEqual(failuresOf(before.families, 'facts'));
  });

  it('is right in the very next scrape after its idle sessions were ended', async () => {
    await server.sql(`SELECT pg_terminate_backend(pid) ${sessions}`);

    await expectWhole(walguard);
  });

  it('is right in the very scrape that finds its sessions broken: it connects again', async () => {
    await using probe = await startSessionProbe(server.port);
    await using behind = await startWarm(server.url({ user: 'walguard', password: 'walguard', port: probe.port }));
    probe.breakAtNextWord();

    const { families } = await expectWhole(behind);

    expect(failuresOf(families, 'facts')).toEqual({});
  });

  it('loses to an ended session only what was asked over it, in that scrape only', async () => {
    const lostBefore = failuresOf((await expectWhole(walguard)).families, 'gate')['connection_lost'] ?? 0;
    const held = await holdScrape(walguard, gate);
    await server.sql(
      `SELECT pg_terminate_backend(pid) ${sessions} AND query LIKE '%pass_gate()%' AND state = 'active'`,
    );

    const { families } = await held.page;
    await gate.open();

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failuresOf(families, 'gate')).toEqual({ connection_lost: lostBefore + 1 });
    expect(succeededIn(families).length).toBeGreaterThan(5);
    await expectWhole(walguard);
  });

  it('makes do with one connection where the role may have no second, and takes it as soon as it may', async () => {
    await server.sql(`ALTER ROLE walguard CONNECTION LIMIT 1; SELECT pg_terminate_backend(pid) ${sessions}`);
    await server.waitForSql(`NOT EXISTS (SELECT ${sessions})`);

    await expectWhole(walguard, 1);
    await expectWhole(walguard, 1);
    expect(await server.sql(`SELECT count(*) ${sessions}`)).toEqual([['1']]);
    await server.sql('ALTER ROLE walguard CONNECTION LIMIT -1');
    await expectWhole(walguard, 2);
  });

  it('keeps its two sessions over fifty scrapes', async () => {
    await expectWhole(walguard);
    const before = await server.sql(`SELECT pid ${sessions} ORDER BY pid`);

    for (let count = 0; count < 50; count += 1) await scrape(`${walguard.url}/metrics`);

    expect(before).toHaveLength(2);
    expect(await server.sql(`SELECT pid ${sessions} ORDER BY pid`)).toEqual(before);
    await expectWhole(walguard, 2);
  });

  it('rolls nothing back, which would count as trouble of the database it is connected to', async () => {
    await server.sql('CREATE DATABASE quiet');
    const account = { user: 'walguard', password: 'walguard', database: 'quiet' };
    await using visitor = await startWalguard({ dataSourceName: server.url(account) });
    for (const page of [await scrape(`${visitor.url}/metrics`), await scrape(`${visitor.url}/metrics`)]) {
      expect(failedIn(page.families)).toEqual([]);
    }

    await visitor.stop();

    // What a session did is in the statistics once it has ended, on 13 a little later.
    await server.waitForSql(`(SELECT xact_commit > 50 FROM pg_stat_database WHERE datname = 'quiet')`);
    expect(await server.sql(`SELECT xact_rollback FROM pg_stat_database WHERE datname = 'quiet'`)).toEqual([['0']]);
  });

  it('ends the scrape under way when told to stop, then exits with 0 and leaves no session', async () => {
    await using stopping = await startWarm(monitorUrl);
    const held = await holdScrape(stopping, gate);
    stopping.signal('SIGTERM');
    await waitFor('walguard to stop', () => stopping.logLines.some(({ msg }) => msg === 'walguard stops'));
    await expect(fetch(`${stopping.url}/-/ready`)).rejects.toThrow('fetch failed');
    await gate.open();

    const { families } = await held.page;

    expect(valueOf(families, 'pg_gate_passed')).toBe(1);
    expect(failedIn(families)).toEqual([]);
    expect((await stopping.finished).code).toBe(0);
    expect(stopping.logLines.at(-1)).toMatchObject({ msg: 'walguard stopped' });
    await server.waitForSql(`(SELECT count(*) = 2 ${sessions})`);
  });

  it('stops although a client holds a connection over which it asks nothing', async () => {
    await using stopping = await startWarm(monitorUrl);
    const silent = connect(stopping.port ?? 0, '127.0.0.1');
    await once(silent, 'connect');

    expect(await stopping.stop()).toBe(0);
    silent.destroy();
  });

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
  ] as const)('ends at once at a second signal: %s, then %s', async (first, second) => {
    await using stopping = await startWarm(monitorUrl);
    const held = await holdScrape(stopping, gate);
    const outcome = Promise.allSettled([held.page]);
    stopping.signal(first);
    await waitFor('walguard to stop', () => stopping.logLines.some(({ msg }) => msg === 'walguard stops'));

    stopping.signal(second);

    // The gate is still closed: only the signal can have ended it.
    expect((await stopping.finished).code).toBe(1);
    expect((await outcome)[0]?.status).toBe('rejected');
    await gate.open();
  });

  it('stops although the server has fallen silent', async () => {
    await using proxy = await startRecordingProxy({ port: server.port });
    await using stopping = await startWarm(server.url({ user: 'walguard', password: 'walguard', port: proxy.port }));
    proxy.goSilent();

    expect(await stopping.stop()).toBe(0);
  });
});

describe.each([oldestSupported, newestMajor()])('walguard before a standby of PostgreSQL %i', (major) => {
  let primary: PostgresServer;
  let monitorUrl: string;

  beforeAll(async () => {
    primary = await startPostgres({ major });
    monitorUrl = await createMonitorRole(primary);
    await createGate(primary);
  });
  afterAll(() => primary[Symbol.asyncDispose]());

  function urlAt(port: number): string {
    return monitorUrl.replace(`:${primary.port}/`, `:${port}/`);
  }

  it('tells of a primary in the very next scrape after a promotion', async () => {
    await using standby = await startStandby(primary);
    // Before it has replayed a commit a standby knows no lag.
    await primary.sql('CREATE TABLE written ()');
    await standby.waitForSql(`to_regclass('written') IS NOT NULL`);
    await using walguard = await startWarm(urlAt(standby.port));
    const before = await expectWhole(walguard);
    await standby.promote();

    const after = await expectWhole(walguard);

    expectStandby(before);
    expectPrimary(after, (valueOf(before.families, 'pg_timeline') ?? NaN) + 1);
    const ofStandbys = ['pg_replica_replay_lag_seconds', 'pg_wal_receiver_streaming', 'pg_wal_replay_paused'];
    const ofPrimaries = ['pg_wal_bytes_total', 'pg_sync_standbys_required'];
    for (const name of ofStandbys) expect([name, inBoth(before, after, name)]).toEqual([name, [true, false]]);
    for (const name of ofPrimaries) expect([name, inBoth(before, after, name)]).toEqual([name, [false, true]]);
  });

  it('fails with no collector when the standby is promoted after it said it was one, in the middle of a scrape', async () => {
    await using standby = await startStandby(primary);
    await using probe = await startSessionProbe(standby.port);
    await using walguard = await startWarm(urlAt(probe.port), 1);
    probe.holdAfterFirst();
    const held = scrape(`${walguard.url}/metrics`);
    await waitFor('the first query to be answered', () => probe.heldSessions === 1);
    await standby.promote();
    probe.letGo();

    const { families } = await held;

    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(failedIn(families)).toEqual([]);
    // Planned for a standby, read from a primary.
    expect(families.has('pg_wal_bytes_total')).toBe(false);
    expect(valueOf(families, 'pg_in_recovery')).toBe(0);
    expectPrimary(await expectWhole(walguard, 1), 2);
  });
});

function inBoth(before: Scrape, after: Scrape, name: string): readonly [boolean, boolean] {
  return [before.families.has(name), after.families.has(name)];
}

function expectStandby({ families }: Scrape): void {
  expect(valueOf(families, 'pg_in_recovery')).toBe(1);
  expect(valueOf(families, 'pg_replication_is_replica')).toBe(1);
  expect(valueOf(families, 'pg_wal_receiver_streaming')).toBe(1);
  expect(families.has('pg_wal_bytes_total')).toBe(false);
}

function expectPrimary({ families }: Scrape, timeline: number): void {
  expect(valueOf(families, 'pg_in_recovery')).toBe(0);
  expect(valueOf(families, 'pg_replication_is_replica')).toBe(0);
  expect(valueOf(families, 'pg_timeline')).toBe(timeline);
  expect(families.has('pg_wal_bytes_total')).toBe(true);
  expect(families.has('pg_wal_receiver_streaming')).toBe(false);
}
