import type { LogFields, Logger } from '../core/logger.ts';
import type { CollectorFailed, Outcome } from './outcome.ts';
import { createRemarkLog } from './remark-log.ts';

interface Recovered {
  readonly collector: string;
  /** Of the error that is over. */
  readonly code: string;
}

/**
 * Logs what became of each collector when it changes, and what is odd of its result once: not each scrape. Those that
 * fail together because a connection broke or the time was over are one line.
 */
export function createOutcomeLog(log: Logger, target: string): (outcomes: readonly Outcome[]) => void {
  const failing = new Map<string, string>();
  const logRemarks = createRemarkLog(log, target);

  return (outcomes) => {
    const failed: CollectorFailed[] = [];
    const recovered: Recovered[] = [];
    for (const outcome of outcomes) {
      const { collector } = outcome;
      const before = failing.get(collector);
      if (outcome.status === 'ok') logRemarks(outcome);
      if (outcome.status === 'failed') {
        const { code } = outcome.error;
        if (before === code) log.debug({ target, collector, ...describe(outcome) }, 'collector still fails');
        else failed.push(outcome);
        failing.set(collector, code);
      } else if (before !== undefined) {
        failing.delete(collector);
        recovered.push({ collector, code: before });
      }
    }
    for (const [first, ...others] of groups(failed, ({ collector, error: { code, message } }) =>
      sharedOr(collector, code, message),
    )) {
      log.warn({ target, ...named(first, others), ...describe(first) }, 'collector failed');
    }
    for (const [first, ...others] of groups(recovered, ({ collector, code }) => sharedOr(collector, code, ''))) {
      log.info({ target, ...named(first, others), code: first.code }, 'collector works again');
    }
  };
}

function describe({ error: { code, message, hint } }: CollectorFailed): LogFields {
  return { code, reason: message, hint };
}

/** What is to be one line: what failed for the same reason of the connection or the scrape, else the collector. */
function sharedOr(collector: string, code: string, message: string): string {
  return code.startsWith('TARGET_') || code === 'QUERY_DEADLINE' ? `${code} ${message}` : collector;
}

interface Named {
  readonly collector: string;
}

function named(first: Named, others: readonly Named[]): LogFields {
  if (others.length === 0) return { collector: first.collector };
  return { collectors: [first, ...others].map(({ collector }) => collector) };
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
