import type { Family } from '../core/family.ts';
import { createChunkWriter } from './chunks.ts';
import { encodeBound, encodeLabels, encodeSample } from './encode.ts';
import type { FamilyChunks } from './page.ts';

/** A sample of a family that is kept as values: labels by their names. */
export interface Sample {
  /** The family's name, for a histogram with `_bucket`, `_sum` or `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** Encodes the samples of one family. A numeric `le` gets its canonical form. */
export function encodeFamily(family: Family, samples: readonly Sample[]): FamilyChunks {
  const writer = createChunkWriter();
  for (const { name, labels, value } of samples) {
    const values = Object.values(labels).map((label) => (typeof label === 'number' ? encodeBound(label) : label));
    writer.write(encodeSample(name, encodeLabels(Object.keys(labels), values), value));
  }
  return { family, chunks: writer.finish() };
}
