import { createBounded } from './bounded.ts';
import type { ReportedError } from './document.ts';
import { normaliseMessage } from './normalise.ts';
import { type Part, timeOf } from './part.ts';

const MOST_ERRORS = 5_000;
const COUNTED: ReadonlySet<string> = new Set(['WARNING', 'ERROR', 'FATAL', 'PANIC']);

interface Tally {
  times: number;
  lastMs: number | undefined;
  sqlstate: string | undefined;
  statement: string | undefined;
}

/** Warnings, errors and what is worse. */
export function createErrors(normalise: (text: string) => string): Part<readonly ReportedError[]> {
  const tallies = createBounded<Tally>({
    create: () => ({ times: 0, lastMs: undefined, sqlstate: undefined, statement: undefined }),
    scores: [({ times }) => times],
    most: MOST_ERRORS,
  });
  return {
    add({ record: { severity, sqlstate, message, atMs, statement } }) {
      if (severity === undefined || !COUNTED.has(severity)) return;
      const tally = tallies.of(`${severity}:${normaliseMessage(message)}`);
      tally.times += 1;
      tally.lastMs = atMs ?? tally.lastMs;
      tally.sqlstate ??= sqlstate;
      if (tally.statement === undefined && statement !== undefined) tally.statement = normalise(statement);
    },
    report: (top) =>
      tallies
        .entries()
        .toSorted(([, a], [, b]) => b.times - a.times)
        .slice(0, top)
        .map(([key, { times, lastMs, sqlstate = null, statement = null }]) => ({
          severity: key.slice(0, key.indexOf(':')),
          sqlstate,
          message: key.slice(key.indexOf(':') + 1),
          times,
          lastTime: timeOf(lastMs),
          statement,
        })),
  };
}
