import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { stringify } from 'yaml';

/**
 * Go's text/template as far as the chart uses it, with the functions that Helm adds. Throws for all else, so that the
 * chart stays within what is rendered here.
 *
 * Source: https://pkg.go.dev/text/template, https://helm.sh/docs/chart_template_guide/function_list/.
 */
export function renderTemplates(templates: readonly string[], last: string, data: unknown): string {
  const defined = new Map<string, readonly Node[]>();
  for (const text of templates) parse(text, defined);
  return renderNodes(parse(last, defined), { dot: data, variables: new Map([['$', data]]), defined });
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly pipeline: string }
  | Block;

interface Block {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: string;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

interface Scope {
  readonly dot: unknown;
  readonly variables: ReadonlyMap<string, unknown>;
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

const ACTION = /\{\{(-? )?([^]*?)( -?)?\}\}/g;

/** Texts and actions in turn, with the blanks gone that a dash takes along. */
function tokensOf(text: string): readonly { readonly action: boolean; readonly text: string }[] {
  const tokens: { action: boolean; text: string }[] = [];
  let from = 0;
  let trimsNext = false;
  const add = (piece: string, trimsEnd: boolean): void => {
    const begun = trimsNext ? piece.trimStart() : piece;
    tokens.push({ action: false, text: trimsEnd ? begun.trimEnd() : begun });
  };
  for (const match of text.matchAll(ACTION)) {
    const [whole, before = '', inner = '', after = ''] = match;
    add(text.slice(from, match.index), before.startsWith('-'));
    trimsNext = after.endsWith('-');
    tokens.push({ action: true, text: inner.trim() });
    from = match.index + whole.length;
  }
  add(text.slice(from), false);
  return tokens;
}

function parse(text: string, defined: Map<string, readonly Node[]>): readonly Node[] {
  const tokens = [...tokensOf(text)];
  const nodes = parseUntil(tokens, defined, []);
  if (tokens.length > 0) throw new Error(`{{ ${tokens[0]?.text} }} closes nothing.`);
  return nodes;
}

/** Takes tokens up to one of these words, which stays. */
function parseUntil(
  tokens: { readonly action: boolean; readonly text: string }[],
  defined: Map<string, readonly Node[]>,
  ends: readonly string[],
): readonly Node[] {
  const nodes: Node[] = [];
  for (let token = tokens[0]; token !== undefined && !(token.action && ends.includes(token.text)); token = tokens[0]) {
    tokens.shift();
    const [, word = '', rest = ''] = /^(if|with|range|define)\s+([^]*)$/.exec(token.text) ?? [];
    if (!token.action) nodes.push({ kind: 'text', text: token.text });
    else if (word === '') nodes.push({ kind: 'value', pipeline: token.text });
    else {
      const body = parseUntil(tokens, defined, ['else', 'end']);
      const otherwise = tokens.shift()?.text === 'else' ? parseUntil(tokens, defined, ['end']) : [];
      if (otherwise.length > 0) tokens.shift();
      if (word === 'define') defined.set(rest.replaceAll('"', ''), body);
      else nodes.push({ kind: word as Block['kind'], pipeline: rest, body, otherwise });
    }
  }
  if (ends.length > 0 && tokens.length === 0) throw new Error(`{{ ${ends.join(' or ')} }} is missing.`);
  return nodes;
}

function renderNodes(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join('');
}

function renderNode(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'value') return textOf(evaluate(node.pipeline, scope));
  if (node.kind === 'range') return renderRange(node, scope);
  const value = evaluate(node.pipeline, scope);
  if (!isTrue(value)) return renderNodes(node.otherwise, scope);
  return renderNodes(node.body, node.kind === 'with' ? { ...scope, dot: value } : scope);
}

function renderRange({ pipeline, body }: Block, scope: Scope): string {
  const [, key = '', item = '', from = pipeline] = /^(\$\w+), (\$\w+) := ([^]*)$/.exec(pipeline) ?? [];
  const list = evaluate(from, scope);
  const entries = list instanceof Map ? [...list] : [...(list as readonly unknown[]).entries()];
  return entries
    .map(([index, value]) => {
      const variables = new Map<string, unknown>([...scope.variables, [key, index], [item, value]]);
      return renderNodes(body, { ...scope, dot: value, variables });
    })
    .join('');
}

const WORDS = /"(?:[^"\\]|\\.)*"|\((?:[^()]|\([^()]*\))*\)|[^\s|()]+|\|/g;

function evaluate(pipeline: string, scope: Scope): unknown {
  const commands: string[][] = [[]];
  for (const [word] of pipeline.matchAll(WORDS)) {
    if (word === '|') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.reduce<unknown>((piped, words, index) => {
    const [name = '', ...rest] = words;
    const args = rest.map((word) => operand(word, scope));
    return call(name, index === 0 ? args : [...args, piped], scope);
  }, undefined);
}

function call(name: string, args: readonly unknown[], scope: Scope): unknown {
  if (name === 'include') {
    const template = scope.defined.get(String(args[0]));
    if (template === undefined) throw new Error(`There is no template ${String(args[0])}.`);
    return renderNodes(template, { ...scope, dot: args[1], variables: new Map([['$', args[1]]]) });
  }
  const known = FUNCTIONS.get(name);
  if (known !== undefined) return known(...args);
  const value = operand(name, scope);
  return typeof value === 'function' ? (value as (...given: readonly unknown[]) => unknown)(...args) : value;
}

function operand(word: string, scope: Scope): unknown {
  if (word.startsWith('(')) return evaluate(word.slice(1, -1), scope);
  if (word.startsWith('"')) return JSON.parse(word) as unknown;
  if (/^\d+$/.test(word)) return Number(word);
  const [, variable = '', path = ''] = /^(\$\w*)?((?:\.\w+)*|\.)$/.exec(word) ?? [];
  if (variable === '' && path === '') throw new Error(`${word} is not known here.`);
  const root = variable === '' ? scope.dot : scope.variables.get(variable);
  return path
    .split('.')
    .filter((part) => part !== '')
    .reduce<unknown>((value, part) => (value as Readonly<Record<string, unknown>> | undefined)?.[part], root);
}

const FUNCTIONS = new Map<string, (...args: readonly unknown[]) => unknown>([
  ['toYaml', (value) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd()],
  ['nindent', (width, text) => `\n${indented(text, width)}`],
  ['quote', (value) => JSON.stringify(String(value))],
  ['default', (fallback, value) => (isTrue(value) ? value : fallback)],
  [
    'printf',
    (format, ...values) => values.reduce<string>((text, value) => text.replace('%s', String(value)), String(format)),
  ],
  ['trunc', (length, text) => String(text).slice(0, Number(length))],
  [
    'trimSuffix',
    (end, text) => (String(text).endsWith(String(end)) ? String(text).slice(0, -String(end).length) : text),
  ],
  [
    'trimPrefix',
    (start, text) => (String(text).startsWith(String(start)) ? String(text).slice(String(start).length) : text),
  ],
  ['base', (path) => basename(String(path))],
  ['sha256sum', (text) => createHash('sha256').update(String(text)).digest('hex')],
]);

function indented(text: unknown, width: unknown): string {
  return String(text).replaceAll(/^/gm, ' '.repeat(Number(width)));
}

function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0 || (value instanceof Map && value.size > 0);
}

function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error('A value is rendered that there is not, or an object without toYaml.');
}
