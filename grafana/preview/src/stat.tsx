import {
  type DataFrame,
  type FieldDisplay,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  type VizOrientation,
} from '@grafana/data';
import { BarGauge, BigValue, VizRepeater, type VizRepeaterRenderValueProps } from '@grafana/ui';
import type { ComponentProps, ReactElement } from 'react';

import { theme } from './fields.ts';
import type { Panel } from './model.ts';

interface Props {
  readonly panel: Panel;
  readonly frames: DataFrame[];
  readonly width: number;
  readonly height: number;
}

function valuesOf({ panel, frames }: Props): FieldDisplay[] {
  const options = panel.options as unknown as { readonly reduceOptions: never };
  return getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    reduceOptions: options.reduceOptions,
    replaceVariables: (text) => text,
    theme,
    data: frames,
    timeZone: 'utc',
  });
}

/** As Grafana's panel of this type puts its component together. */
export function StatPanel(props: Props): ReactElement {
  const { panel, width, height } = props;
  const options = panel.options as unknown as ComponentProps<typeof BigValue> & {
    readonly orientation: VizOrientation;
  };
  const render = ({
    value,
    width: w,
    height: h,
    count,
    alignmentFactors,
  }: VizRepeaterRenderValueProps<FieldDisplay, never>) => (
    <BigValue
      value={value.display}
      count={count}
      colorMode={options.colorMode}
      graphMode={options.graphMode}
      justifyMode={options.justifyMode}
      textMode={options.textMode}
      alignmentFactors={alignmentFactors}
      width={w}
      height={h}
      theme={theme}
    />
  );
  return (
    <VizRepeater
      getValues={() => valuesOf(props)}
      getAlignmentFactors={getDisplayValueAlignmentFactors as never}
      renderValue={render as never}
      width={width}
      height={height}
      source={props.frames}
      itemSpacing={3}
      renderCounter={0}
      autoGrid
      orientation={options.orientation}
    />
  );
}

export function BarGaugePanel(props: Props): ReactElement {
  const { panel, width, height } = props;
  const options = panel.options as unknown as ComponentProps<typeof BarGauge> & {
    readonly valueMode: never;
    readonly minVizWidth: number;
    readonly minVizHeight: number;
  };
  const render = ({
    value,
    width: w,
    height: h,
    orientation,
    alignmentFactors,
  }: VizRepeaterRenderValueProps<FieldDisplay, never>) => (
    <BarGauge
      value={value.display}
      width={w}
      height={h}
      orientation={orientation}
      field={value.field}
      display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
      theme={theme}
      itemSpacing={8}
      displayMode={options.displayMode}
      alignmentFactors={alignmentFactors}
      showUnfilled={options.showUnfilled}
      valueDisplayMode={options.valueMode}
    />
  );
  return (
    <VizRepeater
      getValues={() => valuesOf(props)}
      getAlignmentFactors={getDisplayValueAlignmentFactors as never}
      renderValue={render as never}
      width={width}
      height={height}
      source={props.frames}
      renderCounter={0}
      itemSpacing={8}
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      maxVizHeight={300}
      orientation={options.orientation}
    />
  );
}
