export type ExpositionFormat = 'text' | 'openmetrics';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The value as written: a number past 2^53 is whole only here. */
  readonly rawValue: string;
}

export interface Family {
  readonly name: string;
  /** As its TYPE line says; `unknown` without one. */
  readonly type: string;
  readonly help: string | undefined;
  readonly samples: readonly Sample[];
}

interface OpenFamily {
  readonly name: string;
  type: string | undefined;
  help: string | undefined;
  unit: string | undefined;
  readonly samples: Sample[];
}

const metricName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const number = /[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?|[-+]?Inf(inity)?|NaN/iy;

/** Endings of the sample names that belong to a family of a type, beside the family's own name. */
const suffixes: Readonly<Record<ExpositionFormat, Readonly<Record<string, readonly string[]>>>> = {
  text: {
    counter: [''],
    gauge: [''],
    histogram: ['_bucket', '_sum', '_count'],
    summary: ['', '_sum', '_count'],
    untyped: [''],
  },
  openmetrics: {
    counter: ['_total', '_created'],
    gauge: [''],
    histogram: ['_bucket', '_sum', '_count', '_created'],
    gaugehistogram: ['_bucket', '_gsum', '_gcount'],
    summary: ['', '_sum', '_count', '_created'],
    info: ['_info'],
    stateset: [''],
    unknown: [''],
  },
};

/**
 * Families of an exposition in order of appearance, by the rules of Prometheus text 0.0.4 or OpenMetrics 1.0.
 *
 * Throws, with the line's number, on what a strict reader refuses: malformed lines, a series twice, a family in two
 * places, metadata twice or after samples, names that do not fit their type, a missing last newline or `# EOF`.
 */
export function parseExposition(text: string, format: ExpositionFormat): ReadonlyMap<string, Family> {
  const reader = new ExpositionReader(format);
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('The last line does not end in a newline.');
  if (format === 'openmetrics' && lines.pop() !== '# EOF')
    throw new Error('An OpenMetrics exposition ends in "# EOF".');
  for (const [index, line] of lines.entries()) {
    try {
      reader.read(line);
    } catch (error) {
      throw new Error(`Line ${index + 1}: ${error instanceof Error ? error.message : String(error)}\n${line}`, {
        cause: error,
      });
    }
  }
  return reader.families();
}

class ExpositionReader {
  readonly #format: ExpositionFormat;
  readonly #families = new Map<string, OpenFamily>();
  readonly #series = new Set<string>();
  #current: OpenFamily | undefined;

  constructor(format: ExpositionFormat) {
    this.#format = format;
  }

  read(line: string): void {
    if (line === '') {
      if (this.#format === 'openmetrics') throw new Error('OpenMetrics has no empty lines.');
    } else if (line.startsWith('#')) {
      this.#readComment(line);
    } else {
      this.#readSample(line);
    }
  }

  families(): ReadonlyMap<string, Family> {
    return new Map(
      [...this.#families].map(([name, { type, help, samples }]) => [
        name,
        { name, type: plainType(type), help, samples },
      ]),
    );
  }

  #readComment(line: string): void {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE|UNIT) (\S+) ?(.*)$/.exec(line) ?? [];
    const openMetrics = this.#format === 'openmetrics';
    if (keyword === 'HELP') this.#describe(name, 'help', unescape(rest, openMetrics ? 'n\\"' : 'n\\'));
    else if (keyword === 'TYPE') this.#describe(name, 'type', rest);
    else if (keyword === 'UNIT' && openMetrics) this.#describe(name, 'unit', rest);
    else if (openMetrics || /^#\s*(HELP|TYPE)\b/.test(line)) throw new Error('This is no comment one may write.');
  }

  #describe(name: string, key: 'help' | 'type' | 'unit', value: string): void {
    if (match(metricName, name, 0) !== name) throw new Error(`'${name}' is no name of a metric.`);
    const family = this.#enter(name);
    if (family.samples.length > 0) throw new Error(`The ${key} of ${name} comes after its samples.`);
    if (family[key] !== undefined) throw new Error(`${name} has its ${key} twice.`);
    if (key === 'type' && suffixes[this.#format][value] === undefined) throw new Error(`'${value}' is no type.`);
    family[key] = value;
  }

  #readSample(line: string): void {
    const sample = parseSample(line, this.#format);
    const key = seriesKey(sample);
    if (this.#series.has(key)) throw new Error('This series has been before.');
    this.#series.add(key);
    const family = this.#familyOf(sample.name);
    family.samples.push(sample);
  }

  /** The family a sample's name belongs to: the one being read if its type allows, else one of the sample's own name. */
  #familyOf(sampleName: string): OpenFamily {
    const current = this.#current;
    if (current !== undefined && this.#allows(current, sampleName)) return current;
    const family = this.#enter(sampleName);
    if (!this.#allows(family, sampleName))
      throw new Error(`A ${plainType(family.type)} has no sample named ${sampleName}.`);
    return family;
  }

  #allows(family: OpenFamily, sampleName: string): boolean {
    const endings = suffixes[this.#format][family.type ?? (this.#format === 'text' ? 'untyped' : 'unknown')] ?? [];
    return endings.some((ending) => family.name + ending === sampleName);
  }

  #enter(name: string): OpenFamily {
    if (this.#current?.name === name) return this.#current;
    if (this.#families.has(name)) throw new Error(`${name} has been before: the lines of a family stand together.`);
    const family: OpenFamily = { name, type: undefined, help: undefined, unit: undefined, samples: [] };
    this.#families.set(name, family);
    this.#current = family;
    return family;
  }
}

function seriesKey({ name, labels }: Sample): string {
  const names = Object.keys(labels).toSorted((a, b) => (a < b ? -1 : 1));
  return JSON.stringify([name, ...names.map((label) => [label, labels[label]])]);
}

function plainType(type: string | undefined): string {
  return type === undefined || type === 'untyped' ? 'unknown' : type;
}

function parseSample(line: string, format: ExpositionFormat): Sample {
  const name = need(match(metricName, line, 0), 'a name');
  let at = name.length;
  const labels: Record<string, string> = {};
  if (line[at] === '{') at = parseLabels(line, at, labels);
  if (line[at] !== ' ') throw new Error(`Expected a space at column ${at + 1}.`);
  const rawValue = need(match(number, line, at + 1), 'a value');
  const rest = line.slice(at + 1 + rawValue.length);
  const timestamp = format === 'text' ? /^( -?\d+)?$/ : /^( -?\d+(\.\d+)?)?( # \{.*\} \S+( \S+)?)?$/;
  if (!timestamp.test(rest)) throw new Error(`Did not expect '${rest}' after the value.`);
  return { name, labels, value: toNumber(rawValue), rawValue };
}

/** Reads from `{` on and returns the place after `}`. */
function parseLabels(line: string, start: number, labels: Record<string, string>): number {
  let at = start + 1;
  while (line[at] !== '}') {
    const name = need(match(labelName, line, at), `a label's name at column ${at + 1}`);
    const value = need(match(/="((?:[^"\\]|\\.)*)"/y, line, at + name.length), `="..." after the label ${name}`);
    if (Object.hasOwn(labels, name)) throw new Error(`The label ${name} comes twice.`);
    labels[name] = unescape(value.slice(2, -1), 'n\\"');
    at += name.length + value.length;
    if (line[at] === ',') at += 1;
    else if (line[at] !== '}') throw new Error(`Expected , or } at column ${at + 1}.`);
  }
  return at + 1;
}

function unescape(text: string, allowed: string): string {
  return text.replaceAll(/\\(.?)/g, (_, escaped: string) => {
    if (escaped === '' || !allowed.includes(escaped)) throw new Error(`'\\${escaped}' is no escape.`);
    return escaped === 'n' ? '\n' : escaped;
  });
}

function toNumber(text: string): number {
  if (!/inf/i.test(text)) return Number(text);
  return text.startsWith('-') ? -Infinity : Infinity;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function need(text: string | undefined, what: string): string {
  if (text === undefined) throw new Error(`Expected ${what}.`);
  return text;
}
