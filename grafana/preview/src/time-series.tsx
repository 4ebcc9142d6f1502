import { type DataFrame, dateTime, FieldType, type TimeRange } from '@grafana/data';
import { TimeSeries, type UPlotConfigBuilder } from '@grafana/ui';
import { type ReactElement, useLayoutEffect } from 'react';

import { theme } from './fields.ts';
import { pointsOf } from './frames.ts';
import type { AnnotationAnswer, Panel } from './model.ts';

/** A moment that is marked on every time series. */
export interface Mark {
  readonly atMs: number;
  readonly colour: string;
}

/** The moments of annotations, each once. */
export function marksOf(annotations: readonly AnnotationAnswer[]): readonly Mark[] {
  const marks = annotations.flatMap(({ annotation, result }) =>
    result.flatMap((series) =>
      pointsOf(series).map(([seconds, value]) => ({
        atMs: annotation.useValueForTime ? Number(value) : seconds * 1_000,
        colour: annotation.iconColor,
      })),
    ),
  );
  return [...new Map(marks.map((mark) => [`${mark.atMs} ${mark.colour}`, mark])).values()];
}

interface Props {
  readonly panel: Panel;
  readonly frames: DataFrame[];
  readonly width: number;
  readonly height: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly marks: readonly Mark[];
}

export function TimeSeriesPanel({ panel, frames, width, height, fromSeconds, toSeconds, marks }: Props): ReactElement {
  const [from, to] = [dateTime(fromSeconds * 1_000), dateTime(toSeconds * 1_000)];
  const timeRange: TimeRange = { from, to, raw: { from, to } };
  const options = panel.options as unknown as { readonly legend: never };
  let seriesIndex = 0;
  const numbered = frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      field.type === FieldType.number ? { ...field, state: { ...field.state, seriesIndex: seriesIndex++ } } : field,
    ),
  }));
  return (
    <TimeSeries
      frames={numbered}
      structureRev={1}
      timeRange={timeRange}
      timeZone="utc"
      width={width}
      height={height}
      legend={options.legend}
      options={panel.options}
    >
      {(config) => <Marks config={config} marks={marks} />}
    </TimeSeries>
  );
}

/** The dashed lines of annotations, each with a triangle below; Grafana's own are no part of its components. */
function Marks({ config, marks }: { readonly config: UPlotConfigBuilder; readonly marks: readonly Mark[] }): null {
  useLayoutEffect(() => {
    config.addHook('draw', (plot) => {
      const { ctx, bbox } = plot;
      const { min = 0, max = 0 } = plot.scales['x'] ?? {};
      ctx.save();
      for (const { atMs, colour } of marks) {
        if (atMs < (min ?? 0) || atMs > (max ?? 0)) continue;
        const x = plot.valToPos(atMs, 'x', true);
        ctx.strokeStyle = theme.visualization.getColorByName(colour);
        ctx.fillStyle = ctx.strokeStyle;
        ctx.setLineDash([5, 5]);
        ctx.lineWidth = 1;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.beginPath();
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x - 5, bbox.top + bbox.height + 6);
        ctx.lineTo(x + 5, bbox.top + bbox.height + 6);
        ctx.fill();
      }
      ctx.restore();
    });
  }, [config, marks]);
  return null;
}
