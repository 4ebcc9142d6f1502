import type { ReportedLocks, ReportedTemporaryFiles } from './document.ts';
import { createGroups } from './groups.ts';
import { type Part, rounded } from './part.ts';
import { addTo, createTallies, firstBy } from './statements.ts';

const MOST_STATEMENTS = 1_000;

export function createLocks(normalise: (text: string) => string): Part<ReportedLocks> {
  const modes = createGroups();
  const tallies = createTallies(MOST_STATEMENTS);
  const sums = { waits: 0, acquired: 0, deadlocks: 0 };
  let seconds = 0;
  return {
    add({ record, event }) {
      if (event?.kind === 'lock_wait') sums.waits += 1;
      else if (event?.kind === 'deadlock') sums.deadlocks += 1;
      else if (event?.kind === 'lock_acquired') {
        sums.acquired += 1;
        seconds += event.seconds;
        const [, mode = ''] = / acquired (\S+) on /.exec(record.message) ?? [];
        modes.add(mode, event.seconds);
        if (record.statement !== undefined) addTo(tallies, normalise(record.statement), event.seconds, record.datname);
      }
    },
    report: (top) => ({
      ...sums,
      acquiredSeconds: rounded(seconds),
      acquiredByMode: modes.report(top),
      statements: firstBy(tallies, (tally) => tally.seconds, top),
    }),
  };
}

export function createTemporaryFiles(normalise: (text: string) => string): Part<ReportedTemporaryFiles> {
  const tallies = createTallies(MOST_STATEMENTS);
  const sums = { count: 0, bytes: 0, largestBytes: 0 };
  return {
    add({ record, event }) {
      if (event?.kind !== 'temporary_file') return;
      sums.count += 1;
      sums.bytes += event.bytes;
      sums.largestBytes = Math.max(sums.largestBytes, event.bytes);
      if (record.statement !== undefined) addTo(tallies, normalise(record.statement), event.bytes, record.datname);
    },
    report: (top) => ({
      ...sums,
      // What is added up of these statements is bytes.
      statements: firstBy(tallies, (tally) => tally.seconds, top).map(({ statement, times, seconds }) => ({
        statement,
        files: times,
        bytes: seconds,
      })),
    }),
  };
}
