import type { Family } from '../core/family.ts';
import { encodeEnd, encodeHeader, type Format } from './encode.ts';

/** A family with its samples' lines, the same bytes for both formats. */
export interface FamilyChunks {
  readonly family: Family;
  readonly chunks: readonly Buffer[];
}

/** Lays out a page: families in the order of their names, each with its header. Yields bytes, chunk by chunk. */
export function* layOutPage(families: Iterable<FamilyChunks>, format: Format): Generator<Buffer> {
  const sorted = [...families].toSorted((a, b) => (a.family.name < b.family.name ? -1 : 1));
  for (const { family, chunks } of sorted) {
    yield Buffer.from(encodeHeader(family, format), 'utf8');
    yield* chunks;
  }
  const end = encodeEnd(format);
  if (end !== '') yield Buffer.from(end, 'utf8');
}
