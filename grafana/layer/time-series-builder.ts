import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';

import { legendBelow } from './builders.ts';
import type { Colour, TimeSeriesSpec } from './spec.ts';
import { rangeTargets, refIdOf } from './targets.ts';

/** Lines over time; a limit is dashed, red, and never stacked. */
export function timeSeriesBuilder(spec: TimeSeriesSpec): TimeSeries {
  const { queries, unit, stacked, signed, colours = {}, lines } = spec;
  const builder = new TimeSeries()
    .targets(rangeTargets(queries))
    .unit(unit)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(stacked === true ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .stacking(new StackingConfigBuilder().mode(stacked === true ? StackingMode.Normal : StackingMode.None).group('A'))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        lines === true ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(legendBelow())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (signed !== true) builder.min(0);
  for (const [pattern, colour] of Object.entries(colours)) builder.overrideByRegexp(`/${pattern}/`, [paint(colour)]);
  for (const [index, { limit }] of queries.entries()) {
    if (limit === true) builder.overrideByQuery(refIdOf(index), LIMIT);
  }
  return builder;
}

const LIMIT: DynamicConfigValue[] = [
  paint('red'),
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
  { id: 'custom.stacking', value: { mode: StackingMode.None, group: 'A' } },
];

function paint(colour: Colour): DynamicConfigValue {
  return { id: 'color', value: { mode: 'fixed', fixedColor: colour } };
}
