import type { FamilyChunks } from '../exposition/page.ts';

/** What is left of a part of a family. */
export interface Rest {
  readonly fresh: FamilyChunks;
  /** Lines that are left out, for their series are known. */
  readonly repeated: number;
}

/** The series of a part of a family that other parts of it have not. */
export function withoutSeriesOf(part: FamilyChunks, others: readonly FamilyChunks[]): Rest {
  const { family } = part;
  const keyOf = family.type === 'histogram' ? labelsWithoutBound : labelsOf;
  const known = new Set(others.flatMap((other) => linesOf(other).map(keyOf)));
  const lines = linesOf(part);
  const fresh = lines.filter((line) => !known.has(keyOf(line)));
  const chunks = fresh.length === 0 ? [] : [Buffer.from(`${fresh.join('\n')}\n`, 'utf8')];
  return { fresh: { family, chunks }, repeated: lines.length - fresh.length };
}

export function linesOf({ chunks }: FamilyChunks): readonly string[] {
  return chunks.flatMap((chunk) => chunk.toString('utf8').split('\n').slice(0, -1));
}

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The labels of a line in one order; an empty one is none for Prometheus. */
function labelsOf(line: string): string {
  return [...line.matchAll(LABEL)]
    .flatMap(([pair, , value]) => (value === '' ? [] : [pair]))
    .toSorted()
    .join();
}

/** A histogram is one whole: its lines go or stay together. */
function labelsWithoutBound(line: string): string {
  return labelsOf(line.replace(/([{,])le="[^"]*"/, '$1'));
}
