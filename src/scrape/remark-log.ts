import type { RemarkKind } from '../core/collector.ts';
import type { LogFields, Logger } from '../core/logger.ts';
import type { CollectorRan } from './outcome.ts';

const REMARKS: Readonly<Record<RemarkKind, { readonly level: 'warn' | 'info'; readonly message: string }>> = {
  not_a_number: { level: 'warn', message: 'values that are no numbers are left out' },
  not_returned: { level: 'warn', message: 'a declared column is not in the result' },
  repeated: { level: 'warn', message: 'a column is in the result several times, the last one counts' },
  no_metric: { level: 'warn', message: 'a block declares labels only' },
  family_taken: { level: 'warn', message: 'a family of this name is on the page already, this one is left out' },
  series_taken: {
    level: 'warn',
    message: 'series of another block of this name are left out: both predicates said yes',
  },
  not_declared: { level: 'info', message: 'a column of the result is not declared' },
};

/** Logs once what is odd of the results of a collector: of each column, and that series were cut. */
export function createRemarkLog(log: Logger, target: string): (outcome: CollectorRan) => void {
  const said = new Set<string>();

  function sayOnce(level: 'warn' | 'info', fields: LogFields, message: string): void {
    const key = JSON.stringify([fields['collector'], fields['column'], message]);
    if (said.has(key)) return;
    said.add(key);
    log[level]({ target, ...fields }, message);
  }

  return ({ collector, remarks = [], dropped }) => {
    for (const { kind, column } of remarks) {
      const { level, message } = REMARKS[kind];
      sayOnce(level, { collector, column }, message);
    }
    const series = dropped.get('series_limit');
    if (series === undefined) return;
    const hint = 'Raise --scrape.max-series-per-collector and --scrape.max-series, or let the query return fewer rows.';
    sayOnce('warn', { collector, series, hint }, 'series over the limit are left out');
  };
}
