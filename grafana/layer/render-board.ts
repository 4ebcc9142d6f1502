import {
  DashboardCursorSync,
  DashboardLinkType,
  type Panel,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';

import { annotationsOf } from './annotations.ts';
import { DATASOURCE } from './datasource.ts';
import { type PlacedRow, placeRows } from './grid.ts';
import { renderPanel } from './render-panel.ts';
import type { BoardSpec } from './spec.ts';
import { variablesOf } from './variables.ts';

/** Grafana 10.4 reads this one, and later ones migrate it; the SDK would write that of the newest. */
const SCHEMA_VERSION = 36;

/** A dashboard as Grafana reads it; the SDK's own type of it is deprecated for one that 10.4 cannot read. */
export function renderBoard(board: BoardSpec): object {
  return {
    uid: board.uid,
    title: board.title,
    description: board.answers,
    tags: ['postgresql', 'walguard'],
    timezone: 'browser',
    editable: false,
    graphTooltip: DashboardCursorSync.Crosshair,
    time: { from: 'now-6h', to: 'now' },
    refresh: '1m',
    schemaVersion: SCHEMA_VERSION,
    templating: { list: variablesOf(board) },
    annotations: { list: annotationsOf(board).map((annotation) => ({ ...annotation, datasource: DATASOURCE })) },
    links: [
      {
        title: 'PostgreSQL',
        type: DashboardLinkType.Dashboards,
        icon: 'external link',
        tooltip: 'The other dashboards of walguard, with what is chosen here',
        tags: ['walguard'],
        asDropdown: true,
        targetBlank: false,
        includeVars: true,
        keepTime: true,
      },
    ],
    panels: placeRows(board.rows).flatMap(renderRow),
  };
}

/** A closed row holds its panels; those of an open one stand behind it. */
function renderRow({ row, place, panels }: PlacedRow): readonly (Panel | RowPanel)[] {
  const rendered = panels.map(({ panel, place: at }) => renderPanel(panel, at));
  const closed = row.closed === true;
  const head: RowPanel = {
    type: 'row',
    id: row.id,
    title: row.title,
    collapsed: closed,
    gridPos: place,
    panels: closed ? rendered : [],
  };
  return closed ? [head] : [head, ...rendered];
}
