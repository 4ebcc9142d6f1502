import type { LogFields, Logger } from '../core/logger.ts';
import type { CollectorFailed, Outcome, Ran } from './outcome.ts';
import { createRemarkLog } from './remark-log.ts';

interface Recovered extends Ran {
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
      const ran = whose(outcome);
      const key = JSON.stringify(ran);
      const before = failing.get(key);
      if (outcome.status === 'ok') logRemarks(outcome);
      if (outcome.status === 'failed') {
        const { code } = outcome.error;
        if (before === code) log.debug({ target, ...ran, ...describe(outcome) }, 'collector still fails');
        else failed.push(outcome);
        failing.set(key, code);
      } else if (before !== undefined) {
        failing.delete(key);
        recovered.push({ ...ran, code: before });
      }
    }
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
