import fc from 'fast-check';

/** Made of a text: the same text with one thing wrong, or all right after all. */
export type Mutation = (text: string) => string;

const VALUES = [
  '',
  '~',
  '[]',
  '{}',
  '[[]]',
  '{a: {b: c}}',
  'yes',
  '-1',
  '1e999',
  '.nan',
  '0x7fffffffffffffffff',
  '2026-11-23T00:00:00Z',
  '"',
  '*nothing',
  '&a [*a]',
  '!!binary AAAA',
  '!unknown x',
  '|',
  '>-',
  `"${'x'.repeat(20_000)}"`,
  `${'['.repeat(500)}${']'.repeat(500)}`,
  '"\\u0000\\ud800"',
  '__proto__',
  'constructor',
];
const LINES = [
  '\t- tab',
  '---',
  '...',
  '%YAML 1.1',
  '<<: {a: 1}',
  '? [complex, key]',
  ': no key',
  '__proto__: {a: 1}',
  'constructor: 1',
  '"": ""',
  '1: 2',
  '- element',
  '\u0000\u0001\u001b[31m',
  '\uFFFD\uFEFF',
  '}',
  'a: {'.repeat(300),
  'k: &k [*k, *k]',
];

const at = fc.nat(1_000_000);

function atLine(change: (line: string) => readonly string[]): (place: number) => Mutation {
  return (place) => (text) => {
    const lines = text.split('\n');
    const index = place % lines.length;
    lines.splice(index, 1, ...change(lines[index] ?? ''));
    return lines.join('\n');
  };
}

const dropped = atLine(() => []);
const doubled = atLine((line) => [line, line]);
const tabbed = atLine((line) => [line.replace(/^ */, '\t')]);
const unindented = atLine((line) => [line.trimStart()]);
const misspelt = atLine((line) => [line.replace(/(\w)(\w)(\w*:)/, '$2$1$3')]);
const renamed = atLine((line) => [line.replace(/\w+:/, 'other:')]);
const withoutColon = atLine((line) => [line.replace(':', '')]);

/** One change to a text of YAML, as people and programs get it wrong. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  at.map(dropped),
  at.map(doubled),
  at.map(tabbed),
  at.map(unindented),
  at.map(misspelt),
  at.map(renamed),
  at.map(withoutColon),
  fc
    .tuple(at, fc.constantFrom(...VALUES))
    .map(([place, value]) =>
      atLine((line) => [line.replace(/(:|- ).*$/, (_all, sign: string) => `${sign} ${value}`)])(place),
    ),
  fc.tuple(at, fc.constantFrom(...LINES)).map(([place, line]) => atLine((before) => [before, line])(place)),
  at.map(
    (place): Mutation =>
      (text) =>
        text.slice(0, place % (text.length + 1)),
  ),
  fc.tuple(at, fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })).map(([place, noise]): Mutation => (text) => {
    const index = place % (text.length + 1);
    return text.slice(0, index) + noise + text.slice(index);
  }),
  fc.constant<Mutation>((text) => text.replaceAll('\n', '\r\n')),
  fc.constant<Mutation>((text) => `\uFEFF${text}`),
  fc.constant<Mutation>((text) => `${text}\n${text}`),
);
