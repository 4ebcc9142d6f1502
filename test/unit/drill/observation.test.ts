import { describe, expect, it } from 'vitest';

import { parseLsn } from '../../../src/core/lsn.ts';
import { judge, type Observation, stuck, timelineAt, toObservation } from '../../../src/drill/observation.ts';
import type { Plan } from '../../../src/drill/plan.ts';
import { ServerLog } from '../../../src/drill/server-log.ts';
import { backupOf } from '../recoverability/world.ts';

const MEGABYTE = 1_048_576;

function lsn(text: string): bigint {
  return parseLsn(text) ?? 0n;
}

function planOf(given: Partial<Plan> = {}): Plan {
  return {
    chain: [],
    backup: backupOf({ wal: { timeline: 1, start: lsn('0/200028'), stop: lsn('0/200100') } }),
    target: { kind: 'latest' },
    segmentBytes: MEGABYTE,
    window: {
      timeline: 2,
      earliestSeconds: 1,
      latestSeconds: 2,
      latestLsn: lsn('0/600000'),
      backups: [],
    },
    wantedLsn: lsn('0/600000'),
    timeline: 'latest',
    missing: [],
    histories: new Map([[2, [{ parent: 1, switchLsn: lsn('0/480000') }]]]),
    ...given,
  };
}

function logOf(...lines: readonly string[]): ServerLog {
  const log = new ServerLog();
  for (const line of lines) log.add(`2026-11-22 10:00:00.000 UTC [7] LOG:  ${line}\n`);
  return log;
}

function seenAt(text: string, given: Partial<Observation> = {}): Observation {
  return {
    isRecovering: true,
    isPaused: false,
    isWaiting: false,
    replayed: lsn(text),
    lastCommitSeconds: undefined,
    ...given,
  };
}

const restored = (name: string): string => `restored log file "${name}" from archive`;
const stopped = 'recovery stopping before commit of transaction 750, time 2026-11-22 10:00:01.5+00';

describe('the row of a restored server', () => {
  it.each([
    [
      ['t', 'f', 't', '0/300000', '1795341600.25'],
      seenAt('0/300000', { isWaiting: true, lastCommitSeconds: 1_795_341_600.25 }),
    ],
    [['t', 't', 'f', '0/300000', null], seenAt('0/300000', { isPaused: true })],
    [['f', 'f', 'f', '16/B374D848', null], seenAt('16/B374D848', { isRecovering: false })],
    [['t', 'f', 'f', null, null], seenAt('0/0')],
  ])('%j is read', (row, expected) => {
    expect(toObservation(row)).toEqual(expected);
  });
});

describe('the timeline that was reached', () => {
  const log = logOf(
    restored('000000010000000000000003'),
    restored('000000020000000000000004'),
    restored('000000020000000000000005'),
  );

  it.each([
    ['0/350000', 1, 'in a file of the first'],
    ['0/400000', 1, 'where a file of the first ends, and one of the second goes on'],
    ['0/470000', 1, 'in a file of the second, in what it took from the first'],
    ['0/480000', 1, 'at the very switch'],
    ['0/480001', 2, 'behind the switch'],
    ['0/550000', 2, 'in the last file'],
    ['0/600000', 2, 'where the last file ends: nobody has the next'],
    ['0/200100', 1, 'before any file came: as the backup says'],
    ['0/0', 1, 'before anything is known'],
  ])('at %s is %i: %s', (position, expected) => {
    expect(timelineAt(lsn(position), log, planOf())).toBe(expected);
  });
});

describe('a look at a recovery to the end', () => {
  it.each([
    ['is going before it comes there', seenAt('0/500000'), [], 'going'],
    ['has reached it at the position itself', seenAt('0/600000'), [], 'reached'],
    ['has reached it, waiting in the last segment', seenAt('0/580000', { isWaiting: true }), [], 'reached'],
    [
      'has reached it, waiting for the rest of a record that begins before the last segment',
      seenAt('0/4FFF00', { isWaiting: true }),
      [restored('000000020000000000000005')],
      'reached',
    ],
    [
      'is stuck, waiting earlier',
      seenAt('0/4FFF00', { isWaiting: true }),
      [restored('000000020000000000000004')],
      'stuck',
    ],
    [
      'is stuck, waiting in the last segment with damaged WAL',
      seenAt('0/580000', { isWaiting: true }),
      ['unexpected pageaddr 0/1000000 in WAL segment 000000020000000000000005'],
      'stuck',
    ],
    [
      'wants larger settings, paused without having stopped',
      seenAt('0/300000', { isPaused: true }),
      ['max_connections = 100 is a lower setting than on the primary server, where its value was 150.'],
      'settings',
    ],
  ] as const)('%s', (_what, seen, lines, expected) => {
    expect(judge(seen, logOf(...lines), planOf())).toBe(expected);
  });

  it('is no success if the server went on as a primary', () => {
    const promoted = seenAt('0/600000', { isRecovering: false });
    expect(() => judge(promoted, logOf(), planOf())).toThrow(expect.objectContaining({ code: 'DRILL_PROMOTED' }));
  });

  it('tells of a stuck one what the archive lacks, or what is wrong with what it has', () => {
    const lacking = stuck(seenAt('0/400000'), logOf(), planOf({ missing: ['000000020000000000000004 is missing'] }));
    expect([lacking.code, lacking.message]).toEqual([
      'DRILL_WAL_MISSING',
      expect.stringContaining('000000020000000000000004 is missing'),
    ]);
    const damage = 'incorrect resource manager data checksum in record at 0/412345';
    const damaged = stuck(seenAt('0/400000'), logOf(damage), planOf());
    expect([damaged.code, damaged.message]).toEqual(['DRILL_WAL_DAMAGED', expect.stringContaining(damage)]);
  });
});

describe('a look at a recovery to a target', () => {
  const seconds = 1_795_341_601;
  const time = planOf({ target: { kind: 'time', seconds } });

  it.each([
    ['is going while it is not paused', seenAt('0/500000'), [stopped], time, 'going'],
    ['is going while nothing says that it stopped', seenAt('0/500000', { isPaused: true }), [], time, 'going'],
    [
      'has reached a time',
      seenAt('0/500000', { isPaused: true, lastCommitSeconds: seconds - 1 }),
      [stopped],
      time,
      'reached',
    ],
    ['has reached a time before any commit', seenAt('0/500000', { isPaused: true }), [stopped], time, 'reached'],
    [
      'has reached an LSN',
      seenAt('0/500000', { isPaused: true }),
      ['recovery stopping after WAL location (LSN) "0/500000"'],
      planOf({ target: { kind: 'lsn', lsn: lsn('0/500000') } }),
      'reached',
    ],
    [
      'has reached a point with a name',
      seenAt('0/500000', { isPaused: true }),
      ['recovery stopping at restore point "emptied", time 2026-11-22 10:00:01+00'],
      planOf({ target: { kind: 'name', name: 'emptied' } }),
      'reached',
    ],
  ] as const)('%s', (...[, seen, lines, plan, expected]) => {
    expect(judge(seen, logOf(...lines), plan)).toBe(expected);
  });

  it('is none if it stopped behind the time, or before the position', () => {
    const late = seenAt('0/500000', { isPaused: true, lastCommitSeconds: seconds + 7 });
    expect(() => judge(late, logOf(stopped), time)).toThrow(expect.objectContaining({ code: 'DRILL_TARGET_PASSED' }));
    const early = seenAt('0/400000', { isPaused: true });
    const plan = planOf({ target: { kind: 'lsn', lsn: lsn('0/500000') } });
    expect(() => judge(early, logOf(stopped), plan)).toThrow(
      expect.objectContaining({ code: 'DRILL_TARGET_NOT_REACHED' }),
    );
  });
});
