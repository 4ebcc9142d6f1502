import type { LogRecord } from '../../../core/log-record.ts';
import type { LogEvent } from '../event-kinds.ts';
import { type Bounded, createBounded } from './bounded.ts';
import type { ReportedStatement, ReportedStatements } from './document.ts';
import { normaliseStatement } from './normalise.ts';
import { type Part, rounded } from './part.ts';

/** Twice as many are held at the most, each of at most two thousand characters. */
const MOST_STATEMENTS = 6_000;
/** Sessions whose statement was logged and whose duration may follow. */
const MOST_WAITING = 10_000;
const MOST_KNOWN = 4_000;
const LONGEST_KNOWN = 500;
/** Milliseconds. */
const BOUNDS = [1, 5, 10, 25, 50, 100, 500, 1_000, 10_000] as const;
const SECOND_MS = 1_000;

export interface StatementTally {
  times: number;
  seconds: number;
  longestSeconds: number;
  datname: string | undefined;
}

/** What each statement, without its values, took. */
export type StatementTallies = Bounded<StatementTally>;

export function createTallies(most: number): StatementTallies {
  return createBounded<StatementTally>({
    create: () => ({ times: 0, seconds: 0, longestSeconds: -1, datname: undefined }),
    scores: [({ times }) => times, ({ seconds }) => seconds, ({ longestSeconds }) => longestSeconds],
    most,
  });
}

export function addTo(
  tallies: StatementTallies,
  statement: string,
  seconds: number,
  datname: string | undefined,
): void {
  const tally = tallies.of(statement);
  tally.times += 1;
  tally.seconds += seconds;
  if (seconds <= tally.longestSeconds) return;
  tally.longestSeconds = seconds;
  tally.datname = datname;
}

/** The first of them by one of their numbers. */
export function firstBy(
  tallies: StatementTallies,
  score: (tally: StatementTally) => number,
  top: number,
): readonly ReportedStatement[] {
  return tallies
    .entries()
    .toSorted(([, a], [, b]) => score(b) - score(a))
    .slice(0, top)
    .map(([statement, { times, seconds, longestSeconds, datname }]) => ({
      statement,
      times,
      seconds: rounded(seconds),
      longestSeconds: rounded(longestSeconds),
      datname: datname ?? null,
    }));
}

/** Of texts that come again and again, the statement without its values is kept. */
export function createNormaliser(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > LONGEST_KNOWN) return normaliseStatement(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= MOST_KNOWN) known.clear();
    const normal = normaliseStatement(text);
    known.set(text, normal);
    return normal;
  };
}

export function createStatements(normalise: (text: string) => string): Part<ReportedStatements> {
  const tallies = createTallies(MOST_STATEMENTS);
  const announced = createAnnounced(normalise);
  const byDuration = [...BOUNDS, null].map((belowMs) => ({ belowMs, count: 0 }));
  let count = 0;
  let seconds = 0;
  let preparationSeconds = 0;
  return {
    add({ record, event }) {
      if (event?.kind !== 'statement') {
        if (event !== undefined) return;
        preparationSeconds += preparation(record.message);
        announced.learn(record);
        return;
      }
      count += 1;
      seconds += event.seconds;
      const bucket = byDuration.find(({ belowMs }) => belowMs === null || event.seconds * SECOND_MS < belowMs);
      if (bucket !== undefined) bucket.count += 1;
      addTo(tallies, announced.textOf(event, record), event.seconds, record.datname);
    },
    report(top) {
      const [times = 0, missedSeconds = 0] = tallies.missed();
      return {
        count,
        seconds: rounded(seconds),
        byDuration,
        preparationSeconds: rounded(preparationSeconds),
        missed: { times, seconds: rounded(missedSeconds) },
        mostTime: firstBy(tallies, (tally) => tally.seconds, top),
        mostFrequent: firstBy(tallies, (tally) => tally.times, top),
        slowest: firstBy(tallies, (tally) => tally.longestSeconds, top),
      };
    },
  };
}

/** Seconds of `duration: 0.1 ms  parse ...`; 0 for anything else. */
function preparation(message: string): number {
  if (!message.startsWith('duration: ')) return 0;
  return Number(/^duration: ([\d.]+) ms {2}(?:parse|bind) /.exec(message)?.[1] ?? 0) / SECOND_MS;
}

interface Announced {
  readonly learn: (record: LogRecord) => void;
  readonly textOf: (event: Extract<LogEvent, { readonly kind: 'statement' }>, record: LogRecord) => string;
}

/** log_statement has a statement logged before it runs, and log_duration what it took without the text. */
function createAnnounced(normalise: (text: string) => string): Announced {
  const waiting = new Map<number, string>();
  return {
    learn({ pid, message }) {
      if (pid === undefined || !/^(?:statement|execute [^:]*): /.test(message)) return;
      const [oldest] = waiting.keys();
      if (waiting.size >= MOST_WAITING && oldest !== undefined) waiting.delete(oldest);
      waiting.set(pid, normalise(message.slice(message.indexOf(': ') + 2)));
    },
    textOf({ text }, { pid }) {
      if (text !== undefined) return normalise(text);
      const found = pid === undefined ? undefined : waiting.get(pid);
      if (pid !== undefined) waiting.delete(pid);
      return found ?? '';
    },
  };
}
