import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import 'uplot/dist/uPlot.min.css';

import { cacheFieldDisplayNames, type DataFrame, ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import type { ComponentProps, ReactElement } from 'react';
import { createRoot } from 'react-dom/client';

import { prepared, theme } from './fields.ts';
import { framesOf } from './frames.ts';
import type { Input, Panel } from './model.ts';
import { BarGaugePanel, StatPanel } from './stat.tsx';
import { StateTimelinePanel } from './state-timeline.tsx';
import { marksOf, TimeSeriesPanel } from './time-series.tsx';

declare global {
  interface Window {
    previewInput: Input;
    previewDone: boolean;
  }
}

const CELL = 30;
const GAP = 8;
const MARGIN = 16;
const HEAD = 64;

const input = window.previewInput;
const { dashboard, panels, answers, fromSeconds, toSeconds } = input;
const marks = marksOf(input.annotations);

function contentOf(panel: Panel, frames: DataFrame[], width: number, height: number): ReactElement {
  const common = { panel, frames, width, height, fromSeconds, toSeconds, marks };
  const isEmpty = frames.length === 0 || frames.every(({ length }) => length === 0);
  switch (panel.type) {
    case 'stat':
      return <StatPanel {...common} />;
    case 'bargauge':
      return <BarGaugePanel {...common} />;
    case 'timeseries':
      return isEmpty ? noData(panel, width, height) : <TimeSeriesPanel {...common} />;
    case 'state-timeline':
      return isEmpty ? noData(panel, width, height) : <StateTimelinePanel {...common} />;
    case 'table':
      return isEmpty ? noData(panel, width, height) : tableOf(panel, frames, width, height);
    default:
      return message(`a panel of type ${panel.type}, which the preview cannot draw`, width, height);
  }
}

function tableOf(panel: Panel, frames: DataFrame[], width: number, height: number): ReactElement {
  const options = panel.options as unknown as Pick<ComponentProps<typeof TableNG>, 'cellHeight' | 'sortBy'>;
  cacheFieldDisplayNames(frames);
  const [data] = frames;
  if (data === undefined) return message('', width, height);
  return (
    <TableNG
      data={data}
      width={width}
      height={height}
      noHeader={false}
      {...(options.cellHeight === undefined ? {} : { cellHeight: options.cellHeight })}
      sortBy={options.sortBy ?? []}
      fieldConfig={panel.fieldConfig}
      noValue={panel.fieldConfig.defaults.noValue ?? ''}
      enableVirtualization={false}
      structureRev={1}
    />
  );
}

function noData({ fieldConfig }: Panel, width: number, height: number): ReactElement {
  return message(fieldConfig.defaults.noValue ?? 'No data', width, height);
}

function message(text: string, width: number, height: number): ReactElement {
  const style = { width, height, display: 'flex', alignItems: 'center', justifyContent: 'center' };
  return <div style={{ ...style, color: theme.colors.text.secondary }}>{text}</div>;
}

function Placed({ panel, frames }: { readonly panel: Panel; readonly frames: DataFrame[] }): ReactElement {
  const column = (input.width - 2 * MARGIN + GAP) / 24;
  const { x, y, w, h } = panel.gridPos;
  const [width, height] = [w * column - GAP, h * (CELL + GAP) - GAP];
  const style = {
    position: 'absolute',
    left: MARGIN + x * column,
    top: HEAD + y * (CELL + GAP),
    width,
    height,
  } as const;
  if (panel.type === 'row') {
    const arrow = panel.collapsed === true ? '›' : '⌄';
    const font = { fontSize: 16, fontWeight: 500, lineHeight: `${CELL}px` };
    return <div style={{ ...style, ...font }}>{`${arrow} ${panel.title}`}</div>;
  }
  return (
    <div style={style}>
      <PanelChrome
        title={panel.title}
        {...(panel.description === undefined ? {} : { description: panel.description })}
        width={width}
        height={height}
        padding={panel.type === 'table' ? 'none' : 'md'}
      >
        {(innerWidth, innerHeight) => contentOf(panel, frames, innerWidth, innerHeight)}
      </PanelChrome>
    </div>
  );
}

async function start(): Promise<void> {
  const frames = new Map<number, DataFrame[]>();
  for (const panel of panels) {
    if (panel.type !== 'row') frames.set(panel.id, await prepared(panel, framesOf(answers[panel.id] ?? [])));
  }

  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * (CELL + GAP);
  const root = document.createElement('div');
  document.body.append(root);
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ position: 'relative', height: HEAD + bottom + MARGIN, background: theme.colors.background.canvas }}>
        <div style={{ padding: `12px ${MARGIN}px` }}>
          <div style={{ fontSize: 18, fontWeight: 500 }}>{dashboard.title}</div>
          <div style={{ color: theme.colors.text.secondary }}>{dashboard.description}</div>
        </div>
        {panels.map((panel) => (
          <Placed key={panel.id} panel={panel} frames={frames.get(panel.id) ?? []} />
        ))}
      </div>
    </ThemeContext.Provider>,
  );
  await document.fonts.ready;
  setTimeout(() => {
    window.previewDone = true;
  }, 1_500);
}

void start();
