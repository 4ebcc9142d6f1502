import type { Predicate, QueryStep, ResultHandler } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import type { SkipReason } from '../core/reasons.ts';

/** Object id of boolean. Source: pg_type.dat. */
const BOOL = 16;

/** What predicates said of late. */
export interface Gates {
  /** Forgets what no longer holds; called when a scrape begins. */
  readonly begin: (nowMs: number) => void;
  /** Whether a query may run: yes, the reason why not, or the predicate to ask next. */
  readonly next: (step: QueryStep) => 'open' | SkipReason | Predicate;
  readonly learn: (predicate: Predicate, answer: boolean) => void;
  /** Forgets everything: it is another server. */
  readonly clear: () => void;
}

export function createGates(): Gates {
  const answers = new Map<string, { readonly answer: boolean; readonly untilMs: number }>();
  let scrapeMs = 0;
  return {
    begin(nowMs) {
      scrapeMs = nowMs;
      for (const [sql, { untilMs }] of answers) if (untilMs <= nowMs) answers.delete(sql);
    },
    next(step) {
      for (const predicate of step.predicates ?? []) {
        const known = answers.get(predicate.sql);
        if (known === undefined) return predicate;
        if (!known.answer) return predicate.reason;
      }
      return 'open';
    },
    learn: ({ sql, ttlMs }, answer) => answers.set(sql, { answer, untilMs: scrapeMs + ttlMs }),
    clear: () => answers.clear(),
  };
}

/** Reads a predicate's answer: no row and NULL are no. */
export function createAnswerReader(): { readonly handler: ResultHandler; readonly read: () => boolean } {
  let rows = 0;
  let answer = false;
  return {
    handler: {
      columns([column, ...others]) {
        if (column?.typeOid !== BOOL || others.length > 0) throw badAnswer('does not return one boolean column');
      },
      row(row) {
        rows++;
        if (rows > 1) throw badAnswer('returns more than one row');
        answer = row.text(0) === 't';
      },
      end: () => undefined,
    },
    read: () => answer,
  };
}

function badAnswer(what: string): WalguardError {
  return new WalguardError('QUERY_BAD_RESULT', `the predicate query ${what}`, {
    hint: 'Write it as SELECT EXISTS (...), or cast its column to boolean.',
  });
}
