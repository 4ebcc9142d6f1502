import type { PanelSpec, RowSpec } from './spec.ts';

/** Where a panel stands; the grid is 24 columns wide. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface PlacedRow {
  readonly row: RowSpec;
  readonly place: Place;
  readonly panels: readonly { readonly panel: PanelSpec; readonly place: Place }[];
}

const COLUMNS = 24;

const HEIGHTS: Readonly<Record<PanelSpec['type'], number>> = {
  bargauge: 8,
  stat: 4,
  'state-timeline': 8,
  table: 8,
  timeseries: 8,
};

const WIDTHS: Readonly<Record<PanelSpec['type'], number>> = {
  bargauge: 12,
  stat: 4,
  'state-timeline': 12,
  table: 24,
  timeseries: 12,
};

/** Places rows below each other and the panels of each from left to right; the next line begins below the highest. */
export function placeRows(rows: readonly RowSpec[]): readonly PlacedRow[] {
  let y = 0;
  return rows.map((row) => {
    const place = { x: 0, y, w: COLUMNS, h: 1 };
    const { panels, bottom } = placePanels(row.panels, y + 1);
    // What a closed row holds takes no room until it is opened.
    y = row.closed === true ? y + 1 : bottom;
    return { row, place, panels };
  });
}

function placePanels(
  panels: readonly PanelSpec[],
  top: number,
): { readonly panels: PlacedRow['panels']; readonly bottom: number } {
  let x = 0;
  let y = top;
  let bottom = top;
  const placed = panels.map((panel) => {
    const { width: w = WIDTHS[panel.type], height: h = HEIGHTS[panel.type] } = panel;
    if (x + w > COLUMNS) {
      x = 0;
      y = bottom;
    }
    const place = { x, y, w, h };
    x += w;
    bottom = Math.max(bottom, y + h);
    return { panel, place };
  });
  return { panels: placed, bottom };
}
