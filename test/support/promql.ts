import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

/** One selector of a query, such as `rate(pg_x_total{job="a"}[5m])` has one. */
export interface Selector {
  readonly name: string;
  /** Label names it asks for, and each as it is written. */
  readonly labels: readonly string[];
  readonly matchers: readonly string[];
  /** The function that it is a direct argument of, if any. */
  readonly calledBy: string | undefined;
  /** The range in brackets as it is written, if it has one. */
  readonly range: string | undefined;
}

export interface Analysed {
  /** What Prometheus would refuse; empty if nothing. */
  readonly errors: readonly string[];
  readonly selectors: readonly Selector[];
  /** Label names of by, without, on, ignoring, group_left and group_right. */
  readonly grouping: readonly string[];
}

type ValueType = 'matrix' | 'number' | 'string' | 'vector';

interface Signature {
  readonly takes: readonly ValueType[];
  readonly gives: ValueType;
}

const OVER_TIME = [
  'changes',
  'deriv',
  'increase',
  'irate',
  'last_over_time',
  'max_over_time',
  'min_over_time',
  'rate',
  'resets',
];
const OF_VECTOR = ['abs', 'absent', 'ceil', 'floor', 'sort', 'sort_desc', 'timestamp'];

/** The functions that are in use, or likely to be. */
const FUNCTIONS: Readonly<Record<string, Signature>> = {
  ...sameFor(OVER_TIME, { takes: ['matrix'], gives: 'vector' }),
  ...sameFor(OF_VECTOR, { takes: ['vector'], gives: 'vector' }),
  clamp_max: { takes: ['vector', 'number'], gives: 'vector' },
  clamp_min: { takes: ['vector', 'number'], gives: 'vector' },
  histogram_quantile: { takes: ['number', 'vector'], gives: 'vector' },
  label_replace: { takes: ['vector', 'string', 'string', 'string', 'string'], gives: 'vector' },
  time: { takes: [], gives: 'number' },
  vector: { takes: ['number'], gives: 'vector' },
};

function sameFor(names: readonly string[], signature: Signature): Readonly<Record<string, Signature>> {
  return Object.fromEntries(names.map((name) => [name, signature]));
}

const WITH_PARAMETER = ['topk', 'bottomk', 'quantile'];
const OF_SETS = ['And', 'Or', 'Unless'];
const COMPARISONS = ['Eql', 'Neq', 'Gtr', 'Gte', 'Lss', 'Lte'];

/** Takes a query apart, and says what in it Prometheus would refuse: its syntax, and what does not fit together. */
export function analyse(query: string): Analysed {
  const errors: string[] = [];
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  const textOf = (node: Node): string => query.slice(node.from, node.to);
  const tree = parser.parse(query);
  tree.iterate({
    enter: ({ node }) => {
      if (node.type.isError) errors.push(`syntax at ${node.from}: ${query.slice(node.from, node.from + 20)}`);
      if (node.name === 'GroupingLabels') grouping.push(...childrenOf(node, 'LabelName').map(textOf));
      if (node.name === 'VectorSelector') selectors.push(selectorOf(node, textOf));
    },
  });
  if (errors.length === 0) for (const expr of expressionsIn(tree.topNode)) typeOf(expr, textOf, errors);
  return { errors, selectors, grouping };
}

function selectorOf(node: Node, textOf: (node: Node) => string): Selector {
  const identifier = node.getChild('Identifier');
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  const parent = node.parent;
  const range = parent?.name === 'MatrixSelector' ? textOf(parent).slice(textOf(node).length) : undefined;
  const body = (range === undefined ? parent : parent?.parent) ?? undefined;
  const call = body?.name === 'FunctionCallBody' ? body.parent : undefined;
  const called = call?.getChild('FunctionIdentifier');
  return {
    name: identifier === null ? '' : textOf(identifier),
    labels: matchers.flatMap((matcher) => childrenOf(matcher, 'LabelName').map(textOf)),
    matchers: matchers.map(textOf),
    calledBy: called === null || called === undefined ? undefined : textOf(called),
    range,
  };
}

function childrenOf(node: Node, name: string): readonly Node[] {
  return node.getChildren(name);
}

function expressionsIn(node: Node): readonly Node[] {
  return node.getChildren('Expr');
}

/** The type of an expression; what does not fit in it is added to the errors. */
function typeOf(node: Node, textOf: (node: Node) => string, errors: string[]): ValueType {
  const types = (): readonly ValueType[] => expressionsIn(node).map((child) => typeOf(child, textOf, errors));
  switch (node.name) {
    case 'NumberDurationLiteral':
      return 'number';
    case 'StringLiteral':
      return 'string';
    case 'VectorSelector':
      return 'vector';
    case 'MatrixSelector':
      mustBe(types(), ['vector'], textOf(node), errors);
      return 'matrix';
    case 'SubqueryExpr':
      mustBe(types(), ['vector'], textOf(node), errors);
      return 'matrix';
    case 'FunctionCall':
      return callType(node, textOf, errors);
    case 'AggregateExpr':
      return aggregateType(node, textOf, errors);
    case 'BinaryExpr':
      return binaryType(node, types(), textOf(node), errors);
    default:
      return types()[0] ?? 'vector';
  }
}

function callType(node: Node, textOf: (node: Node) => string, errors: string[]): ValueType {
  const identifier = node.getChild('FunctionIdentifier');
  const name = identifier === null ? '' : textOf(identifier);
  const signature = FUNCTIONS[name];
  if (signature === undefined) errors.push(`${name} is not a function that this check knows`);
  else mustBe(argumentsOf(node, textOf, errors), signature.takes, name, errors);
  return signature?.gives ?? 'vector';
}

function aggregateType(node: Node, textOf: (node: Node) => string, errors: string[]): ValueType {
  const operator = node.getChild('AggregateOp');
  const name = operator === null ? '' : textOf(operator);
  const wanted: readonly ValueType[] = WITH_PARAMETER.includes(name) ? ['number', 'vector'] : ['vector'];
  mustBe(argumentsOf(node, textOf, errors), wanted, name, errors);
  return 'vector';
}

function argumentsOf(node: Node, textOf: (node: Node) => string, errors: string[]): readonly ValueType[] {
  const body = node.getChild('FunctionCallBody');
  return body === null ? [] : expressionsIn(body).map((child) => typeOf(child, textOf, errors));
}

function binaryType(node: Node, types: readonly ValueType[], text: string, errors: string[]): ValueType {
  const bad = types.find((type) => type === 'matrix' || type === 'string');
  if (bad !== undefined) errors.push(`a ${bad} in ${text}`);
  const both = types.every((type) => type === 'number');
  if (OF_SETS.some((name) => node.getChild(name) !== null) && types.includes('number'))
    errors.push(`a number where a set is asked for in ${text}`);
  if (both && COMPARISONS.some((name) => node.getChild(name) !== null) && node.getChild('BoolModifier') === null)
    errors.push(`numbers are compared without bool in ${text}`);
  return both ? 'number' : 'vector';
}

function mustBe(found: readonly ValueType[], wanted: readonly ValueType[], name: string, errors: string[]): void {
  if (found.join() !== wanted.join()) errors.push(`${name} takes (${wanted.join(', ')}), not (${found.join(', ')})`);
}
