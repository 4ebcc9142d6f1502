import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';
import { ARCHIVER_STATES, type ArchiverState } from '../../../../src/collectors/archiver/state.ts';
import { lastStateOf, statesOf } from './readings.ts';

/** The process was missing ten seconds before too. */
const missingBefore = { processes: 0, serverTime: 9_990 };

/** What brings about each state on a server where archiving works, the first that holds of the list first. */
const causes = {
  disabled: { mode: 'off' },
  standby: { inRecovery: true },
  not_configured: { configured: false },
  down: { processes: 0 },
  hung: { inCommand: true, oldestReadyTime: 9_000, lastArchivedTime: 9_000 },
  failing: { lastFailedTime: 9_500, lastArchivedTime: 9_400 },
  stalled: { oldestReadyTime: 9_000, lastArchivedTime: 9_000 },
  lagging: { oldestReadyTime: 9_000 },
  ok: {},
} as const satisfies Readonly<Record<Exclude<ArchiverState, 'losing'>, Partial<ArchiverReading>>>;

const seenStates = ARCHIVER_STATES.filter((state) => state !== 'losing');

describe('the state of the archiver', () => {
  it.each(seenStates)('is %s for its cause', (state) => {
    expect(lastStateOf(...(state === 'down' ? [missingBefore] : []), causes[state])).toBe(state);
  });

  const orderedPairs = seenStates.flatMap((state, index) =>
    seenStates.slice(index + 1).map((later) => [state, later] as const),
  );

  it.each(orderedPairs)('is %s also where the cause of %s holds', (state, later) => {
    const before = state === 'down' || later === 'down' ? [missingBefore] : [];
    expect(lastStateOf(...before, { ...causes[later], ...causes[state] })).toBe(state);
  });

  it.each([
    ['on', false, 'ok'],
    ['on', true, 'standby'],
    ['always', false, 'ok'],
    ['always', true, 'ok'],
    ['off', false, 'disabled'],
    ['off', true, 'disabled'],
  ])('with archive_mode %s and recovery %s is %s', (mode, inRecovery, expected) => {
    expect(lastStateOf({ mode, inRecovery })).toBe(expected);
  });

  it('is never losing without a look into the archive', () => {
    const anyTime = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });
    const anyReading = fc.record({
      mode: fc.constantFrom('on', 'off', 'always'),
      inRecovery: fc.boolean(),
      configured: fc.boolean(),
      inCommand: fc.boolean(),
      processes: fc.constantFrom(0, 1, undefined),
      serverTime: fc.integer({ min: 0, max: 20_000 }),
      lastArchivedTime: anyTime,
      lastFailedTime: anyTime,
      oldestReadyTime: anyTime,
    });
    fc.assert(
      fc.property(fc.array(anyReading), (readings) => {
        expect(seenStates).toEqual(expect.arrayContaining([...statesOf(readings)]));
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
    ['failing', 'it failed and never archived', { lastArchivedTime: undefined, lastFailedTime: 1_010 }],
    ['ok', 'it archived after it last failed', { lastArchivedTime: 9_990, lastFailedTime: 9_989 }],
    ['ok', 'the backlog cannot be read', { readySegments: undefined, lastArchivedTime: 1 }],
  ] as const)('is %s when %s', (expected, _when, changes) => {
    expect(lastStateOf(changes)).toBe(expected);
  });

  it('is given the time that is configured', () => {
    const reading = { oldestReadyTime: 9_995, lastArchivedTime: 9_990 };
    expect(statesOf([reading], 3)).toEqual(['stalled']);
    expect(statesOf([reading], 5)).toEqual(['ok']);
  });
});
