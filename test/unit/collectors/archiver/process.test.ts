import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_PROCESS, type ProcessMemory, rememberProcess } from '../../../../src/collectors/archiver/process.ts';
import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';
import { readingOf, statesOf } from './readings.ts';

/** A look at the server this many seconds before 10000; by default the process is there since long, and archived long ago. */
function ago(seconds: number, changes: Partial<ArchiverReading> = {}): Partial<ArchiverReading> {
  return { serverTime: 10_000 - seconds, lastArchivedTime: 9_000, ...changes };
}

function missing(...secondsAgo: readonly number[]): readonly Partial<ArchiverReading>[] {
  return secondsAgo.map((seconds) => ago(seconds, { processes: 0, processStart: undefined }));
}

function isDownAfter(looks: readonly Partial<ArchiverReading>[]): boolean {
  return statesOf(looks).at(-1) === 'down';
}

describe('an archiver is down', () => {
  it.each([
    ['seen in none of two samples', missing(10, 0)],
    ['seen in none of the samples of the last 15 seconds', missing(15, 10, 5, 0)],
    ['seen before the last 15 seconds only', [ago(16), ...missing(14, 0)]],
    ['seen in neither of the last two samples, though they are minutes apart', missing(300, 0)],
    ['seen before the last two samples, which are minutes apart', [ago(1_000), ...missing(300, 0)]],
    ['missing when it was looked for often', [ago(15.5), ...missing(14, 12, 10, 8, 6, 4, 2, 0)]],
  ])('when it was %s', (_what, looks) => {
    expect(isDownAfter(looks)).toBe(true);
  });

  it.each([
    ['not looked for', [ago(0, { processes: undefined })]],
    ['missing in the only sample', missing(0)],
    ['there', [...missing(10), ago(0)]],
    ['there within the last 15 seconds, for it may be between two lives', [ago(14), ...missing(7, 0)]],
    ['missing in two samples at once, as two Prometheus take them', [ago(30), ...missing(0.2, 0)]],
    ['missing in two samples at once after a long pause', [ago(3_600), ...missing(9, 0)]],
    ['there 15 seconds ago', [ago(15), ...missing(7, 0)]],
    ['there in the last sample but one, though that is long ago', [...missing(400), ago(300), ...missing(0)]],
    [
      'replaced by one that has nothing to do yet, as after a change of archive_library',
      [ago(30), ...missing(24, 22, 20, 18, 16), ago(14, { processStart: 9_985 }), ...missing(12, 10)],
    ],
  ])('but not when it was %s', (_what, looks) => {
    expect(isDownAfter(looks)).toBe(false);
  });
});

describe('an archiver that is down', () => {
  const down = missing(40, 20);

  it('stays down where two Prometheus look at once, each every minute', () => {
    const states = statesOf([ago(300), ...missing(240, 239.8, 180, 179.8, 120, 119.8, 60, 59.8)]);
    expect(states).toEqual(['ok', 'ok', 'ok', ...Array.from({ length: 6 }, () => 'down')]);
  });

  it.each([
    ['that just started', { processStart: 9_999 }, 'down'],
    ['that lives longer than one that dies of each attempt', { processStart: 9_990 }, 'ok'],
    ['that has archived something', { processStart: 9_999, lastArchivedTime: 9_999.5 }, 'ok'],
  ])('is with a process %s seen as it is', (_what, changes, expected) => {
    expect(statesOf([...down, ago(0, changes)]).at(-1)).toBe(expected);
  });

  it('stays down at every scrape that hits a new life of it', () => {
    const hits = [15, 10, 5, 0].map((seconds) => ago(seconds, { processStart: 9_999 - seconds }));
    expect(new Set(statesOf([...down, ...hits]).slice(2))).toEqual(new Set(['down']));
  });

  it('is noticed though every scrape finds another process that has archived nothing', () => {
    const hits = [60, 45, 30, 15, 0].map((seconds) => ago(seconds, { processStart: 9_999 - seconds }));
    expect(statesOf([ago(75), ...hits])).toEqual(['ok', 'ok', 'ok', 'down', 'down', 'down']);
  });
});

describe.each([1, 15, 60])('scraped every %i seconds', (everySeconds) => {
  const offsetMs = fc.integer({ min: 0, max: everySeconds * 1_000 });

  /** The archiver works until 10000, then dies that long after each start, and is started again at that pace. */
  function looksAtOneThatDies(lifeMs: number, paceMs: number, fromMs: number): readonly Partial<ArchiverReading>[] {
    return Array.from({ length: 60 }, (_, index) => {
      const atMs = fromMs + index * everySeconds * 1_000;
      const intoMs = atMs % paceMs;
      const there = intoMs < lifeMs;
      return {
        serverTime: 10_000 + atMs / 1_000,
        lastArchivedTime: 9_999,
        processes: there ? 1 : 0,
        processStart: there ? 10_000 + (atMs - intoMs) / 1_000 : undefined,
      };
    });
  }

  it('an archiver that dies within 9 seconds of each start is found down, and stays down', () => {
    const lifeMs = fc.integer({ min: 1, max: 9_000 });
    const paceMs = fc.integer({ min: 10_001, max: 12_000 });
    fc.assert(
      fc.property(lifeMs, paceMs, offsetMs, (life, pace, from) => {
        const looks = looksAtOneThatDies(life, pace, from);
        const states = statesOf([{ serverTime: 9_999.9, lastArchivedTime: 9_999 }, ...looks], 1_000_000);
        const firstDown = states.indexOf('down');
        // Two lives to tell one that dies from one that was started anew, then 15 s without a sighting that counts.
        const withinSeconds = (2 * pace) / 1_000 + 15 + 4 * everySeconds;
        expect(firstDown).toBeGreaterThan(0);
        expect((looks[firstDown - 1]?.serverTime ?? Infinity) - 10_000).toBeLessThanOrEqual(withinSeconds);
        expect(new Set(states.slice(firstDown))).toEqual(new Set(['down']));
      }),
    );
  });

  it('an archiver that is started again once, within 12 seconds, is never down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12_000 }), offsetMs, (gapMs, from) => {
        const started = 10_000 + gapMs / 1_000;
        const looks = Array.from({ length: 100 }, (_, index) => {
          const serverTime = 9_950 + from / 1_000 + index * everySeconds;
          if (serverTime < 10_000) return { serverTime };
          const there = serverTime >= started;
          return { serverTime, processes: there ? 1 : 0, processStart: there ? started : undefined };
        });
        expect(statesOf(looks)).not.toContain('down');
      }),
    );
  });
});

describe('what is kept of the sightings', () => {
  const timesAfter = (...times: readonly number[]): readonly number[] => {
    let memory: ProcessMemory = NO_PROCESS;
    for (const serverTime of times) memory = rememberProcess(memory, readingOf({ serverTime }));
    return memory.sightings.map(({ serverTime }) => serverTime);
  };

  it.each([
    [[], []],
    [[1], [1]],
    [
      [1, 100],
      [1, 100],
    ],
    [
      [1, 2, 100],
      [2, 100],
    ],
    [
      [80, 84, 85, 90, 100],
      [85, 90, 100],
    ],
    [
      [99, 99.5, 100],
      [99, 99.5, 100],
    ],
    [[100, 50], [50]],
  ])('at %j is what the next sample may need: %j', (times, expected) => {
    expect(timesAfter(...times)).toEqual(expected);
  });
});
