import { type DataFrame, type Field, FieldType, getFieldDisplayName } from '@grafana/data';
import { VizLegend } from '@grafana/ui';
import { LegendDisplayMode } from '@grafana/schema';
import type { ReactElement } from 'react';

import { theme } from './fields.ts';

interface Props {
  readonly frames: DataFrame[];
  readonly width: number;
  readonly height: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

interface Span {
  readonly value: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const LEGEND = 30;
const AXIS = 22;

/**
 * What Grafana's state timeline shows, drawn by hand because its panel is no part of the components: spans of equal
 * values in the colours and words of the mappings.
 */
export function StateTimelinePanel({ frames, width, height, fromSeconds, toSeconds }: Props): ReactElement {
  const rows = frames.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    return frame.fields
      .filter(({ type }) => type === FieldType.number)
      .map((field) => ({
        name: getFieldDisplayName(field, frame, frames),
        field,
        spans: time === undefined ? [] : spansOf(time, field),
      }));
  });
  const left = Math.min(width / 3, Math.max(...rows.map(({ name }) => name.length)) * 6.6 + 12);
  const bottom = height - LEGEND - AXIS;
  const rowHeight = bottom / rows.length;
  const x = (ms: number): number =>
    left +
    ((Math.max(ms, fromSeconds * 1_000) - fromSeconds * 1_000) / ((toSeconds - fromSeconds) * 1_000)) * (width - left);
  const seen = new Map(
    rows.flatMap(({ field, spans }) => spans.map(({ value }) => [value, lookOf(field, value)] as const)),
  );
  const items = [...seen]
    .toSorted(([a], [b]) => a - b)
    .map(([, { text, colour }]) => ({ label: text, color: colour, yAxis: 1 }));
  return (
    <div style={{ width, height, overflow: 'hidden' }}>
      <svg width={width} height={height - LEGEND} style={{ fontSize: 12, fontFamily: theme.typography.fontFamily }}>
        {rows.map(({ name, field, spans }, index) => (
          <g key={name + String(index)}>
            <text x={left - 8} y={rowHeight * (index + 0.5) + 4} textAnchor="end" fill={theme.colors.text.primary}>
              {name}
            </text>
            {spans.map(({ value, fromMs, toMs }) => {
              const { text, colour } = lookOf(field, value);
              const room = x(toMs) - x(fromMs);
              const y = rowHeight * (index + 0.1);
              return (
                <g key={fromMs}>
                  <rect
                    x={x(fromMs)}
                    y={y}
                    width={Math.max(1, room)}
                    height={rowHeight * 0.8}
                    fill={colour}
                    fillOpacity={0.7}
                  />
                  {room > text.length * 7 + 8 && (
                    <text x={x(fromMs) + 4} y={y + rowHeight * 0.4 + 4} fill={theme.colors.text.maxContrast}>
                      {text}
                    </text>
                  )}
                </g>
              );
            })}
          </g>
        ))}
        {[0.1, 0.3, 0.5, 0.7, 0.9].map((part) => (
          <text
            key={part}
            x={left + part * (width - left)}
            y={height - LEGEND - 6}
            textAnchor="middle"
            fill={theme.colors.text.secondary}
          >
            {new Date((fromSeconds + part * (toSeconds - fromSeconds)) * 1_000).toISOString().slice(11, 19)}
          </text>
        ))}
      </svg>
      <VizLegend items={items} placement="bottom" displayMode={LegendDisplayMode.List} />
    </div>
  );
}

/** Neighbours of the same value are one, to where the next begins. */
function spansOf(time: Field, field: Field): readonly Span[] {
  const { interval = 0 } = time.config;
  const times = time.values as readonly number[];
  const values = field.values as readonly number[];
  return values.reduce<readonly Span[]>((spans, value, index) => {
    const fromMs = times[index] ?? 0;
    const toMs = fromMs + (interval ?? 0);
    const last = spans.at(-1);
    if (last === undefined || last.value !== value || fromMs > last.toMs + 1)
      return [...spans, { value, fromMs, toMs }];
    return [...spans.slice(0, -1), { ...last, toMs }];
  }, []);
}

function lookOf(field: Field, value: number): { readonly text: string; readonly colour: string } {
  const display = field.display?.(value);
  return { text: display?.text ?? String(value), colour: display?.color ?? theme.colors.text.primary };
}
