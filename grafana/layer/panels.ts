import type {
  BarGaugeSpec,
  Query,
  RowSpec,
  StateTimelineSpec,
  StatSpec,
  TableSpec,
  TimeSeriesSpec,
  ValueColumn,
} from './spec.ts';

type Untyped<T> = Omit<T, 'type'>;

export function stat(spec: Untyped<StatSpec>): StatSpec {
  return { type: 'stat', ...spec };
}

export function timeSeries(spec: Untyped<TimeSeriesSpec>): TimeSeriesSpec {
  return { type: 'timeseries', ...spec };
}

export function stateTimeline(spec: Untyped<StateTimelineSpec>): StateTimelineSpec {
  return { type: 'state-timeline', ...spec };
}

export function barGauge(spec: Untyped<BarGaugeSpec>): BarGaugeSpec {
  return { type: 'bargauge', ...spec };
}

export function table(spec: Untyped<TableSpec>): TableSpec {
  return { type: 'table', ...spec };
}

export function row(id: number, title: string, panels: RowSpec['panels']): RowSpec {
  return { id, title, panels };
}

export function closedRow(id: number, title: string, panels: RowSpec['panels']): RowSpec {
  return { id, title, panels, closed: true };
}

/** A query with the name of its series, by default that of the server. */
export function q(expr: string, legend = '{{instance}}'): Query {
  return { expr, legend };
}

/** A query that is the limit of the others. */
export function limit(expr: string, legend: string): Query {
  return { expr, legend, limit: true };
}

/** A column of a table, and what else is known of it. */
export function column(name: string, expr: string, more: Omit<ValueColumn, 'name' | 'expr'> = {}): ValueColumn {
  return { name, expr, ...more };
}
