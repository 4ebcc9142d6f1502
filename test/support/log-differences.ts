import { normaliseMessage } from '../../src/collectors/logs/report/normalise.ts';
import type { Totals } from './log-comparison.ts';

/** The log of a load as it was read. */
export interface ComparedLog {
  readonly major: number;
  /** As log_destination calls it. */
  readonly format: string;
  /** The same log in the format stderr. */
  readonly text: string;
}

/** Where pgBadger 12 tells something else than the log says. */
export interface Difference {
  readonly of: string;
  readonly why: string;
  readonly isThere: (log: ComparedLog) => boolean;
  /** What pgBadger makes of it, by walguard's number and what stands in the log; undefined: it cannot be said. */
  readonly toBadgers: ((walguards: unknown, log: ComparedLog) => unknown) | undefined;
}

/** What it promotes to an error that the server logged as none; `change_log_level` of pgBadger. */
const PROMOTED =
  / LOG: {2}(.*(?:database system was|still waiting for|server process.*was terminated by signal|could not (?:receive|send) data (?:from|to) client).*)/g;

export const DIFFERENCES: readonly Difference[] = [
  {
    of: 'errors',
    why: 'messages of the severity LOG that it thinks grave are errors to it, in this section alone',
    isThere: () => true,
    toBadgers(walguards, { text }) {
      const errors: Record<string, number> = { ...(walguards as Record<string, number>) };
      for (const [, message = ''] of text.matchAll(PROMOTED)) {
        const name = `LOG: ${normaliseMessage(message)}`;
        errors[name] = (errors[name] ?? 0) + 1;
      }
      return errors;
    },
  },
  {
    of: 'checkpoint warnings',
    why: 'it looks for "seconds apart", and the server writes "1 second apart"',
    isThere: ({ text }) => text.includes('too frequently (1 second apart)'),
    toBadgers: (_, { text }) => text.match(/too frequently \(\d+ seconds apart\)/g)?.length ?? 0,
  },
  {
    of: 'checkpoints completed',
    why: '18 has SLRU buffers in the message, too, which it does not know',
    isThere: ({ major }) => major >= 18,
    toBadgers: (walguards) => (walguards as readonly number[]).map(() => 0),
  },
  {
    of: 'longest write and sync',
    why: '18 has SLRU buffers in the message, too, which it does not know',
    isThere: ({ major }) => major >= 18,
    toBadgers: () => [0, 0],
  },
  {
    of: 'tuples removed by table',
    why: 'of csvlog and jsonlog it reads the first of pages and tuples, which are the pages',
    isThere: ({ format }) => format !== 'stderr',
    toBadgers: () => ({}),
  },
  {
    of: 'largest temporary file',
    why: 'of jsonlog it adds up the files of a process that come one after the other',
    isThere: ({ format }) => format === 'jsonlog',
    toBadgers: undefined,
  },
  {
    of: 'statements by text',
    why: 'it puts in the parameters, which 18 and jsonlog tell in other words than it knows, and leaves their places empty',
    isThere: ({ major }) => major >= 18,
    toBadgers: undefined,
  },
];

/** What pgBadger should have found; what cannot be said is left out. */
export function expectedOfBadger(walguards: Totals, log: ComparedLog): Totals {
  const there = DIFFERENCES.filter(({ isThere }) => isThere(log));
  return Object.fromEntries(
    Object.entries(walguards).flatMap(([name, value]) => {
      const difference = there.find(({ of }) => of === name);
      if (difference === undefined) return [[name, value]];
      return difference.toBadgers === undefined ? [] : [[name, difference.toBadgers(value, log)]];
    }),
  );
}
