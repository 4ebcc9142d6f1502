import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';

import { barGaugeBuilder, stateTimelineBuilder, statBuilder } from './builders.ts';
import { DATASOURCE } from './datasource.ts';
import { mappingOfNothing, mappingsOf, thresholdsOf } from './fields.ts';
import type { Place } from './grid.ts';
import { panelLink } from './links.ts';
import type { PanelBuilder } from './panel-builder.ts';
import type { PanelSpec, Steps } from './spec.ts';
import { tableBuilder } from './table-builder.ts';
import { timeSeriesBuilder } from './time-series-builder.ts';

/** Where a panel has no steps: bars are not drawn in the colour of text. */
const PLAIN: Readonly<Partial<Record<PanelSpec['type'], Steps>>> = { bargauge: ['blue'] };

/** A panel as Grafana reads it. */
export function renderPanel(spec: PanelSpec, place: Place): Panel {
  const builder = builderOf(spec)
    .id(spec.id)
    .title(spec.title)
    .description(spec.says)
    .datasource(DATASOURCE)
    .gridPos(place)
    .thresholds(thresholdsOf(spec.steps ?? PLAIN[spec.type]));
  const words = spec.words === undefined ? [] : mappingsOf(spec.words);
  const mappings = spec.type === 'stat' ? [...words, mappingOfNothing(spec.none)] : words;
  if (mappings.length > 0) builder.mappings(mappings);
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  if (spec.more !== undefined) builder.links(spec.more.map(panelLink));
  return withoutNewer(builder.build());
}

/** Options that the SDK writes by itself and that came after Grafana 10.4. */
const NEWER = [
  'maxVizHeight',
  'namePlacement',
  'percentChangeColorMode',
  'perPage',
  'showPercentChange',
  'sizing',
  'wideLayout',
];

function withoutNewer(panel: Panel): Panel {
  const options = Object.entries((panel.options ?? {}) as Readonly<Record<string, unknown>>);
  const isKnown = ([name]: readonly [string, unknown]): boolean =>
    !NEWER.includes(name) && !(panel.type === 'bargauge' && name === 'legend');
  return { ...panel, options: Object.fromEntries(options.filter(isKnown)) };
}

function builderOf(spec: PanelSpec): PanelBuilder {
  switch (spec.type) {
    case 'bargauge':
      return barGaugeBuilder(spec);
    case 'stat':
      return statBuilder(spec);
    case 'state-timeline':
      return stateTimelineBuilder(spec);
    case 'table':
      return tableBuilder(spec);
    case 'timeseries':
      return timeSeriesBuilder(spec);
  }
}
