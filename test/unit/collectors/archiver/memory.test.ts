import { describe, expect, it } from 'vitest';
import { NO_MEMORY, remember } from '../../../../src/collectors/archiver/memory.ts';
import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';
import { lastStateOf, readingOf, STALLED_AFTER, statesOf } from './readings.ts';

/** Something waits since long. */
const waiting = { readySegments: 1, oldestReadyTime: 9_000 };
/** Nothing is left of what was archived or failed before the reset at 9999. */
const reset = {
  lastArchivedFile: undefined,
  lastArchivedTime: undefined,
  lastFailedTime: undefined,
  lastArchivedClosed: undefined,
  statsReset: 9_999,
};

describe('after a reset of the statistics', () => {
  const failed = { ...waiting, serverTime: 9_990, lastArchivedTime: 9_000, lastFailedTime: 9_980 };
  const hangs = { ...waiting, serverTime: 9_990, lastArchivedTime: 8_900, inCommand: true };
  const lags = { ...waiting, serverTime: 9_990, lastArchivedTime: 9_980 };

  it.each([
    ['failing', 'it failed before', failed],
    ['hung', 'it hung before', hangs],
    ['lagging', 'it lagged before', lags],
    ['ok', 'it was not looked at before and nothing waits', { serverTime: 9_990 }],
  ] as const)('the archiver is still %s where %s', (state, _where, before) => {
    const { inCommand = false } = before as Partial<ArchiverReading>;
    const backlog = 'oldestReadyTime' in before ? waiting : {};
    expect(statesOf([before, { ...backlog, ...reset, inCommand }])).toEqual([state, state]);
  });

  it('the archiver is ok once something is archived', () => {
    expect(lastStateOf(failed, { ...waiting, ...reset }, { serverTime: 10_010, lastArchivedTime: 10_005 })).toBe('ok');
  });

  it('the archiver is ok where nothing waits: what failed was archived between two scrapes', () => {
    expect(lastStateOf(failed, reset)).toBe('ok');
  });

  it('the archiver is failing where what waits cannot be read', () => {
    const hidden = { readySegments: undefined, oldestReadyTime: undefined };
    expect(lastStateOf({ ...failed, ...hidden }, { ...reset, ...hidden })).toBe('failing');
  });

  it('the archiver that nobody looked at before is given the time anew', () => {
    const later = { ...waiting, ...reset };
    expect(statesOf([later, { ...later, serverTime: 9_999 + STALLED_AFTER + 1 }])).toEqual(['lagging', 'stalled']);
  });
});

describe('files that are old already', () => {
  const old = { readySegments: 3, oldestReadyTime: 1_000, lastArchivedTime: 900 };

  it('do not count against a server that starts', () => {
    expect(statesOf([{ ...old, serverStart: 9_999 }])).toEqual(['ok']);
    expect(statesOf([{ ...old, serverStart: 9_999, serverTime: 10_120 }])).toEqual(['stalled']);
  });

  it('count on when a server that got nowhere is started again', () => {
    expect(lastStateOf(old, { ...old, serverTime: 10_020, serverStart: 10_010 })).toBe('stalled');
  });

  it('do not count against a standby that is promoted', () => {
    const promoted = { ...old, serverTime: 10_001 };
    expect(statesOf([{ ...old, inRecovery: true }, promoted])).toEqual(['standby', 'ok']);
    expect(lastStateOf({ ...old, inRecovery: true }, { ...promoted, serverTime: 10_121 })).toBe('stalled');
  });
});

describe('another server in the place of the one before', () => {
  const other = { systemIdentifier: '1', serverTime: 10_005 };

  it.each([
    ['was down', { processes: 0 }, { processes: 0 }],
    ['failed', { ...waiting, lastFailedTime: 9_995 }, { ...reset, readySegments: 1, oldestReadyTime: 10_000 }],
    ['stalled', { ...waiting, lastArchivedTime: 9_000 }, { ...waiting, serverStart: 10_004 }],
  ])('is ok though that one %s', (_what, before, now) => {
    const twice = [{ ...before, serverTime: 9_990 }, before];
    expect(lastStateOf(...twice)).not.toBe('ok');
    expect(lastStateOf(...twice, { ...now, ...other })).toBe('ok');
  });

  it('does not keep its position', () => {
    const before = remember(NO_MEMORY, readingOf({}), STALLED_AFTER);
    const history = readingOf({ ...other, lastArchivedFile: '00000002.history' });
    expect(before.archived).toBeDefined();
    expect(remember(before, history, STALLED_AFTER).archived).toBeUndefined();
  });
});

it('a failure later than now, after the clock of the server went back, is forgotten', () => {
  const failed = { ...waiting, serverTime: 20_000, lastArchivedTime: 9_995, lastFailedTime: 19_990 };
  expect(lastStateOf(failed, { ...waiting, lastArchivedTime: 9_995, lastFailedTime: undefined })).toBe('lagging');
});

describe('the newest archived segment', () => {
  const closedAfter = (...readings: readonly Partial<ArchiverReading>[]): number | undefined => {
    let memory = NO_MEMORY;
    for (const changes of readings) memory = remember(memory, readingOf(changes), STALLED_AFTER);
    return memory.newestSegment?.closedTime;
  };

  it.each([
    ['as the server lists it', [{}], 9_989],
    ['also when a checkpoint has taken its record away', [{}, { lastArchivedClosed: undefined }], 9_989],
    ['also after a .history file', [{}, { lastArchivedFile: '00000002.history', lastArchivedClosed: 9_999 }], 9_989],
    [
      'also after a .backup file',
      [{}, { lastArchivedFile: '000000010000000000000007.00000028.backup', lastArchivedClosed: 9_999 }],
      9_989,
    ],
    [
      'not when another one has none',
      [{}, { lastArchivedFile: '000000010000000000000008', lastArchivedClosed: undefined }],
      undefined,
    ],
    ['not after a reset of the statistics', [{}, reset], undefined],
    ['not where only a .history file was archived', [{ lastArchivedFile: '00000002.history' }], undefined],
  ] as const)('was closed %s', (_when, readings, expected) => {
    expect(closedAfter(...readings)).toBe(expected);
  });
});

describe('the last archived position', () => {
  const endAfter = (...files: readonly string[]): bigint | undefined => {
    let memory = NO_MEMORY;
    for (const lastArchivedFile of files) memory = remember(memory, readingOf({ lastArchivedFile }), STALLED_AFTER);
    return memory.archived?.end;
  };

  it.each([
    ['that of a later segment', ['000000010000000000000009', '000000010000000000000007.00000028.backup'], 0xa00_0000n],
    ['that of its own', ['000000010000000000000005', '000000010000000000000007.00000028.backup'], 0x800_0000n],
    [
      'that of its own on a new timeline',
      ['000000010000000000000009', '000000020000000000000007.00000028.backup'],
      0x800_0000n,
    ],
  ])('is after a .backup file %s', (_what, files, expected) => {
    expect(endAfter(...files)).toBe(expected);
  });
});

describe('once the clock of the server went back', () => {
  const ahead = { serverTime: 20_000, lastArchivedTime: 19_990 };
  const quiet = { readySegments: 0, oldestReadyTime: undefined };

  it.each([
    ['failing, when it has failed since', { lastFailedTime: 10_050, lastArchivedTime: 19_990 }, 'failing'],
    ['stalled, when nothing was archived since', { lastArchivedTime: 19_990 }, 'stalled'],
    [
      'ok, when the failure was before what was archived',
      { ...quiet, lastArchivedTime: 19_990, lastFailedTime: 9_000 },
      'ok',
    ],
    ['ok, when what failed was archived since', { ...quiet, lastArchivedTime: 10_060, lastFailedTime: 19_995 }, 'ok'],
  ])('the archiver is %s', (_what, now, state) => {
    const after = { ...waiting, lastArchivedTime: 19_990, serverTime: 10_000 };
    expect(lastStateOf(ahead, after, { ...waiting, serverTime: 10_200, ...now })).toBe(state);
  });
});
