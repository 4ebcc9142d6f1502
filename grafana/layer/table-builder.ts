import { TableCellHeight, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';

import { mappingsOf, thresholdsOf } from './fields.ts';
import { linkToValue } from './links.ts';
import type { LabelColumn, TableSpec, ValueColumn } from './spec.ts';
import { refIdOf, tableTargets } from './targets.ts';

/** Rows of labels and values: each query is a column, and rows of equal labels are one. */
export function tableBuilder(spec: TableSpec): Table {
  const { labels, values, infos = [], largestFirst } = spec;
  const exprs = [...infos, ...values.map(({ expr }) => expr)];
  const builder = new Table()
    .targets(tableTargets(exprs))
    .cellHeight(TableCellHeight.Sm)
    // By default 150, and what does not fit is beyond the right edge.
    .minWidth(60)
    .showHeader(true)
    .noValue('-')
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({ id: 'organize', options: organize(spec, exprs) });
  for (const label of labels) {
    if (label.to !== undefined) builder.overrideByName(label.name, linkOf(label, label.to));
  }
  for (const value of values) builder.overrideByName(value.name, looksOf(value));
  if (largestFirst !== undefined)
    builder.sortBy([new TableSortByFieldStateBuilder().displayName(largestFirst).desc(true)]);
  return builder;
}

/** Names and order of the columns, and which of them nobody needs. */
function organize(
  { labels, values, infos = [] }: TableSpec,
  exprs: readonly string[],
): Readonly<Record<string, unknown>> {
  const nameOf = (index: number): string => (exprs.length === 1 ? 'Value' : `Value #${refIdOf(index)}`);
  const listed = labels.map(({ label }) => label);
  const others = groupingOf(exprs).filter((label) => !listed.includes(label));
  const unwanted = ['Time', ...others, ...infos.map((_, index) => nameOf(index))];
  const columns = [
    ...labels.map(({ label, name }) => [label, name] as const),
    ...values.map(({ name }, index) => [nameOf(infos.length + index), name] as const),
  ];
  return {
    excludeByName: Object.fromEntries(unwanted.map((name) => [name, true])),
    indexByName: Object.fromEntries(columns.map(([name], index) => [name, index])),
    renameByName: Object.fromEntries(columns),
  };
}

/** Labels that tell rows apart, also those that are not shown. */
function groupingOf(exprs: readonly string[]): readonly string[] {
  const groups = exprs.flatMap((expr) => Array.from(expr.matchAll(/\bby \(([^)]*)\)/g), ([, names = '']) => names));
  return [...new Set(groups.flatMap((names) => names.split(', ')))];
}

function linkOf({ label, as }: LabelColumn, to: string): DynamicConfigValue[] {
  return [{ id: 'links', value: [linkToValue(to, as ?? label)] }];
}

function looksOf({ unit, steps, words, decimals }: ValueColumn): DynamicConfigValue[] {
  const isColoured = steps !== undefined || words !== undefined;
  return [
    { id: 'unit', value: unit ?? 'none' },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(words === undefined ? [] : [{ id: 'mappings', value: mappingsOf(words) }]),
    ...(steps === undefined ? [] : [{ id: 'thresholds', value: thresholdsOf(steps).build() }]),
    ...(isColoured ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
  ];
}
