import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';

import type { BarGaugeSpec, StateTimelineSpec, StatSpec } from './spec.ts';
import { instantTargets, rangeTargets } from './targets.ts';

/** One number a series: the newest, or the largest of the time shown. */
export function statBuilder({ queries, unit, none, over, words, steps }: StatSpec): Stat {
  const isColoured = words !== undefined || steps !== undefined;
  return new Stat()
    .targets(over === undefined ? instantTargets(queries) : rangeTargets(queries))
    .unit(unit)
    .noValue(none)
    .graphMode(BigValueGraphMode.None)
    .colorMode(isColoured ? BigValueColorMode.Background : BigValueColorMode.Value)
    .textMode(BigValueTextMode.Auto)
    .reduceOptions(reduceTo(over === undefined ? 'lastNotNull' : over));
}

export function barGaugeBuilder({ queries, unit, none, max }: BarGaugeSpec): BarGauge {
  const builder = new BarGauge()
    .targets(instantTargets(queries))
    .unit(unit)
    .noValue(none)
    .min(0)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Text)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(reduceTo('lastNotNull'));
  return max === undefined ? builder : builder.max(max);
}

export function stateTimelineBuilder({ queries, unit }: StateTimelineSpec): StateTimeline {
  return new StateTimeline()
    .targets(rangeTargets(queries))
    .unit(unit)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .rowHeight(0.8)
    .lineWidth(0)
    .fillOpacity(70)
    .legend(legendBelow())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single));
}

export function legendBelow(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
}

function reduceTo(calculation: string): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().values(false).calcs([calculation]).fields('');
}
