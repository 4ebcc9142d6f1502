import type { Remark, RemarkKind } from '../core/collector.ts';
import type { Logger } from '../core/logger.ts';
import type { DropReason } from '../core/reasons.ts';
import type { Outcome } from './outcome.ts';

const REMARKS: Readonly<Record<RemarkKind, { readonly level: 'warn' | 'info'; readonly message: string }>> = {
  not_a_number: { level: 'warn', message: 'values that are no numbers are left out' },
  not_returned: { level: 'warn', message: 'a declared column is not in the result' },
  family_taken: { level: 'warn', message: 'a family of this name is on the page already, this one is left out' },
  not_declared: { level: 'info', message: 'a column of the result is not declared' },
};

/** Logs what became of each collector when it changes, and what is odd of a column once: not each scrape. */
export function createOutcomeLog(log: Logger, target: string): (outcomes: readonly Outcome[]) => void {
  const failing = new Map<string, string>();
  const said = new Set<string>();

  function sayOnce(collector: string, { kind, column }: Remark): void {
    const key = JSON.stringify([collector, kind, column]);
    if (said.has(key)) return;
    said.add(key);
    const { level, message } = REMARKS[kind];
    log[level]({ target, collector, [kind === 'family_taken' ? 'family' : 'column']: column }, message);
  }

  function sayCut(collector: string, dropped: ReadonlyMap<DropReason, number>): void {
    const series = dropped.get('series_limit');
    const key = JSON.stringify([collector, 'series_limit']);
    if (series === undefined || said.has(key)) return;
    said.add(key);
    const hint = 'Raise --scrape.max-series-per-collector and --scrape.max-series, or let the query return fewer rows.';
    log.warn({ target, collector, series, hint }, 'series over the limit are left out');
  }

  return (outcomes) => {
    for (const outcome of outcomes) {
      const { collector } = outcome;
      const before = failing.get(collector);
      if (outcome.status === 'ok') {
        for (const remark of outcome.remarks ?? []) sayOnce(collector, remark);
        sayCut(collector, outcome.dropped);
      }
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
