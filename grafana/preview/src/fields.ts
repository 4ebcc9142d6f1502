import {
  applyFieldOverrides,
  createTheme,
  type DataFrame,
  type FieldConfigPropertyItem,
  FieldConfigOptionsRegistry,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';

import type { Panel } from './model.ts';

export const theme = createTheme({ colors: { mode: 'dark' } });

/** All that the dashboards set of fields: standard ones, and what lies below `custom`. */
const STANDARD = [
  'color',
  'decimals',
  'displayName',
  'links',
  'mappings',
  'max',
  'min',
  'noValue',
  'thresholds',
  'unit',
];
const CUSTOM = [
  'align',
  'cellOptions',
  'drawStyle',
  'fillOpacity',
  'inspect',
  'lineStyle',
  'lineWidth',
  'showPoints',
  'spanNulls',
  'stacking',
  'thresholdsStyle',
  'width',
];

const registry = new FieldConfigOptionsRegistry(() => [
  ...STANDARD.map((path) => item(path, path, false)),
  ...CUSTOM.map((path) => item(`custom.${path}`, path, true)),
]);

function item(id: string, path: string, isCustom: boolean): FieldConfigPropertyItem {
  const process = (value: unknown): unknown => value;
  return {
    id,
    path,
    isCustom,
    name: id,
    process,
    shouldApply: () => true,
    settings: {},
  } as unknown as FieldConfigPropertyItem;
}

standardTransformersRegistry.setInit(
  () =>
    [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map((transformer) => ({
      id: transformer.id,
      name: transformer.name,
      transformation: () => Promise.resolve(transformer),
      editor: () => null,
      imageDark: '',
      imageLight: '',
    })) as never,
);

/** Frames with the transformations of the panel, and then its options of fields, as Grafana applies them. */
export async function prepared(panel: Panel, frames: DataFrame[]): Promise<DataFrame[]> {
  const transformed = await firstValueFrom(transformDataFrame(panel.transformations ?? [], frames));
  return applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: registry,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
}
