import type { LogFields, Logger } from '../core/logger.ts';
import type { CollectorFailed, Outcome, Ran } from './outcome.ts';
import { createRemarkLog } from './remark-log.ts';

interface Failing extends Ran {
  /** Of the error. */
  readonly code: string;
}

/**
 * Logs what became of each collector when it changes, and what is odd of its result once: not each scrape. Those that
 * fail together because a connection broke or the time was over are one line.
 */
export function createOutcomeLog(log: Logger, target: string): (outcomes: readonly Outcome[]) => void {
  const failing = new Map<string, Failing>();
  const logRemarks = createRemarkLog(log, target);

  return (outcomes) => {
    const failed: CollectorFailed[] = [];
    const recovered: Failing[] = [];
    for (const outcome of outcomes) {
      const ran = whose(outcome);
      const key = JSON.stringify(ran);
      const before = failing.get(key)?.code;
      if (outcome.status === 'ok') logRemarks(outcome);
      if (outcome.status === 'failed') {
        const { code } = outcome.error;
        if (before === code) log.debug({ target, ...ran, ...describe(outcome) }, 'collector still fails');
        else failed.push(outcome);
        failing.set(key, { ...ran, code });
      } else if (before !== undefined) {
        failing.delete(key);
        recovered.push({ ...ran, code: before });
      }
    }
    forgetGone(failing, outcomes);
    for (const [first, ...others] of groups(failed, ({ error: { code, message }, ...ran }) =>
      sharedOr(ran, code, message),
    )) {
      log.warn({ target, ...named(first, others), ...describe(first) }, 'collector failed');
    }
    for (const [first, ...others] of groups(recovered, ({ code, ...ran }) => sharedOr(ran, code, ''))) {
      log.info({ target, ...named(first, others), code: first.code }, 'collector works again');
    }
  };
}

/** Of a database that is no more, or in which the collector runs no more, nothing is kept. */
function forgetGone(failing: Map<string, Failing>, outcomes: readonly Outcome[]): void {
  const present = new Set(outcomes.map(({ collector }) => collector));
  const kept = new Set(outcomes.map((outcome) => JSON.stringify(whose(outcome))));
  for (const [key, { collector, database }] of failing)
    if (database !== undefined && present.has(collector) && !kept.has(key)) failing.delete(key);
}

function whose({ collector, database }: Ran): Ran {
  return { collector, ...(database === undefined ? {} : { database }) };
}

function describe({ error: { code, message, hint } }: CollectorFailed): LogFields {
  return { code, reason: message, hint };
}

/** What is to be one line: what failed for the same reason of the connection or the scrape, else the collector. */
function sharedOr({ collector, database }: Ran, code: string, message: string): string {
  const isShared = code.startsWith('TARGET_') || code === 'QUERY_DEADLINE';
  return JSON.stringify([isShared ? `${code} ${message}` : collector, database]);
}

function named(first: Ran, others: readonly Ran[]): LogFields {
  const { collector, ...where } = whose(first);
  if (others.length === 0) return { collector, ...where };
  return { collectors: [first, ...others].map((each) => each.collector), ...where };
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Iterable<readonly [T, ...T[]]> {
  const byKey = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = byKey.get(keyOf(item));
    if (group === undefined) byKey.set(keyOf(item), [item]);
    else group.push(item);
  }
  return byKey.values();
}
