import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Heartbeat } from '../../../src/core/facts.ts';
import { createHistory, type History } from '../../../src/core/history.ts';
import { heartbeatOf } from '../support/heartbeats.ts';

function beat(serverTimeSeconds: number, lsn: bigint | undefined, changes: Partial<Heartbeat> = {}): Heartbeat {
  return heartbeatOf({ serverTimeSeconds, lsn, ...changes });
}

function fill(
  history: History,
  heartbeats: readonly Heartbeat[],
  systemIdentifier: string | undefined = 'one',
): History {
  for (const heartbeat of heartbeats) history.add(heartbeat, systemIdentifier);
  return history;
}

function times(history: History): readonly number[] {
  return history.heartbeats().map(({ serverTimeSeconds }) => serverTimeSeconds);
}

describe('the WAL generated while walguard runs', () => {
  it('is nothing before and at the first sight of the server: a position is no amount', () => {
    const history = createHistory();
    expect(history.walBytes()).toBe(0n);
    fill(history, [beat(1, 5_000n)]);
    expect(history.walBytes()).toBe(0n);
  });

  it('is the forward moves, added up', () => {
    const history = fill(createHistory(), [beat(1, 100n), beat(2, 150n), beat(3, 150n), beat(4, 1_000n)]);
    expect(history.walBytes()).toBe(900n);
  });

  it('does not fall when the position goes back, and goes on from there', () => {
    const history = fill(createHistory(), [beat(1, 100n), beat(2, 200n), beat(3, 50n), beat(4, 60n)]);
    expect(history.walBytes()).toBe(110n);
  });

  it('does not grow by what a standby receives', () => {
    const standby = { inRecovery: true };
    const history = fill(createHistory(), [beat(1, 100n, standby), beat(2, 900n, standby)]);
    expect(history.walBytes()).toBe(0n);
  });

  it('grows after a promotion by what is written from then on, not by what was received before', () => {
    const history = fill(createHistory(), [beat(1, 100n, { inRecovery: true }), beat(2, 130n), beat(3, 170n)]);
    expect(history.walBytes()).toBe(40n);
  });

  it('does not count over a moment at which the position was not known', () => {
    const history = fill(createHistory(), [beat(1, 100n), beat(2, undefined), beat(3, 500n), beat(4, 510n)]);
    expect(history.walBytes()).toBe(10n);
  });

  it('does not count the way from one cluster to another', () => {
    const history = fill(createHistory(), [beat(1, 100n), beat(2, 150n)]);
    fill(history, [beat(3, 9_000n), beat(4, 9_001n)], 'other');
    expect(history.walBytes()).toBe(51n);
  });

  it('never falls, whatever happens', () => {
    const anyBeat = fc.record({
      serverTimeSeconds: fc.nat(100),
      lsn: fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined }),
      inRecovery: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyBeat, fc.constantFrom('one', 'other', undefined))), (beats) => {
        const history = createHistory(8);
        let before = 0n;
        for (const [heartbeat, identifier] of beats) {
          history.add(heartbeatOf(heartbeat), identifier);
          expect(history.walBytes() >= before).toBe(true);
          before = history.walBytes();
        }
      }),
    );
  });
});

describe('the history of a target', () => {
  it('is oldest first', () => {
    expect(times(fill(createHistory(), [beat(1, 1n), beat(2, 2n), beat(2, 2n), beat(3, 3n)]))).toEqual([1, 2, 2, 3]);
  });

  it('starts anew when another cluster answers', () => {
    const history = fill(createHistory(), [beat(1, 1n), beat(2, 2n)]);
    fill(history, [beat(3, 3n)], 'other');
    expect(times(history)).toEqual([3]);
  });

  it('starts anew when the clock of the server went back', () => {
    expect(times(fill(createHistory(), [beat(10, 1n), beat(11, 2n), beat(9.5, 3n), beat(10, 4n)]))).toEqual([9.5, 10]);
  });

  it('goes on through recovery and promotion', () => {
    const history = fill(createHistory(), [beat(1, 1n, { inRecovery: true }), beat(2, 2n, { timeline: 2 })]);
    expect(times(history)).toEqual([1, 2]);
  });

  it.each([
    [8, [0, 2, 4, 5, 6, 7, 8]],
    [5, [0, 2, 3, 4, 5]],
  ])('of %i drops every second heartbeat of the older half when it is full', (capacity, expected) => {
    const heartbeats = Array.from({ length: capacity + 1 }, (_, index) => beat(index, BigInt(index)));
    expect(times(fill(createHistory(capacity), heartbeats))).toEqual(expected);
  });

  it('keeps the WAL generated when it thins out', () => {
    const history = fill(
      createHistory(8),
      Array.from({ length: 100 }, (_, index) => beat(index, BigInt(index) * 10n)),
    );
    expect(history.walBytes()).toBe(990n);
  });

  it('never outgrows its capacity, and keeps the oldest, the newest and the order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 1, max: 400 }), (capacity, count) => {
        const history = fill(
          createHistory(capacity),
          Array.from({ length: count }, (_, index) => beat(index, 0n)),
        );
        const kept = times(history);
        expect(kept.length).toBeLessThanOrEqual(capacity);
        expect(kept.at(0)).toBe(0);
        expect(kept.at(-1)).toBe(count - 1);
        expect(kept).toEqual(kept.toSorted((a, b) => a - b));
      }),
    );
  });

  it('holds thousands of heartbeats unless told otherwise', () => {
    const history = fill(
      createHistory(),
      Array.from({ length: 4_096 }, (_, index) => beat(index, 0n)),
    );
    expect(history.heartbeats()).toHaveLength(4_096);
    fill(history, [beat(5_000, 0n)]);
    expect(history.heartbeats().length).toBeLessThan(4_096);
  });
});
