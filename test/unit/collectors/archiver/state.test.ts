import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';
import {
  ARCHIVER_STATES,
  archiverState,
  type ArchiverState,
  type ProcessSighting,
  recentSightings,
} from '../../../../src/collectors/archiver/state.ts';
import { readingOf } from './readings.ts';

const stalledAfter = 120;

function stateOf(changes: Partial<ArchiverReading>, sightings: readonly ProcessSighting[] = []): ArchiverState {
  return archiverState(readingOf(changes), sightings, stalledAfter);
}

/** Sightings at these seconds before the present moment, oldest first. */
function absentAt(...secondsAgo: readonly number[]): readonly ProcessSighting[] {
  return secondsAgo.map((ago) => ({ serverTime: 10_000 - ago, seen: false }));
}

/** What brings about each state on a server where archiving works, the first that holds of the list first. */
const causes = {
  disabled: { reading: { mode: 'off' }, sightings: [] },
  standby: { reading: { inRecovery: true }, sightings: [] },
  not_configured: { reading: { configured: false }, sightings: [] },
  down: { reading: { processes: 0 }, sightings: absentAt(10, 0) },
  hung: { reading: { inCommand: true, oldestReadyTime: 9_000, lastArchivedTime: 9_000 }, sightings: [] },
  failing: { reading: { lastFailedTime: 9_500, lastArchivedTime: 9_400 }, sightings: [] },
  stalled: { reading: { oldestReadyTime: 9_000, lastArchivedTime: 9_000 }, sightings: [] },
  lagging: { reading: { oldestReadyTime: 9_000 }, sightings: [] },
  ok: { reading: {}, sightings: [] },
} as const satisfies Readonly<
  Record<
    Exclude<ArchiverState, 'losing'>,
    { readonly reading: Partial<ArchiverReading>; readonly sightings: readonly ProcessSighting[] }
  >
>;

const seenStates = ARCHIVER_STATES.filter((state) => state !== 'losing');

describe('the state of the archiver', () => {
  it.each(seenStates)('is %s for its cause', (state) => {
    expect(stateOf(causes[state].reading, causes[state].sightings)).toBe(state);
  });

  const orderedPairs = seenStates.flatMap((state, index) =>
    seenStates.slice(index + 1).map((later) => [state, later] as const),
  );

  it.each(orderedPairs)('is %s also where the cause of %s holds', (state, later) => {
    const reading = { ...causes[later].reading, ...causes[state].reading };
    const sightings = causes[state].sightings.length > 0 ? causes[state].sightings : causes[later].sightings;
    expect(stateOf(reading, sightings)).toBe(state);
  });

  it.each([
    ['on', false, 'ok'],
    ['on', true, 'standby'],
    ['always', false, 'ok'],
    ['always', true, 'ok'],
    ['off', false, 'disabled'],
    ['off', true, 'disabled'],
  ])('with archive_mode %s and recovery %s is %s', (mode, inRecovery, expected) => {
    expect(stateOf({ mode, inRecovery })).toBe(expected);
  });

  it('is never losing without a look into the archive', () => {
    const anyTime = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });
    const anyReading = fc.record({
      mode: fc.constantFrom('on', 'off', 'always'),
      inRecovery: fc.boolean(),
      configured: fc.boolean(),
      inCommand: fc.boolean(),
      lastArchivedTime: anyTime,
      lastFailedTime: anyTime,
      oldestReadyTime: anyTime,
    });
    fc.assert(
      fc.property(anyReading, fc.array(fc.nat(60)), (reading, ago) => {
        expect(seenStates).toContain(stateOf(reading, absentAt(...ago)));
      }),
    );
  });
});

describe('an archiver is down', () => {
  it.each([
    ['seen in none of two samples', absentAt(10, 0)],
    ['seen in none of the samples of the last 15 seconds', absentAt(15, 10, 5, 0)],
    ['seen before the last 15 seconds only', [{ serverTime: 9_984, seen: true }, ...absentAt(14, 0)]],
    ['seen in neither of the last two samples, though they are minutes apart', absentAt(300, 0)],
    [
      'seen before the last two samples, which are minutes apart',
      [{ serverTime: 9_000, seen: true }, ...absentAt(300, 0)],
    ],
  ])('when it was %s', (_what, sightings) => {
    expect(stateOf({}, sightings)).toBe('down');
  });

  it.each([
    ['not looked for', []],
    ['missing in the only sample', absentAt(0)],
    ['there', [...absentAt(10), { serverTime: 10_000, seen: true }]],
    [
      'there within the last 15 seconds, for it may be between two lives',
      [{ serverTime: 9_986, seen: true }, ...absentAt(7, 0)],
    ],
    ['there 15 seconds ago', [{ serverTime: 9_985, seen: true }, ...absentAt(7, 0)]],
    [
      'there in the last sample but one, though that is long ago',
      [...absentAt(400), { serverTime: 9_700, seen: true }, ...absentAt(0)],
    ],
  ])('but not when it was %s', (_what, sightings) => {
    expect(stateOf({}, sightings)).toBe('ok');
  });

  it('by time and not by the number of samples', () => {
    const often = Array.from({ length: 100 }, (_, index) => 14 - index * 0.14);
    const aliveJustBefore = { serverTime: 9_985.5, seen: true };
    expect(stateOf({}, [aliveJustBefore, ...absentAt(...often)])).toBe('ok');
  });
});

describe('what is kept of the sightings', () => {
  const timesOf = (sightings: readonly ProcessSighting[]): readonly number[] =>
    sightings.map(({ serverTime }) => serverTime);
  const at = (...times: readonly number[]): readonly ProcessSighting[] =>
    times.map((serverTime) => ({ serverTime, seen: true }));

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
  ])('of %j is what the next sample may need: %j', (times, expected) => {
    expect(timesOf(recentSightings(at(...times)))).toEqual(expected);
  });

  it('decides as all of them would', () => {
    const anySightings = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(anySightings, (steps) => {
        let serverTime = 0;
        let kept: readonly ProcessSighting[] = [];
        const all: ProcessSighting[] = [];
        for (const [seconds, seen] of steps) {
          serverTime += seconds;
          all.push({ serverTime, seen });
          kept = recentSightings([...kept, { serverTime, seen }]);
          expect(archiverState(readingOf({ serverTime }), kept, stalledAfter)).toBe(
            archiverState(readingOf({ serverTime }), all, stalledAfter),
          );
        }
      }),
    );
  });
});

describe('an archiver that does not get on', () => {
  it.each([
    ['ok', 'the oldest file waits exactly as long as is allowed', { oldestReadyTime: 9_880, lastArchivedTime: 9_000 }],
    ['stalled', 'the oldest file waits longer', { oldestReadyTime: 9_879, lastArchivedTime: 9_000 }],
    ['stalled', 'nothing was ever archived', { oldestReadyTime: 9_000, lastArchivedTime: undefined }],
    [
      'ok',
      'nothing was ever archived but nothing waits for long',
      { oldestReadyTime: 9_950, lastArchivedTime: undefined },
    ],
    ['ok', 'nothing waits, however long ago it archived', { lastArchivedTime: 1 }],
    ['lagging', 'something was archived a moment ago', { oldestReadyTime: 9_000, lastArchivedTime: 9_999 }],
    [
      'lagging',
      'something was archived as long ago as is allowed',
      { oldestReadyTime: 9_000, lastArchivedTime: 9_880 },
    ],
    [
      'hung',
      'the command runs and nothing comes of it',
      { oldestReadyTime: 9_000, lastArchivedTime: 9_000, inCommand: true },
    ],
    ['lagging', 'the command runs and gets on', { oldestReadyTime: 9_000, lastArchivedTime: 9_990, inCommand: true }],
    [
      'hung',
      'the command hangs after it failed long ago',
      { oldestReadyTime: 8_000, lastArchivedTime: 7_000, lastFailedTime: 9_000, inCommand: true },
    ],
    [
      'failing',
      'the command runs again after it failed',
      { oldestReadyTime: 8_000, lastArchivedTime: 7_000, lastFailedTime: 9_900, inCommand: true },
    ],
    ['failing', 'it failed after it last archived', { lastArchivedTime: 9_990, lastFailedTime: 9_990.5 }],
    ['failing', 'it failed and never archived', { lastArchivedTime: undefined, lastFailedTime: 10 }],
    ['ok', 'it archived after it last failed', { lastArchivedTime: 9_990, lastFailedTime: 9_989 }],
    ['ok', 'the backlog cannot be read', { readySegments: undefined, lastArchivedTime: 1 }],
  ] as const)('is %s when %s', (expected, _when, changes) => {
    expect(stateOf(changes)).toBe(expected);
  });

  it('is given the time that is configured', () => {
    const reading = readingOf({ oldestReadyTime: 9_995, lastArchivedTime: 9_990 });
    expect(archiverState(reading, [], 3)).toBe('stalled');
    expect(archiverState(reading, [], 5)).toBe('ok');
  });
});
