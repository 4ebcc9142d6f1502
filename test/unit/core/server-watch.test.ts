import { describe, expect, it } from 'vitest';

import { createServerWatch, type ServerSighting, type ServerWatch } from '../../../src/core/server-watch.ts';
import { factsOf } from '../support/facts.ts';

const sighting: ServerSighting = {
  timeSeconds: 10_002.5,
  systemIdentifier: '7443210987654321098',
  inRecovery: false,
  segmentBytes: 16 * 1024 * 1024,
  lsn: 0x800_0100n,
  archivingExpected: true,
  archiverState: 'ok',
  archivedEnd: 0x800_0000n,
  lastArchivedFile: '000000010000000000000007',
  lastArchivedTimeSeconds: 9_990,
  lastArchivedClosedSeconds: 9_989,
  readySegments: 0,
  oldestReadyTimeSeconds: undefined,
  receivers: [],
};

interface Clock {
  wallSeconds: number;
  steadyMs: number;
}

function watchOf(clock: Clock): ServerWatch {
  return createServerWatch({ wallSeconds: () => clock.wallSeconds, steadyMs: () => clock.steadyMs });
}

describe('what is seen of a server', () => {
  it('is told once a scrape ended well, with the clock skew of the moment of the answer', () => {
    const clock = { wallSeconds: 10_000, steadyMs: 5_000 };
    const watch = watchOf(clock);
    watch.saw(sighting);
    expect(watch.view()).toBeUndefined();

    clock.wallSeconds += 3;
    watch.settle(factsOf({ timeline: 4 }));
    expect(watch.view()).toEqual({
      ...sighting,
      timeline: 4,
      clockSkewSeconds: 2.5,
      walUntilFullSeconds: undefined,
      walRetainedBytes: new Map(),
    });
  });

  it('stays as it was while no scrape ends well, and is as old as its own time says', () => {
    const clock = { wallSeconds: 10_000, steadyMs: 5_000 };
    const watch = watchOf(clock);
    watch.saw(sighting);
    watch.settle(factsOf({}));

    clock.wallSeconds += 86_400;
    clock.steadyMs += 86_400_000;
    watch.saw({ ...sighting, timeSeconds: 96_402 });
    expect(watch.view()).toMatchObject({ timeSeconds: 10_002.5, clockSkewSeconds: 2.5 });
    watch.settle(factsOf({}));
    expect(watch.view()).toMatchObject({ timeSeconds: 96_402, clockSkewSeconds: 2 });
  });

  it('is dropped when another server answers, with what held WAL back there', () => {
    const watch = watchOf({ wallSeconds: 10_000, steadyMs: 5_000 });
    watch.saw(sighting);
    watch.sawUntilFull(60);
    watch.sawRetained(new Map([['slot', 7n]]));
    watch.settle(factsOf({}));
    expect(watch.view()).toMatchObject({ walUntilFullSeconds: 60, walRetainedBytes: new Map([['slot', 7n]]) });

    watch.settle(factsOf({ systemIdentifier: '7443210987654321099' }));
    expect(watch.view()).toBeUndefined();
    watch.saw({ ...sighting, systemIdentifier: '7443210987654321099' });
    watch.settle(factsOf({ systemIdentifier: '7443210987654321099' }));
    expect(watch.view()).toMatchObject({
      systemIdentifier: '7443210987654321099',
      walUntilFullSeconds: undefined,
      walRetainedBytes: new Map(),
    });
  });

  it.each([
    ['the other role', { inRecovery: true }],
    ['other segments', { walSegmentBytes: 1024 * 1024 }],
  ])('is dropped when it was read for %s', (_what, changes) => {
    const watch = watchOf({ wallSeconds: 10_000, steadyMs: 5_000 });
    watch.saw(sighting);
    watch.settle(factsOf(changes));
    expect(watch.view()).toBeUndefined();
  });

  it('holds for a server that hides its identifier', () => {
    const watch = watchOf({ wallSeconds: 10_000, steadyMs: 5_000 });
    watch.saw({ ...sighting, systemIdentifier: undefined });
    watch.settle(factsOf({ systemIdentifier: undefined }));
    watch.settle(factsOf({ systemIdentifier: undefined }));
    expect(watch.view()?.systemIdentifier).toBeUndefined();
    expect(watch.view()?.lsn).toBe(sighting.lsn);
  });

  it('says nothing of how the WAL directory fills after five minutes', () => {
    const clock = { wallSeconds: 10_000, steadyMs: 5_000 };
    const watch = watchOf(clock);
    watch.saw(sighting);
    watch.sawUntilFull(60);
    watch.sawRetained(new Map([['slot', 7n]]));
    watch.settle(factsOf({}));

    clock.steadyMs += 300_000;
    expect(watch.view()).toMatchObject({ walUntilFullSeconds: 60, walRetainedBytes: new Map([['slot', 7n]]) });
    clock.steadyMs += 1;
    expect(watch.view()).toMatchObject({ walUntilFullSeconds: undefined, walRetainedBytes: new Map() });
  });

  it('has an age by a clock that does not go back, without end for what was never seen', () => {
    const clock = { wallSeconds: 10_000, steadyMs: 5_000 };
    const watch = watchOf(clock);
    expect(watch.ages()).toEqual({ serverMs: Infinity, walMs: Infinity });
    watch.saw(sighting);
    watch.sawUntilFull(undefined);
    clock.wallSeconds -= 3_600;
    clock.steadyMs += 250;
    expect(watch.ages()).toEqual({ serverMs: 250, walMs: 250 });
  });
});
