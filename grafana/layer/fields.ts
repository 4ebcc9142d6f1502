import {
  MappingType,
  SpecialValueMatch,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';

import type { Steps, Words } from './spec.ts';

/** Steps as Grafana has them; without any, one plain colour, or else Grafana makes everything above 80 red. */
export function thresholdsOf(steps: Steps = ['text']): ThresholdsConfigBuilder {
  const [first, ...others] = steps;
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first }, ...others.map(([value, color]) => ({ value, color }))]);
}

export function mappingsOf(words: Words): ValueMapping[] {
  const texts = Object.entries(words).map(([value, [text, color]], index) => [value, { text, color, index }] as const);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(texts) }];
}

/** Without it, what is absent takes the colour of the lowest step, which is often that of all being well. */
export function mappingOfNothing(text: string): ValueMapping {
  const result = { text, color: 'text', index: 1_000 };
  return { type: MappingType.SpecialValue, options: { match: SpecialValueMatch.NullAndNan, result } };
}
