import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
  startStandby,
  waitFor,
} from '../../servers/index.ts';
import { parseLsn } from '../../src/core/lsn.ts';
import { layOutPage } from '../../src/exposition/page.ts';
import { startRecordingProxy } from '../support/recording-proxy.ts';
import { sharedServers } from '../support/shared-servers.ts';
import { assemble, disposeAll, inEach, startEach } from '../support/standbys.ts';
import { startWalClient } from '../support/wal-client.ts';
import { watchedConnections, watchServer } from '../support/watched-server.ts';

interface Pair extends AsyncDisposable {
  readonly major: Major;
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
}

const monitor = { user: 'walguard', password: 'walguard', database: 'postgres' };
const everything = { collect: undefined, exclude: new Set<string>() };
const stranger = { ...monitor, user: 'stranger' };

function startPair(major: Major): Promise<Pair> {
  return assemble(async (keep) => {
    const settings = { wal_keep_size: '4MB', max_replication_slots: '5' };
    const primary = keep(await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'], settings }));
    await createMonitorRole(primary);
    await primary.sql(`CREATE ROLE stranger LOGIN PASSWORD 'walguard'; CREATE TABLE filled (body text)`);
    const standby = keep(await startStandby(primary, {}));
    return { major, primary, standby };
  });
}

let all: readonly Pair[] = [];
beforeAll(async () => {
  all = await startEach([13, 14, 15, 16, 17, 18], startPair);
});
afterAll(() => disposeAll(all));

async function cell(server: PostgresServer, sql: string): Promise<string> {
  return (await server.sql(sql))[0]?.[0] ?? '';
}

describe('what a scrape lets the answer on recoverability know of the server', () => {
  it('is all of it on a primary', () =>
    inEach(all, async ({ primary }) => {
      await primary.sql(`INSERT INTO filled SELECT repeat(md5(n::text), 50) FROM generate_series(1, 1000) n`);
      const switched = await cell(primary, 'SELECT pg_walfile_name(pg_switch_wal())');
      await primary.waitForSql(`EXISTS (SELECT FROM pg_stat_archiver WHERE last_archived_wal = '${switched}')`);
      const position = await cell(primary, 'SELECT pg_current_wal_flush_lsn()');
      await using receiver = await startWalClient(primary, {
        name: 'pg_receivewal',
        confirmed: position,
        flushes: true,
      });
      await using other = await startWalClient(primary, { name: 'unnamed', confirmed: position, flushes: true });
      await using copy = await startWalClient(primary, { name: 'pg_basebackup', confirmed: position, flushes: true });
      expect([receiver, other, copy]).toHaveLength(3);
      await primary.waitForSql(`3 = (SELECT count(flush_lsn) FROM pg_stat_replication WHERE replay_lsn IS NULL)`);
      await using watched = watchServer(primary.url(monitor));
      expect(watched.watching.watch.view()).toBeUndefined();

      const beforeSeconds = Date.now() / 1_000;
      await watched.scrape();

      const view = watched.watching.watch.view();
      const [[file, time, identifier, start] = []] = await primary.sql(
        `SELECT last_archived_wal, extract(epoch FROM last_archived_time), system_identifier,
                ('x' || right(last_archived_wal, 8))::bit(32)::bigint FROM pg_stat_archiver, pg_control_system()`,
      );
      expect(view).toMatchObject({
        systemIdentifier: identifier,
        timeline: 1,
        inRecovery: false,
        segmentBytes: 1024 * 1024,
        archivingExpected: true,
        archiverState: 'ok',
        archivedEnd: BigInt(Number(start) + 1) * 1024n * 1024n,
        lastArchivedFile: file,
        lastArchivedTimeSeconds: Number(time),
        readySegments: 0,
        oldestReadyTimeSeconds: undefined,
        receivers: [{ applicationName: 'pg_receivewal', flushLsn: parseLsn(position) }],
        baseBackups: [],
      });
      expect(view?.lsn).toBeGreaterThanOrEqual(parseLsn(position) ?? 0n);
      expect(Math.abs((view?.lastArchivedClosedSeconds ?? 0) - Number(time))).toBeLessThan(5);
      expect(view?.timeSeconds).toBeGreaterThan(beforeSeconds - 0.1);
      expect(Math.abs(view?.clockSkewSeconds ?? Number.NaN)).toBeLessThan(1);
      expect([...(view?.walRetainedBytes.keys() ?? [])].toSorted()).toEqual(
        expect.arrayContaining(['archiver', 'checkpoint', 'wal_keep_size']),
      );
      expect(view?.walRetainedBytes.get('archiver')).toBe(0n);
    }));

  it('is what a standby has received, which archives nothing', () =>
    inEach(all, async ({ primary, standby }) => {
      await primary.sql(`INSERT INTO filled VALUES ('more')`);
      const position = await cell(primary, 'SELECT pg_current_wal_flush_lsn()');
      await standby.waitForSql(`pg_last_wal_replay_lsn() >= '${position}'`);
      await using watched = watchServer(standby.url(monitor));
      await watched.scrape();

      const view = watched.watching.watch.view();
      expect(view).toMatchObject({
        systemIdentifier: await cell(primary, 'SELECT system_identifier FROM pg_control_system()'),
        timeline: 1,
        inRecovery: true,
        archivingExpected: false,
        archiverState: 'standby',
        archivedEnd: undefined,
        lastArchivedFile: undefined,
        readySegments: undefined,
        receivers: [],
      });
      expect(view?.lsn).toBeGreaterThanOrEqual(parseLsn(position) ?? 0n);
      expect(view?.walRetainedBytes.has('archiver')).toBe(false);
    }));

  it('lacks what a role without pg_monitor may not read, and has no 0 in its place', () =>
    inEach(all, async ({ primary }) => {
      const position = await cell(primary, 'SELECT pg_current_wal_flush_lsn()');
      await using receiver = await startWalClient(primary, {
        name: 'pg_receivewal',
        confirmed: position,
        flushes: true,
      });
      expect(receiver).toBeDefined();
      await primary.waitForSql(
        `EXISTS (SELECT FROM pg_stat_replication WHERE flush_lsn IS NOT NULL AND replay_lsn IS NULL)`,
      );
      await using watched = watchServer(primary.url(stranger));
      await watched.scrape();

      const view = watched.watching.watch.view();
      expect(view).toMatchObject({
        timeline: 1,
        archiverState: 'ok',
        lastArchivedFile: await cell(primary, 'SELECT last_archived_wal FROM pg_stat_archiver'),
        lastArchivedClosedSeconds: undefined,
        readySegments: undefined,
        oldestReadyTimeSeconds: undefined,
        receivers: [],
        walUntilFullSeconds: undefined,
        walRetainedBytes: new Map(),
      });
      expect(view?.baseBackups).toBeUndefined();
      expect(view?.lsn).toBeGreaterThan(0n);
    }));

  it('asks nothing more than a scrape without it does', async () => {
    const [{ port, monitorUrl } = { port: 0, monitorUrl: '' }] = sharedServers().slice(-1);
    await using proxy = await startRecordingProxy({ port, keepsRequests: true });
    const url = new URL(monitorUrl);
    url.port = String(proxy.port);
    const asked = async (watches: boolean): Promise<readonly number[]> => {
      await using watched = watchServer(url.href, { watches });
      await watched.scrape();
      await watched.scrape();
      proxy.reset();
      await watched.scrape();
      const said = proxy.connections.map((each) => Buffer.concat(each.said).toString('latin1')).join('');
      return [proxy.turns, said.split('SET LOCAL statement_timeout').length - 1];
    };
    const watched = await asked(true);
    expect(watched).toEqual(await asked(false));
    expect(watched[0]).toBe(watchedConnections);
  });
});

describe('heartbeats between scrapes', () => {
  it('come at the interval without any scrape, over no more connections than configured, and end', () =>
    inEach(all, async ({ primary }) => {
      await using watched = watchServer(primary.url({ ...monitor }));
      const mine = `SELECT count(*) FROM pg_stat_activity WHERE usename = 'walguard'`;
      const ticker = watched.beat(50);
      let most = 0;
      await waitFor('ten heartbeats', async () => {
        most = Math.max(most, Number(await cell(primary, mine)));
        return watched.history.heartbeats().length >= 10;
      });
      expect(most).toBe(watchedConnections);
      expect(watched.watching.watch.view()).toMatchObject({ archiverState: 'ok' });
      expect(watched.watching.watch.view()?.walRetainedBytes.get('archiver')).toBe(0n);

      await ticker[Symbol.asyncDispose]();
      const after = watched.history.heartbeats().length;
      await watched.target[Symbol.asyncDispose]();
      await primary.waitForSql(`0 = (${mine})`);
      expect(watched.history.heartbeats()).toHaveLength(after);
      const gaps = watched.history.heartbeats().map(({ serverTimeSeconds }) => serverTimeSeconds);
      expect(Math.min(...gaps.slice(1).map((at, index) => at - (gaps[index] ?? 0)))).toBeGreaterThan(0.045);
    }));

  it('are left out where scrapes come as often, and not where these do not look at the archiver', async () => {
    const [{ primary } = { primary: undefined }] = all.slice(-1);
    await using watched = watchServer(primary?.url(monitor) ?? '');
    await watched.scrape();
    watched.beat(60_000);
    await watched.scrape();
    await watched.scrape('archiver');
    expect(watched.history.heartbeats()).toHaveLength(3);

    await using blind = watchServer(primary?.url(monitor) ?? '');
    await blind.scrape('wal_generated');
    expect(blind.watching.watch.view()).toBeUndefined();
    blind.beat(60_000);
    await waitFor('the view', () => blind.watching.watch.view() !== undefined);
    expect(blind.history.heartbeats()).toHaveLength(2);
  });

  it('come where the archiver is switched off on the page', async () => {
    const [{ primary } = { primary: undefined }] = all.slice(-1);
    await using watched = watchServer(primary?.url(monitor) ?? '', {
      switches: { archiver: false, wal_directory: false },
    });
    await watched.scrape();
    expect(watched.watching.watch.view()).toBeUndefined();
    watched.beat(60_000);
    await waitFor('the view', () => watched.watching.watch.view()?.archiverState === 'ok');
  });

  it('cost one attempt each while the server is down, and two lines of the log for all of it', async () => {
    const [pair] = all.slice(-1);
    if (pair === undefined) throw new Error('There is no server.');
    const { standby } = pair;
    await using proxy = await startRecordingProxy({ port: standby.port });
    // With TLS tried first each attempt would be two connections.
    await using watched = watchServer(`${standby.url({ ...monitor, port: proxy.port })}?sslmode=disable`);
    await watched.scrape();
    const seen = watched.watching.watch.view();
    await standby.stop('fast');
    const before = proxy.connections.length;
    const startedMs = performance.now();
    watched.beat(50);
    await waitFor('six attempts', () => proxy.connections.length >= before + 6);
    expect(performance.now() - startedMs).toBeGreaterThan(5 * 49);
    expect(watched.watching.watch.view()).toEqual(seen);

    await standby.start();
    await waitFor('a heartbeat', () => (watched.watching.watch.view()?.timeSeconds ?? 0) > (seen?.timeSeconds ?? 0));
    // One that starts up refuses with a reason of its own.
    const told = (): readonly string[] =>
      watched.log.flatMap(({ level, code, message }) =>
        level === 'debug' || (level === 'warn' && code === 'TARGET_STARTING') ? [] : [`${level}: ${message}`],
      );
    await waitFor('the log', () => told().length > 1);
    expect(told()).toEqual(['warn: collector failed', 'info: collector works again']);
  });

  it('let a scrape of a server that has fallen silent say so within its own time', async () => {
    const [{ port, monitorUrl } = { port: 0, monitorUrl: '' }] = sharedServers().slice(-1);
    await using proxy = await startRecordingProxy({ port });
    const url = new URL(monitorUrl);
    url.port = String(proxy.port);
    await using watched = watchServer(url.href);
    await watched.scrape();
    proxy.goSilent();
    watched.beat(1);
    await waitFor('a heartbeat that waits', () => proxy.connections.some(({ bytesToServer }) => bytesToServer > 0));
    const startedMs = performance.now();
    const { result, release } = watched.target.scrape(everything, 1_500, new AbortController().signal);
    const page = Buffer.concat([...layOutPage(await result, 'text')]).toString();
    release();
    expect(performance.now() - startedMs).toBeLessThan(4_000);
    expect(page).toContain('\npg_up 0\n');
  });
});
