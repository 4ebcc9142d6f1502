import { createDataFrame, type DataFrame, type FieldConfig, FieldType } from '@grafana/data';

import type { Answer, Series } from './model.ts';

/** The frames that Grafana's data source makes of answers: one a series, or one a query where a table is asked for. */
export function framesOf(answers: readonly Answer[]): DataFrame[] {
  return answers.flatMap((answer) =>
    answer.target.format === 'table'
      ? tableOf(answer, answers.length > 1)
      : answer.result.map((series) => frameOf(answer, series)),
  );
}

function frameOf({ target, stepSeconds }: Answer, series: Series): DataFrame {
  const points = pointsOf(series);
  const config: FieldConfig = { displayNameFromDS: nameOf(target.legendFormat ?? '', series.metric) };
  return createDataFrame({
    refId: target.refId,
    fields: [
      {
        name: 'Time',
        type: FieldType.time,
        // By it the panel knows that points are missing.
        config: target.instant === true ? {} : { interval: stepSeconds * 1_000 },
        values: points.map(([seconds]) => seconds * 1_000),
      },
      {
        name: 'Value',
        type: FieldType.number,
        labels: { ...series.metric },
        config,
        values: points.map(([, text]) => numberOf(text)),
      },
    ],
  });
}

function tableOf({ target, result }: Answer, isOneOfMany: boolean): DataFrame[] {
  if (result.length === 0) return [];
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].toSorted();
  const points = result.map((series) => pointsOf(series)[0] ?? ([0, 'NaN'] as const));
  return [
    createDataFrame({
      refId: target.refId,
      meta: { preferredVisualisationType: 'table' },
      fields: [
        { name: 'Time', type: FieldType.time, config: {}, values: points.map(([seconds]) => seconds * 1_000) },
        ...labels.map((label) => ({
          name: label,
          type: FieldType.string,
          config: { filterable: true },
          values: result.map(({ metric }) => metric[label] ?? ''),
        })),
        {
          name: isOneOfMany ? `Value #${target.refId}` : 'Value',
          type: FieldType.number,
          config: {},
          values: points.map(([, text]) => numberOf(text)),
        },
      ],
    }),
  ];
}

export function pointsOf({ value, values }: Series): readonly (readonly [number, string])[] {
  return values ?? (value === undefined ? [] : [value]);
}

export function nameOf(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
}

function numberOf(text: string): number {
  return /inf/i.test(text) ? Number(text.replace(/\+?inf/i, 'Infinity')) : Number(text);
}
