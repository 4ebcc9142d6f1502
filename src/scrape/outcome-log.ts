import type { Logger } from '../core/logger.ts';
import type { Outcome } from './outcome.ts';
import { createRemarkLog } from './remark-log.ts';

/** Logs what became of each collector when it changes, and what is odd of its result once: not each scrape. */
export function createOutcomeLog(log: Logger, target: string): (outcomes: readonly Outcome[]) => void {
  const failing = new Map<string, string>();
  const logRemarks = createRemarkLog(log, target);

  return (outcomes) => {
    for (const outcome of outcomes) {
      const { collector } = outcome;
      const before = failing.get(collector);
      if (outcome.status === 'ok') logRemarks(outcome);
      if (outcome.status === 'failed') {
        const { code, message, hint } = outcome.error;
        const fields = { target, collector, code, reason: message, hint };
        if (before === code) {
          log.debug(fields, 'collector still fails');
        } else {
          log.warn(fields, 'collector failed');
          failing.set(collector, code);
        }
      } else if (before !== undefined) {
        failing.delete(collector);
        log.info({ target, collector, code: before }, 'collector works again');
      }
    }
  };
}
