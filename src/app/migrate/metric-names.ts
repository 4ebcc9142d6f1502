/** Names of exporters of PostgreSQL; those of other programs are none of walguard's business. */
const OF_POSTGRES = /^(?:pg|pgbouncer|pgbackrest|pgscv|postgres|postgresql|ccp|cnpg)_\w/;

/** Text in quotes, a comment, a selector in braces, a duration, and lists of labels: none of them names a metric. */
const NO_NAMES =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#.*|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\[[^\]]*\]/gi;
const NAMED_IN_SELECTOR = /__name__\s*=\s*"([a-zA-Z_:][\w:]*)"/g;
const WORD = /[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:]*\s*\()/g;

/** Names of metrics of PostgreSQL in an expression of PromQL. Variables of Grafana in a name leave it out. */
export function metricNames(expression: string): readonly string[] {
  const named = [...expression.matchAll(NAMED_IN_SELECTOR)].map(([, name = '']) => name);
  const bare = expression
    .replaceAll(NO_NAMES, ' ')
    .replaceAll(/\{[^{}]*\}/g, ' ')
    // What Grafana puts something in for has no name yet.
    .replaceAll(/[\w:]*(?:\$\w+|\[\[\w+\]\])[\w:]*/g, ' ');
  const words = [...bare.matchAll(WORD)].map(([word]) => word);
  return [...new Set([...named, ...words])].filter((name) => OF_POSTGRES.test(name));
}

/** An expression, and where it stands. */
export interface Expression {
  readonly where: string;
  readonly text: string;
}

/** The expressions of a file of rules, or of an object PrometheusRule, as it was read from YAML. */
export function expressionsOfRules(file: string, document: unknown): readonly Expression[] {
  const groups = arrayOf(fieldOf(fieldOf(document, 'spec') ?? document, 'groups'));
  return groups.flatMap((group) =>
    arrayOf(fieldOf(group, 'rules')).flatMap((rule) => {
      const name = fieldOf(rule, 'alert') ?? fieldOf(rule, 'record');
      const text = fieldOf(rule, 'expr');
      return typeof text === 'string' ? [{ where: `${file}: ${String(name)}`, text }] : [];
    }),
  );
}

/** Names that rules of a file record: nobody else has to give them. */
export function recordedNames(document: unknown): readonly string[] {
  const groups = arrayOf(fieldOf(fieldOf(document, 'spec') ?? document, 'groups'));
  return groups.flatMap((group) =>
    arrayOf(fieldOf(group, 'rules')).flatMap((rule) => {
      const name = fieldOf(rule, 'record');
      return typeof name === 'string' ? [name] : [];
    }),
  );
}

/** The expressions of a dashboard of Grafana: of its panels, its variables and its annotations. */
export function expressionsOfDashboard(file: string, node: unknown, panel = ''): readonly Expression[] {
  if (Array.isArray(node)) return node.flatMap((each) => expressionsOfDashboard(file, each, panel));
  if (typeof node !== 'object' || node === null) return [];
  const title = fieldOf(node, 'title') ?? fieldOf(node, 'name');
  const place = typeof title === 'string' && title !== '' ? title : panel;
  return Object.entries(node).flatMap(([key, value]: readonly [string, unknown]) => {
    const isExpression = typeof value === 'string' && (key === 'expr' || key === 'query' || key === 'definition');
    return isExpression ? [{ where: `${file}: ${place}`, text: value }] : expressionsOfDashboard(file, value, place);
  });
}

function fieldOf(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null ? (node as Readonly<Record<string, unknown>>)[name] : undefined;
}

function arrayOf(node: unknown): readonly unknown[] {
  return Array.isArray(node) ? node : [];
}
