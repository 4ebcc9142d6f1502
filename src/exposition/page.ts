import type { Family } from '../core/family.ts';
import { encodeEnd, encodeHeader, type Format } from './encode.ts';

/** A family with its samples' lines, the same bytes for both formats. */
export interface FamilyChunks {
  readonly family: Family;
  readonly chunks: readonly Buffer[];
}

/**
 * Lays out a page: families in the order of their names, each with one header, whether its samples came together or
 * from several databases. Yields bytes, chunk by chunk.
 */
export function* layOutPage(families: Iterable<FamilyChunks>, format: Format): Generator<Buffer> {
  const sorted = [...families].toSorted((a, b) => compare(a.family.name, b.family.name));
  let begun: string | undefined;
  for (const { family, chunks } of sorted) {
    if (family.name !== begun) yield headerOf(family, format);
    begun = family.name;
    yield* chunks;
  }
  const end = encodeEnd(format);
  if (end !== '') yield Buffer.from(end, 'utf8');
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Families live as long as their collectors: their headers are the same on every page. */
const headers: Readonly<Record<Format, WeakMap<Family, Buffer>>> = { text: new WeakMap(), openmetrics: new WeakMap() };

function headerOf(family: Family, format: Format): Buffer {
  const known = headers[format].get(family);
  if (known !== undefined) return known;
  const header = Buffer.from(encodeHeader(family, format), 'utf8');
  headers[format].set(family, header);
  return header;
}
