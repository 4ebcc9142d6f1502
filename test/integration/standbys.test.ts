import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { delaySeconds, startTopology, type Topology } from '../support/standby-topology.ts';
import {
  atRest,
  disposeAll,
  inEach,
  type ObservedServer,
  type Page,
  position,
  startEach,
  waitForReplay,
  synchronousSenders,
} from '../support/standbys.ts';
import { startWalClient } from '../support/wal-client.ts';

const flushed = `SELECT pg_current_wal_flush_lsn() - '0/0'`;
const replayed = `SELECT pg_last_wal_replay_lsn() - '0/0'`;
const received = `SELECT pg_last_wal_receive_lsn() - '0/0'`;
const lastCommit = 'SELECT extract(epoch FROM pg_last_xact_replay_timestamp())';
const ageOfCommit = 'SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())';

const streams = { recovery: 1, timeline: 1, expected: 1, streaming: 1, paused: 0, bytes: 0 };
const ofA = { application_name: 'a' };
const ofB = { application_name: 'b' };
const writeOne = 'INSERT INTO written VALUES (1)';
const writeMany = `INSERT INTO written SELECT n, repeat('x', 200) FROM generate_series(1, 500) n`;

let all: readonly Topology[] = [];
beforeAll(async () => {
  all = await startEach([13, 18], startTopology);
});
afterAll(() => disposeAll(all));

/** The page tells the age of the commit replayed last, as the server's own clock has it before and after. */
async function expectAgeOfCommit(standby: ObservedServer): Promise<number> {
  const commit = await standby.number(lastCommit);
  const before = await standby.number(ageOfCommit);
  const lag = (await standby.page()).lagSeconds;
  const after = await standby.number(ageOfCommit);
  if ((await standby.number(lastCommit)) !== commit) return await expectAgeOfCommit(standby);
  expect(lag).toBeGreaterThanOrEqual(before);
  expect(lag).toBeLessThanOrEqual(after);
  return lag ?? Number.NaN;
}

describe('standbys while all is well', () => {
  it('are behind by nothing when all is replayed, for as long as the primary rests', () =>
    inEach(all, async ({ primary, a, b }) => {
      await primary.server.sql(writeOne);
      await waitForReplay(primary.server, a.server);
      await waitForReplay(a.server, b.server);
      let seen = 0;
      const restsLong = async (): Promise<boolean> => {
        const lsn = await primary.number(flushed);
        const still = (await a.number(replayed)) === lsn && (await b.number(replayed)) === lsn;
        const pages = [await a.page(), await b.page()];
        // What the server writes by itself may be on its way just now.
        if (!still || (await primary.number(flushed)) !== lsn) return false;
        seen += 1;
        for (const page of pages) {
          expect(page.standby).toEqual(streams);
          expect(page.lagSeconds).toBe(0);
          expect(page.value('pg_wal_lsn_bytes')).toBe(lsn);
        }
        // Longer than a receiver is silent that has its upstream asked for a sign of life.
        return seen > 2 && (await a.number(ageOfCommit)) > 8;
      };
      await waitFor('the primary to have rested for long', restsLong, 40_000);
      expect((await a.page()).value('pg_replication_last_replay_seconds')).toBeGreaterThan(8);
    }));

  it('are behind under load by what the positions say, on both sides', () =>
    inEach(all, async ({ primary, a }) => {
      const behind = `SELECT pg_current_wal_lsn() - replay_lsn FROM pg_stat_replication WHERE application_name = 'a'`;
      const loads = Promise.all([1, 2].map(() => load(primary)));
      for (let count = 0; count < 10; count += 1) {
        const [lsnBefore, replayBefore] = [await primary.number(flushed), await a.number(replayed)];
        const [ofPrimary, ofStandby] = [await primary.page(), await a.page()];
        const [lsnAfter, replayAfter] = [await primary.number(flushed), await a.number(replayed)];
        expect(ofPrimary.value('pg_wal_lsn_bytes')).toBeGreaterThanOrEqual(lsnBefore);
        const most = lsnAfter - replayBefore + 100_000;
        for (const step of ['sent', 'write', 'flush', 'replay']) {
          const lag = ofPrimary.value(`pg_replication_${step}_lag_bytes`, ofA);
          expect(lag).toBeGreaterThanOrEqual(Math.max(0, step === 'replay' ? lsnBefore - replayAfter : 0));
          expect(lag).toBeLessThanOrEqual(most);
        }
        expect(ofStandby.standby['streaming']).toBe(1);
        expect(ofStandby.standby['bytes']).toBeLessThanOrEqual(most);
        expect(ofStandby.lagSeconds).toBeLessThan(60);
      }
      await loads;
      await waitForReplay(primary.server, a.server);
      expect(
        await primary.pageWhere('no lag', (page) => page.value('pg_replication_replay_lag_bytes', ofA) === 0),
      ).toBeDefined();
      expect(await primary.number(behind)).toBe(0);
    }));

  it('that are paused fall behind in bytes and seconds, and their upstream says so too', () =>
    inEach(all, async ({ primary, a }) => {
      await primary.server.sql(writeMany);
      await waitForReplay(primary.server, a.server);
      await a.server.sql('SELECT pg_wal_replay_pause()');
      expect((await a.page()).standby['paused']).toBe(1);
      await primary.server.sql(writeMany);
      await a.server.waitForSql(`pg_last_wal_receive_lsn() >= '${await position(primary)}'`);
      const first = await expectAgeOfCommit(a);
      const replayLag = (page: Page): number => page.value('pg_replication_replay_lag_seconds', ofA) ?? 0;
      await primary.pageWhere('a lag that grows', (page) => replayLag(page) > 1);
      const [ofPrimary, ofStandby, distance] = await atRest(
        primary,
        async () => [
          await primary.page(),
          await a.page(),
          (await primary.number(flushed)) - (await a.number(replayed)),
        ],
        [a],
      );
      expect(distance).toBeGreaterThan(100_000);
      expect(ofStandby.standby).toEqual({ ...streams, paused: 1, bytes: distance });
      expect(replayLag(ofPrimary)).toBeGreaterThan(1);
      expect(ofPrimary.value('pg_replication_replay_lag_bytes', ofA)).toBe(distance);
      expect(ofPrimary.value('pg_stat_replication_pg_wal_lsn_diff', ofA)).toBe(distance);
      expect(ofPrimary.value('pg_replication_flush_lag_bytes', ofA)).toBe(0);
      expect(ofPrimary.value('pg_replication_flush_lag_seconds', ofA)).toBe(0);
      expect(await expectAgeOfCommit(a)).toBeGreaterThan(first);
      await a.server.sql('SELECT pg_wal_replay_resume()');
      const after = await a.pageWhere('no lag', ({ lagSeconds }) => lagSeconds === 0);
      expect(after.standby).toEqual(streams);
    }));

  it('in a cascade are measured against their direct upstream, by what that has received', () =>
    inEach(all, async ({ primary, a, b }) => {
      await a.server.sql('SELECT pg_wal_replay_pause()');
      await primary.server.sql(writeMany);
      await waitForReplay(primary.server, b.server);
      // `b` has replayed what `a` only keeps.
      const [upstream, downstream, kept] = await atRest(
        primary,
        async () => [
          await a.pageWhere('all of b', (page) => page.value('pg_replication_replay_lag_bytes', ofB) === 0),
          await b.page(),
          await a.number(received),
        ],
        [a, b],
      );
      expect(upstream.standby['bytes']).toBeGreaterThan(100_000);
      expect(upstream.value('pg_stat_replication_pg_current_wal_lsn_bytes', ofB)).toBe(kept);
      expect(downstream.standby).toEqual(streams);
      expect(downstream.lagSeconds).toBe(0);

      await a.server.sql('SELECT pg_wal_replay_resume()');
      await b.server.sql('SELECT pg_wal_replay_pause()');
      await primary.server.sql(writeMany);
      await waitForReplay(primary.server, a.server);
      await b.server.waitForSql(`pg_last_wal_receive_lsn() >= '${await position(primary)}'`);
      const [above, held, distance] = await atRest(
        primary,
        async () => [await a.page(), await b.page(), (await a.number(received)) - (await b.number(replayed))],
        [a, b],
      );
      expect(distance).toBeGreaterThan(100_000);
      expect(above.standby).toEqual(streams);
      expect(above.value('pg_replication_replay_lag_bytes', ofB)).toBe(distance);
      expect(held.standby).toEqual({ ...streams, paused: 1, bytes: distance });
      await expectAgeOfCommit(b);
      expect((await primary.page()).value('pg_replication_replay_lag_bytes', ofB)).toBeUndefined();
      await b.server.sql('SELECT pg_wal_replay_resume()');
      await b.pageWhere('no lag', ({ lagSeconds }) => lagSeconds === 0);
    }));
});

describe('a standby that applies late', () => {
  it('is behind by at least its delay while a commit waits, and by nothing when none does', () =>
    inEach(all, async ({ primary, delayed }) => {
      await delayed.pageWhere('no lag', ({ lagSeconds }) => lagSeconds === 0);
      let before = 0;
      // All is replayed but the commit itself.
      const commitWaits = async (): Promise<boolean> => {
        before = await delayed.number(replayed);
        const distance = (await delayed.number(received)) - before;
        const { standby } = await delayed.page();
        if (distance === 0) await primary.server.sql(writeOne);
        const stood =
          before === (await delayed.number(replayed)) && distance === (await delayed.number(received)) - before;
        if (distance === 0 || !stood) return false;
        expect(standby).toEqual({ ...streams, bytes: distance });
        return true;
      };
      await waitFor('a commit that waits', commitWaits);
      await expectAgeOfCommit(delayed);

      // One commit after the other: what is replayed now was written the delay ago.
      const writeOn = async (): Promise<boolean> => {
        await primary.server.sql(writeOne);
        return (await delayed.number(replayed)) > before;
      };
      await waitFor('the first commit to be applied', writeOn, 20_000);
      const late = await delayed.page();
      expect(late.lagSeconds).toBeGreaterThanOrEqual(delaySeconds);
      expect(late.standby['bytes']).toBeGreaterThan(0);
      const after = await delayed.pageWhere('no lag', ({ lagSeconds }) => lagSeconds === 0);
      expect(after.standby).toEqual(streams);
    }));

  it('tells a pause that is asked for and not reached yet as one', () =>
    inEach(all, async ({ major, primary, delayed }) => {
      await primary.server.sql(writeOne);
      await delayed.server.waitForSql(`pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()`);
      await delayed.server.sql('SELECT pg_wal_replay_pause()');
      const page = await delayed.page();
      if (major >= 14) {
        const [[state] = []] = await delayed.server.sql('SELECT pg_get_wal_replay_pause_state()');
        expect(['pause requested', 'paused']).toContain(state);
      }
      expect(page.standby['paused']).toBe(1);
      await delayed.server.sql('SELECT pg_wal_replay_resume()');
      expect((await delayed.page()).standby['paused']).toBe(0);
    }));
});

describe('a standby fed by the archive', () => {
  it('is not connected and should not be: its lag is the age of the commit it replayed last, in bytes it has none', () =>
    inEach(all, async ({ primary, fed }) => {
      await primary.server.sql(writeOne);
      await primary.server.sql('SELECT pg_switch_wal()');
      await waitForReplay(primary.server, fed.server);
      expect((await fed.page()).standby).toEqual({ ...streams, expected: 0, streaming: 0, bytes: undefined });
      const lag = await expectAgeOfCommit(fed);
      expect(await expectAgeOfCommit(fed)).toBeGreaterThan(lag);
      expect(lag).toBeGreaterThan(0);
      expect((await primary.page()).families.get('pg_replication_sender_info')?.samples).toHaveLength(2);
    }));
});

describe('receivers of WAL that are no standbys', () => {
  it('have no lag of what they never do, and of equal ones the worst counts', () =>
    inEach(all, async ({ primary }) => {
      const early = await position(primary);
      await primary.server.sql(writeMany);
      const late = await position(primary);
      await using _one = await startWalClient(primary.server, { name: 'twin', confirmed: early });
      await using _other = await startWalClient(primary.server, { name: 'twin', confirmed: late });
      await using _syncing = await startWalClient(primary.server, { name: 'flushing', confirmed: late, flushes: true });
      const twins = { application_name: 'twin', client_addr: '', slot_name: '' };
      const flushing = { application_name: 'flushing' };
      const confirmed = (page: Page): boolean =>
        page.value('pg_replication_replay_lag_bytes', ofA) === 0 &&
        page.value('pg_replication_write_lag_bytes', flushing) !== undefined &&
        (page.value('pg_replication_write_lag_bytes', twins) ?? 0) > 100_000;
      const [page, fromEarly, fromLate] = await atRest(primary, async () => [
        await primary.pageWhere('what all have confirmed', confirmed),
        await primary.number(`SELECT pg_current_wal_flush_lsn() - '${early}'::pg_lsn`),
        await primary.number(`SELECT pg_current_wal_flush_lsn() - '${late}'::pg_lsn`),
      ]);
      expect(page.value('pg_replication_write_lag_bytes', twins)).toBe(fromEarly);
      expect(page.value('pg_replication_flush_lag_bytes', flushing)).toBe(fromLate);
      for (const name of ['flush_lag_bytes', 'replay_lag_bytes', 'flush_lag_seconds', 'replay_lag_seconds']) {
        expect([name, page.value(`pg_replication_${name}`, twins)]).toEqual([name, undefined]);
      }
      expect(page.value('pg_stat_replication_pg_wal_lsn_diff', twins)).toBeUndefined();
      expect(page.value('pg_replication_replay_lag_bytes', flushing)).toBeUndefined();
      expect(page.value('pg_replication_replay_lag_bytes', ofA)).toBe(0);
    }));

  it('of a logical slot have its name', () =>
    inEach(all, async ({ primary }) => {
      await primary.server.sql('CREATE PUBLICATION none');
      await primary.server.sql(`SELECT pg_create_logical_replication_slot('changes', 'pgoutput')`);
      const confirmed = await position(primary);
      const client = { name: 'a', logicalSlot: 'changes', confirmed, flushes: true };
      {
        await using _subscriber = await startWalClient(primary.server, client);
        await primary.server.sql(writeMany);
        const labels = { application_name: 'a', slot_name: 'changes' };
        const known = (page: Page): boolean =>
          page.value('pg_replication_flush_lag_bytes', labels) !== undefined &&
          page.value('pg_replication_flush_lag_bytes', { ...ofA, slot_name: '' }) === 0;
        const [page, distance] = await atRest(primary, async () => [
          await primary.pageWhere('the slot', known),
          await primary.number(`SELECT pg_current_wal_flush_lsn() - '${confirmed}'::pg_lsn`),
        ]);
        expect(page.value('pg_replication_flush_lag_bytes', labels)).toBe(distance);
        expect(page.value('pg_replication_sender_info', labels)).toBe(1);
        expect(page.value('pg_replication_flush_lag_bytes', { ...ofA, slot_name: '' })).toBe(0);
      }
      const gone = `NOT EXISTS (SELECT FROM pg_replication_slots WHERE active)`;
      await primary.server.waitForSql(gone);
      await primary.server.sql(`SELECT pg_drop_replication_slot('changes')`);
    }));
});

/** `a` and `delayed` stream from the primary, and a client named `quoted "name"` that flushes. */
const synchronous = [
  ['', 0, 0],
  ['FIRST 1 (a, delayed)', 1, 2],
  ['any 2 (a, delayed, gone)', 2, 2],
  ['2(a, gone)', 2, 1],
  ['  First\t3 (*) ', 3, 3],
  ['a', 1, 1],
  ['gone, A', 1, 1],
  ['gone', 1, 0],
  ['*', 1, 3],
  ['"quoted ""name""", gone', 1, 1],
  ['"2 (a, delayed)"', 1, 0],
  ['ANY 1 ("2 (", a)', 1, 1],
] as const;

describe('synchronous standbys', () => {
  it('are those the server has for synchronous by its setting, in every way to write it', () =>
    inEach(all, async ({ primary }) => {
      const confirmed = await position(primary);
      await using _named = await startWalClient(primary.server, { name: 'quoted "name"', confirmed, flushes: true });
      // One that never flushes cannot confirm a commit.
      await using _unfit = await startWalClient(primary.server, { name: 'a', confirmed });
      for (const [names, required, streaming] of synchronous) {
        await primary.server.alterSystem({ synchronous_standby_names: names });
        const counts = (now: Page): readonly unknown[] =>
          [now.value('pg_sync_standbys_required'), now.value('pg_sync_standbys_streaming')].concat(
            synchronousSenders(now).length,
          );
        const wanted = [required, streaming, streaming];
        const page = await primary.pageWhere(`${names} heard of`, (now) => counts(now).join() === wanted.join());
        expect(counts(page)).toEqual(wanted);
      }
      await primary.server.alterSystem({ synchronous_standby_names: null });
    }));
});

describe('standbys whose primary is gone', () => {
  it('are not connected: their lag grows, in bytes it is not known, below them all is well', () =>
    inEach(all, async ({ primary, a, b, delayed }) => {
      await waitForReplay(primary.server, b.server);
      await primary.server.stop();
      await delayed.server.waitForSql('pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn()');
      for (const lost of [a, delayed]) {
        const page = await lost.pageWhere('no receiver', ({ standby }) => standby['streaming'] === 0);
        expect(page.standby).toEqual({ ...streams, streaming: 0, bytes: undefined });
        const lag = await expectAgeOfCommit(lost);
        expect(lag).toBeGreaterThan(0);
        expect(await expectAgeOfCommit(lost)).toBeGreaterThan(lag);
      }
      await waitForReplay(a.server, b.server);
      const below = await b.page();
      expect(below.standby).toEqual(streams);
      expect(below.lagSeconds).toBe(0);
      expect((await primary.anyPage()).value('pg_up')).toBe(0);
    }));

  it('have the new timeline in the next page after a promotion, while control files tell the old one', () =>
    inEach(all, async ({ a, b, delayed, fed }) => {
      expect((await a.page()).value('pg_wal_bytes_total')).toBeUndefined();
      await a.server.promote();
      const promoted = await a.page();
      const ofStandbys = /^pg_(replica_|wal_receiver_|wal_replay_|replication_last_replay)/;
      expect(promoted.standby).toEqual({ recovery: 0, timeline: 2 });
      expect([...promoted.families.keys()].filter((name) => ofStandbys.test(name))).toEqual([]);
      expect(promoted.value('pg_replication_lag_seconds')).toBe(0);
      expect(promoted.value('pg_wal_bytes_total')).toBe(0);

      const before = (await a.page()).value('pg_wal_bytes_total') ?? Number.NaN;
      const lsnBefore = await a.number(flushed);
      await a.server.sql(writeMany);
      const grown = (await a.number(flushed)) - lsnBefore;
      const after = await a.page();
      expect(after.value('pg_wal_bytes_total')).toBeGreaterThanOrEqual(grown);
      expect(after.value('pg_wal_bytes_total')).toBeGreaterThan(before);

      await a.server.sql('SELECT pg_switch_wal()');
      for (const follower of [b, fed]) await waitForReplay(a.server, follower.server);
      expect(
        (await b.pageWhere('the new timeline', ({ standby }) => standby['timeline'] === 2 && standby['bytes'] === 0))
          .standby,
      ).toEqual({
        ...streams,
        timeline: 2,
      });
      expect((await fed.page()).standby).toEqual({
        ...streams,
        timeline: 2,
        expected: 0,
        streaming: 0,
        bytes: undefined,
      });
      expect((await delayed.page()).standby['timeline']).toBe(1);
      const controlFile = 'SELECT timeline_id FROM pg_control_checkpoint()';
      expect([await b.number(controlFile), await fed.number(controlFile)]).toEqual([1, 1]);

      await a.server.stop();
      const alone = await b.pageWhere('no receiver', ({ standby }) => standby['streaming'] === 0);
      expect(alone.standby).toEqual({ ...streams, timeline: 2, streaming: 0, bytes: undefined });
    }));
});

async function load(primary: ObservedServer): Promise<void> {
  for (let count = 0; count < 20; count += 1) await primary.server.sql(writeMany);
}
