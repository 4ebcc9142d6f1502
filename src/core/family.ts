/** The kinds of metric family; `info` is a gauge in the text format, `unknown` is `untyped` there. */
export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'info' | 'unknown';

/** Everything about a metric family but its samples. Names are checked where families are declared. */
export interface Family {
  /** As it stands in a sample, with `_total` or `_info` where it has one; for a histogram without `_bucket`. */
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  /** In the order of the label values. */
  readonly labelNames: readonly string[];
}

/** A metric name of the exposition formats, without the colon that is kept for recording rules. */
export const METRIC_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A label name; a leading double underscore is Prometheus' own. */
export const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Declares a family; without label names its one sample has no labels. */
export function declareFamily(
  name: string,
  type: FamilyType,
  help: string,
  labelNames: readonly string[] = [],
): Family {
  return { name, type, help, labelNames };
}

/** The names its samples have: of a histogram its own too, which nothing else may be called either. */
export function seriesNames({ name, type }: Family): readonly string[] {
  return type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
