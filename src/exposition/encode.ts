import type { Histogram, LabelSet } from '../core/collector.ts';
import type { Family, FamilyType } from '../core/family.ts';

/** The two formats of a metrics page: Prometheus text 0.0.4 and OpenMetrics 1.0. */
export type Format = 'text' | 'openmetrics';

const LABEL_SPECIAL = /[\\"\n]/;
const LABEL_SPECIAL_ALL = /[\\"\n]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

/**
 * Writes label names and values as `{a="x",b="y"}`; empty without labels. Both formats share it.
 *
 * @param names in the order of `values`; both have the same length
 */
export function encodeLabels(names: readonly string[], values: readonly string[]): LabelSet {
  if (names.length === 0) return '' as LabelSet;
  const openings = openingsOf(names);
  let text = '';
  for (let index = 0; index < names.length; index++) text += openings[index] + escapeLabelValue(values[index] ?? '');
  return `${text}"}` as LabelSet;
}

/** What stands before the values of labels. A collector has the same names in each row. */
const knownOpenings = new WeakMap<readonly string[], readonly string[]>();

/** Kept, for the fewer pieces a text has the sooner it is one: 0.3 us a row of 0.8 to look it up in a map. */
export function openingsOf(names: readonly string[]): readonly string[] {
  const known = knownOpenings.get(names);
  if (known !== undefined) return known;
  const openings = names.map((name, index) => `${index === 0 ? '{' : '",'}${name}="`);
  knownOpenings.set(names, openings);
  return openings;
}

export function escapeLabelValue(value: string): string {
  return LABEL_SPECIAL.test(value) ? value.replace(LABEL_SPECIAL_ALL, (char) => ESCAPES[char] ?? char) : value;
}

/** The same labels with one more behind them. */
export function extendLabels(labels: LabelSet, name: string, value: string): LabelSet {
  const more = `${name}="${escapeLabelValue(value)}"}`;
  return (labels === '' ? `{${more}` : `${labels.slice(0, -1)},${more}`) as LabelSet;
}

/** Writes a JavaScript number as both formats read it. */
export function encodeNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

/**
 * Writes the `le` of a histogram's bucket in the canonical form of OpenMetrics, `1.0` and not `1`, `1e+06` and not
 * `1000000`, in both formats: the same bound must give the same series whoever writes it.
 */
export function encodeBound(bound: number): string {
  const text = encodeBoundLabel(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** Writes a bound as a label of a gauge, `1` and not `1.0`: the form in which it is found in the field. */
export function encodeBoundLabel(bound: number): string {
  if (!Number.isFinite(bound)) return encodeNumber(bound);
  const [mantissa = '', exponent = ''] = bound.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(bound);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Writes the lines of one histogram, its +Inf bucket among them. */
export function encodeHistogram(name: string, labels: LabelSet, { buckets, sum, count }: Histogram): string {
  const lines = buckets.map(([bound, upTo]) =>
    encodeSample(`${name}_bucket`, extendLabels(labels, 'le', encodeBound(bound)), upTo),
  );
  return (
    lines.join('') +
    encodeSample(`${name}_bucket`, extendLabels(labels, 'le', '+Inf'), count) +
    encodeSample(`${name}_sum`, labels, sum) +
    encodeSample(`${name}_count`, labels, count)
  );
}

/** Writes one sample's line. */
export function encodeSample(name: string, labels: LabelSet, value: string | number | bigint): string {
  return `${name}${labels} ${encodeValue(value)}\n`;
}

/** Writes a sample's value; a text is taken for a number that is written already. */
export function encodeValue(value: string | number | bigint): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? encodeNumber(value) : String(value);
}

/**
 * Writes the HELP and TYPE lines before a family's samples.
 *
 * Samples have the same names in both formats, so a counter whose name lacks `_total` cannot be a counter in
 * OpenMetrics and is `unknown` there. In the text format an info is a gauge and `unknown` is called `untyped`.
 */
export function encodeHeader(family: Family, format: Format): string {
  const type = format === 'text' ? textType(family.type) : openMetricsType(family);
  const name = format === 'text' ? family.name : openMetricsFamilyName(family.name, type);
  return `# HELP ${name} ${escapeHelp(family.help, format)}\n# TYPE ${name} ${type}\n`;
}

/** What stands after the last family. */
export function encodeEnd(format: Format): string {
  return format === 'text' ? '' : '# EOF\n';
}

function textType(type: FamilyType): string {
  if (type === 'info') return 'gauge';
  return type === 'unknown' ? 'untyped' : type;
}

function openMetricsType(family: Family): FamilyType {
  return family.type === 'counter' && !family.name.endsWith('_total') ? 'unknown' : family.type;
}

function openMetricsFamilyName(name: string, type: string): string {
  if (type === 'counter') return name.slice(0, -'_total'.length);
  return type === 'info' ? name.slice(0, -'_info'.length) : name;
}

function escapeHelp(help: string, format: Format): string {
  const pattern = format === 'text' ? /[\\\n]/g : LABEL_SPECIAL_ALL;
  return help.replace(pattern, (char) => ESCAPES[char] ?? char);
}
