import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, visit, type YAMLMap } from 'yaml';
import type { z } from 'zod';

import { messageOf, WalguardError, WalguardErrors, type Where } from '../core/error.ts';
import { toErrors } from './issues.ts';
import { placeInScalar } from './scalar-place.ts';
import { parseYaml, syntaxProblems, withoutText } from './yaml-text.ts';

/** A path into a document: keys and indexes from the root. */
export type Path = readonly PropertyKey[];

/** A document that fits its schema, with the place of each of its parts. */
export interface LocatedDocument<T> {
  readonly value: T;
  /** Where a part's key stands, or for an element of a list the element. */
  readonly where: (path: Path) => Where;
  /** Where a place in a part's text is written: the one after `before`, of which blanks do not count. */
  readonly whereIn: (path: Path, before: string) => Where;
}

/**
 * Reads a YAML document against a schema.
 *
 * @throws WalguardErrors with all problems at once, each at its file, line and column
 */
export function readDocument<T>(file: string, text: string, schema: z.ZodType<T>): LocatedDocument<T> {
  const { document, lines, source } = parseYaml(text);
  const where = (path: Path): Where => ({ file, ...position(lines, findPart(document, path).offset) });
  const whereIn = (path: Path, before: string): Where => {
    const { offset, node } = findPart(document, path);
    const scalar = isAlias(node) ? node.resolve(document) : node;
    const place = isScalar(scalar) ? placeInScalar(source, scalar, before) : undefined;
    return { file, ...unindented(position(lines, place ?? offset), source, text) };
  };
  const broken = syntaxProblems(document).map(
    ({ message, hint, offset }) =>
      new WalguardError('CONFIG_YAML_SYNTAX', message, {
        where: { file, ...position(lines, offset) },
        hint,
      }),
  );
  if (broken.length > 0) throw new WalguardErrors(broken);
  const parsed = schema.safeParse(toValue(document, file, lines), { reportInput: true });
  if (parsed.success) return { value: parsed.data, where, whereIn };
  throw new WalguardErrors(toErrors(parsed.error.issues, schema, where));
}

/** The place in the file of one in what was read, whose lines may be indented further. */
function unindented(place: Position, source: string, text: string): Position {
  const { line, column } = place;
  if (source === text || line === undefined || column === undefined) return place;
  const [read = '', written = ''] = [source, text].map((each) => each.split('\n')[line - 1]);
  return { line, column: column - (read.length - written.length) };
}

/** The name of a WAL segment, which YAML may take for a number that it is not. */
const SEGMENT_NAME = /^[0-9A-F]{24}$/;

function toValue(document: Document, file: string, lines: LineCounter): unknown {
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'number' && SEGMENT_NAME.test(scalar.source ?? '')) scalar.value = scalar.source;
    },
  });
  try {
    return document.toJS({ maxAliasCount: 1_000 });
  } catch (thrown) {
    // An alias to nothing, aliases that expand without end, a merge of what is no map: the library says which.
    const message = withoutText(messageOf(thrown));
    const where = { file, ...position(lines, findBrokenAlias(document)) };
    const hint = 'Write out what the alias stands for; << takes a map, or a list of maps.';
    throw new WalguardErrors([new WalguardError('CONFIG_YAML_SYNTAX', message, { where, hint })]);
  }
}

/** Of an alias to nothing, else of the first merge. */
function findBrokenAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Pair(_key, { key }) {
      if (!isScalar(key) || key.source !== '<<') return undefined;
      offset = startOf(key);
      return visit.BREAK;
    },
  });
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = startOf(alias);
      return visit.BREAK;
    },
  });
  return offset;
}

type Position = Pick<Where, 'line' | 'column'>;

/** Of what is nowhere, as in an empty file: its beginning. */
function position(lines: LineCounter, offset = 0): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** A part of the document, at the key of a map's entry or the start of a list's element. */
interface Part {
  readonly offset: number | undefined;
  readonly node: unknown;
}

/** The last part of the path that exists. */
function findPart(document: Document, path: Path): Part {
  let { offset, node }: Part = { offset: startOf(document.contents), node: document.contents };
  for (const part of path) {
    const found = childOf(document, node, part);
    if (found === undefined) break;
    offset = found.offset ?? offset;
    node = found.node;
  }
  return { offset, node };
}

function childOf(document: Document, node: unknown, part: PropertyKey): Part | undefined {
  const holder = isAlias(node) ? node.resolve(document) : node;
  if (isMap(holder)) {
    const pair = holder.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return pair === undefined ? mergedChild(document, holder, part) : { offset: startOf(pair.key), node: pair.value };
  }
  if (isSeq(holder) && typeof part === 'number') {
    const element = holder.items[part];
    return element === undefined ? undefined : { offset: startOf(element), node: element };
  }
  return undefined;
}

/** A part that a map has by `<<: *other` or `<<: [*one, *other]`, of which the first that has it counts. */
function mergedChild(document: Document, { items }: YAMLMap, part: PropertyKey): Part | undefined {
  const merged = items.filter(({ key }) => isScalar(key) && key.source === '<<').map(({ value }) => value);
  for (const source of merged.flatMap((value) => (isSeq(value) ? value.items : [value]))) {
    const found = childOf(document, source, part);
    if (found !== undefined) return found;
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}
