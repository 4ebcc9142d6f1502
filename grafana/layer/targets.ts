import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';

import { DATASOURCE } from './datasource.ts';
import { select } from './select.ts';
import type { Query } from './spec.ts';

/** A, B, C and so on. */
export function refIdOf(index: number): string {
  return String.fromCodePoint(65 + index);
}

/** Queries for values over the time shown. */
export function rangeTargets(queries: readonly Query[]): DataqueryBuilder[] {
  return queries.map(({ expr, legend }, index) => targetOf(expr, index).range().legendFormat(legend));
}

/** Queries for the values of now. */
export function instantTargets(queries: readonly Query[]): DataqueryBuilder[] {
  return queries.map(({ expr, legend }, index) => targetOf(expr, index).instant().legendFormat(legend));
}

/** Queries for the values of now as rows with a column for each label. */
export function tableTargets(exprs: readonly string[]): DataqueryBuilder[] {
  return exprs.map((expr, index) =>
    targetOf(expr, index).instant().format(PromQueryFormat.Table).legendFormat('__auto'),
  );
}

function targetOf(expr: string, index: number): DataqueryBuilder {
  return new DataqueryBuilder().datasource(DATASOURCE).expr(select(expr)).refId(refIdOf(index));
}
