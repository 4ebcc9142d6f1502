import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Major, startPostgres, startStandby, waitFor } from '../../servers/index.ts';
import { valueOf } from '../support/http.ts';
import { failedIn, failuresOf } from '../support/outcomes.ts';
import { type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import {
  assemble,
  atRest,
  disposeAll,
  inEach,
  startEach,
  type ObservedServer,
  observe,
  type Page,
  prepareForStandbys,
  waitForReplay,
} from '../support/standbys.ts';

const timeoutSeconds = 6;
/** A live upstream answers after half of that. */
const noticedSeconds = 0.6 * timeoutSeconds;
const settings = {
  autovacuum: 'off',
  // A conflict ends the query at once.
  max_standby_streaming_delay: '0',
  wal_retrieve_retry_interval: '200ms',
  wal_receiver_status_interval: '1s',
  wal_receiver_timeout: `${timeoutSeconds}s`,
  wal_sender_timeout: `${timeoutSeconds + 3}s`,
};

/** A primary and its standby, with a network in between that can be broken. */
interface Pair extends AsyncDisposable {
  readonly major: Major;
  readonly primary: ObservedServer;
  readonly standby: ObservedServer;
  readonly network: RecordingProxy;
}

function startPair(major: Major): Promise<Pair> {
  return assemble(async (keep) => {
    const server = keep(await startPostgres({ major, initdbArgs: ['--wal-segsize=1'], settings }));
    await prepareForStandbys(server);
    const network = keep(await startRecordingProxy({ port: server.port }));
    const primary = keep(await observe(server));
    const standby = keep(await observe(keep(await startStandby(server, { primaryPort: network.port }))));
    return { major, primary, standby, network };
  });
}

let all: readonly Pair[] = [];
beforeAll(async () => {
  all = await startEach([13, 15, 17, 18], startPair);
});
afterAll(() => disposeAll(all));

const connected = { recovery: 1, timeline: 1, expected: 1, streaming: 1, paused: 0, bytes: 0 };
const lost = { ...connected, streaming: 0, bytes: undefined };
const writeOne = 'INSERT INTO written VALUES (1)';
const silence = `SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time)
                   FROM pg_stat_wal_receiver WHERE status = 'streaming'`;

/** Some pages, one after the other, each of which says that the standby is lost; the lag grows from page to page. */
async function expectLost(standby: ObservedServer, pages = 20): Promise<void> {
  await standby.pageWhere('no receiver', (page) => page.standby['streaming'] === 0);
  let before = 0;
  for (let count = 0; count < pages; count += 1) {
    const page = await standby.page();
    expect(page.standby).toEqual(lost);
    expect(page.lagSeconds).toBeGreaterThan(before);
    before = page.lagSeconds ?? Number.NaN;
  }
}

async function expectConnected({ primary, standby }: Pair): Promise<void> {
  await primary.server.sql(writeOne);
  await waitForReplay(primary.server, standby.server);
  const page = await standby.pageWhere(
    'a receiver',
    ({ standby: said, lagSeconds }) => said['streaming'] === 1 && lagSeconds === 0,
  );
  expect(page.standby).toEqual(connected);
}

describe('a standby that has replayed no commit yet', () => {
  it('is behind by nothing while connected, and by nobody knows what when not', () =>
    inEach(all, async ({ primary, standby, network }) => {
      const fresh = await standby.pageWhere('all replayed', ({ standby: said }) => said['bytes'] === 0);
      expect(await standby.server.sql('SELECT pg_last_xact_replay_timestamp()')).toEqual([[null]]);
      expect(fresh.standby).toEqual(connected);
      expect(fresh.lagSeconds).toBe(0);
      expect(fresh.value('pg_replication_last_replay_seconds')).toBeUndefined();

      await standby.server.alterSystem({ primary_conninfo: 'host=127.0.0.1 port=1' });
      const alone = await standby.pageWhere('no receiver', ({ standby: said }) => said['streaming'] === 0);
      expect(alone.standby).toEqual(lost);
      expect(alone.lagSeconds).toBeUndefined();
      await standby.server.alterSystem({ primary_conninfo: null });
      expect(network.openConnections).toBeLessThanOrEqual(1);
      expect((await primary.page()).value('pg_replication_lag_seconds')).toBe(0);
    }));
});

describe('a role without pg_monitor', () => {
  it('is told nothing of receivers and senders, rather than 0', () =>
    inEach(all, async (pair) => {
      await expectConnected(pair);
      await using below = await observe(pair.standby.server, 'stranger');
      await using above = await observe(pair.primary.server, 'stranger');
      const page = await below.anyPage();
      const unknown = { timeline: undefined, expected: undefined, streaming: undefined, bytes: undefined };
      expect(page.standby).toEqual({ ...connected, ...unknown });
      expect(page.lagSeconds).toBeUndefined();
      expect(page.value('pg_replication_last_replay_seconds')).toBeGreaterThan(0);
      expect(failedIn(page.families)).toEqual(['timeline']);
      expect(failuresOf(page.families, 'timeline')).toEqual({ permission: 1 });
      expect([...page.families.keys()].filter((name) => name.includes('_wal_receiver_'))).toEqual([]);

      const { families } = await above.page();
      const ofSenders = /^pg_(replication_(sent|write|flush|replay|sender)|stat_replication|sync_standbys_streaming)/;
      expect([...families.keys()].filter((name) => ofSenders.test(name))).toEqual([]);
      expect(valueOf(families, 'pg_sync_standbys_required')).toBe(0);
    }));
});

describe('the details of a receiver', () => {
  it('are those of the view on every version', () =>
    inEach(all, async (pair) => {
      await expectConnected(pair);
      const columns = `receive_start_lsn - '0/0', receive_start_tli, pg_last_wal_receive_lsn() - '0/0', received_tli,
        latest_end_lsn - '0/0', extract(epoch FROM latest_end_time)`;
      const [seen, [cells = []]] = await atRest(
        pair.primary,
        async () => [
          await pair.standby.page(),
          await pair.standby.server.sql(`SELECT ${columns} FROM pg_stat_wal_receiver`),
        ],
        [pair.standby],
      );

      const names = ['receive_start_lsn', 'receive_start_tli', 'flushed_lsn', 'received_tli', 'latest_end_lsn'];
      const labels = { upstream_host: '127.0.0.1', slot_name: '', status: 'streaming' };
      const values = [...names, 'latest_end_time'].map((name) => seen.value(`pg_stat_wal_receiver_${name}`, labels));
      expect(values).toEqual(cells.map(Number));
      const sent = seen.value('pg_stat_wal_receiver_last_msg_send_time', labels);
      expect(seen.value('pg_stat_wal_receiver_last_msg_receipt_time', labels)).toBeGreaterThanOrEqual(sent ?? Infinity);
    }));
});

/** A query on the standby, and what its primary does meanwhile that replay cannot do while the query runs. */
const conflicts = [
  {
    kind: 'snapshot',
    begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM victim',
    acts: ['DELETE FROM victim WHERE id < 10', 'VACUUM victim'],
  },
  { kind: 'lock', begin: 'BEGIN; SELECT count(*) FROM victim', acts: ['ALTER TABLE victim ADD added int'] },
] as const;

describe('queries that replay ends', () => {
  it('are counted by what replay needed, on the standby alone', () =>
    inEach(all, async (pair) => {
      const { major, primary, standby } = pair;
      const counters = ['tablespace', 'lock', 'snapshot', 'bufferpin', 'deadlock'];
      if (major >= 16) counters.push('active_logicalslot');
      const countsOf = (page: Page): Readonly<Record<string, number | undefined>> =>
        Object.fromEntries(
          [...page.families.keys()]
            .filter((name) => name.startsWith('pg_stat_database_conflicts'))
            .map((name) => [name.split('confl_')[1] ?? 'all', page.value(name, { datname: 'postgres' })]),
        );
      const none = Object.fromEntries(['all', ...counters].map((name) => [name, 0]));
      await primary.server.sql('CREATE TABLE victim AS SELECT n AS id FROM generate_series(1, 1000) n');
      await expectConnected(pair);
      expect(countsOf(await standby.page())).toEqual(none);

      for (const { kind, begin, acts } of conflicts) {
        const client = new Client({ connectionString: standby.server.url(), application_name: kind });
        client.on('error', () => {});
        await client.connect();
        await client.query(begin);
        const sleeps = client.query('SELECT pg_sleep(60)').then(String, String);
        await standby.server.waitForSql(
          `EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '${kind}' AND wait_event = 'PgSleep')`,
        );
        for (const act of acts) await primary.server.sql(act);
        expect(await sleeps).toContain('conflict with recovery');
        await client.end();
      }

      const after = await standby.pageWhere('both conflicts', (page) => countsOf(page)['all'] === 2);
      expect(countsOf(after)).toEqual({ ...none, all: 2, lock: 1, snapshot: 1 });
      const [counted] = await standby.server.sql(
        `SELECT pg_stat_get_db_conflict_all(oid), pg_stat_get_db_conflict_lock(oid), pg_stat_get_db_conflict_snapshot(oid)
           FROM pg_database WHERE datname = 'postgres'`,
      );
      expect(counted).toEqual(['2', '1', '1']);
      expect(countsOf(await primary.page())).toEqual(none);
    }));
});

describe('a standby whose network is dead without a word', () => {
  it('is called caught up for no longer than its upstream could be silent and alive', () =>
    inEach(all, async (pair) => {
      const { standby, network, primary } = pair;
      await expectConnected(pair);
      try {
        network.goSilent();
        await primary.server.sql(writeOne);
        await expectSilenceNoticed(standby);
        await expectSilenceNoticedAbove(pair);
        await standby.server.waitForSql('NOT EXISTS (SELECT FROM pg_stat_wal_receiver)');
        await expectLost(standby);
      } finally {
        network.speakAgain();
        network.cut();
      }
      await expectConnected(pair);
    }));
});

/** The server itself goes on to say "streaming"; the page is told from how long its receiver has heard nothing. */
async function expectSilenceNoticed(standby: ObservedServer): Promise<void> {
  const noticed = async (): Promise<boolean> => {
    const silentBefore = await standby.number(silence);
    const page = await standby.page();
    const silentAfter = await standby.number(silence);
    if (page.standby['streaming'] === 1) {
      expect(silentBefore).toBeLessThan(noticedSeconds);
      expect([page.standby, page.lagSeconds]).toEqual([connected, 0]);
      return false;
    }
    expect(silentAfter).toBeGreaterThan(noticedSeconds);
    expect(page.standby).toEqual(lost);
    expect(page.lagSeconds).toBeGreaterThan(noticedSeconds);
    return true;
  };
  await waitFor('the silence to be noticed', noticed, 2 * timeoutSeconds * 1_000);
}

/** The primary still has a sender, and the lag it once measured: that is no longer shown. */
async function expectSilenceNoticedAbove({ primary, standby }: Pair): Promise<void> {
  const labels = { application_name: 'standby' };
  const secondsOf = (page: Page): number | undefined => page.value('pg_replication_replay_lag_seconds', labels);
  await primary.pageWhere('a silent receiver', (now) => secondsOf(now) === undefined);
  const [page, distance] = await atRest(primary, async () => [
    await primary.page(),
    (await primary.number(`SELECT pg_current_wal_flush_lsn() - '0/0'`)) -
      (await standby.number(`SELECT pg_last_wal_replay_lsn() - '0/0'`)),
  ]);
  expect(page.value('pg_replication_sender_info', { ...labels, state: 'streaming' })).toBe(1);
  expect(page.value('pg_replication_replay_lag_bytes', labels)).toBe(distance);
  expect(secondsOf(page)).toBeUndefined();
  expect(distance).toBeGreaterThan(0);
}

async function waitForLog({ server }: ObservedServer, text: string): Promise<void> {
  await waitFor(`"${text}" in the log`, async () => (await server.log()).includes(text));
}

describe('a standby that cannot reach its primary', () => {
  it('is lost while the primary is killed, and finds back', () =>
    inEach(all, async (pair) => {
      await pair.primary.server.kill();
      await expectLost(pair.standby);
      await pair.primary.server.start();
      await expectConnected(pair);
    }));

  it('is lost while it knocks at the wrong door', () =>
    inEach(all, async (pair) => {
      await pair.standby.server.alterSystem({ primary_conninfo: 'host=127.0.0.1 port=1 user=nobody' });
      await expectLost(pair.standby);
      await pair.standby.server.alterSystem({ primary_conninfo: null });
      await expectConnected(pair);
    }));

  it('is lost while its slot is missing, although it connects again and again', () =>
    inEach(all, async (pair) => {
      await pair.standby.server.alterSystem({ primary_slot_name: 'gone' });
      await waitForLog(pair.standby, 'replication slot "gone" does not exist');
      await expectLost(pair.standby, 60);
      await pair.standby.server.alterSystem({ primary_slot_name: null });
      await expectConnected(pair);
    }));
});

describe('a standby that starts', () => {
  it('is a server that starts, not one that is away, until it accepts connections', () =>
    inEach(all, async (pair) => {
      const { standby } = pair;
      const gate = join(standby.server.cluster.directory, 'gate');
      await writeFile(gate, '');
      await standby.server.alterSystem({ restore_command: `while [ -e "${gate}" ]; do sleep 0.05; done; false` });
      await standby.server.stop();
      expect(failuresOf((await standby.anyPage()).families, 'facts')).toEqual({ unreachable: 1 });
      const starting = standby.server.start();
      let page = await standby.anyPage();
      const refuses = async (): Promise<boolean> => {
        page = await standby.anyPage();
        return failuresOf(page.families, 'facts')['starting'] === 1;
      };
      await waitFor('the server to say that it starts', refuses);
      expect(page.value('pg_up')).toBe(0);
      expect(page.families.has('pg_in_recovery')).toBe(false);
      await rm(gate);
      await starting;
      await standby.server.alterSystem({ restore_command: null });
      await expectConnected(pair);
    }));

  it('is lost when the WAL it needs is gone from the primary, although it connects again and again', () =>
    inEach(all, async ({ primary, standby }) => {
      await standby.server.stop();
      for (let count = 0; count < 5; count += 1) {
        await primary.server.sql(writeOne);
        await primary.server.sql('SELECT pg_switch_wal()');
      }
      await primary.server.sql('CHECKPOINT');
      await primary.server.sql('CHECKPOINT');
      await standby.server.start();
      await waitForLog(standby, 'has already been removed');
      await expectLost(standby, 60);
    }));
});
