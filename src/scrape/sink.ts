import type { SampleSink } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import type { Family } from '../core/family.ts';
import type { DropReason } from '../core/reasons.ts';
import { type ChunkWriter, createChunkWriter } from '../exposition/chunks.ts';
import { encodeLabels, encodeSample } from '../exposition/encode.ts';
import type { FamilyChunks } from '../exposition/page.ts';

/** The sink of one step; its families reach the page if the step succeeds. */
export interface StepSink extends SampleSink {
  /** The families that got samples. Nothing may be added afterwards. */
  readonly finish: () => readonly FamilyChunks[];
  readonly samples: () => number;
  readonly dropped: () => ReadonlyMap<DropReason, number>;
}

export function createStepSink(): StepSink {
  const writers = new Map<string, { readonly family: Family; readonly writer: ChunkWriter }>();
  const dropped = new Map<DropReason, number>();
  let samples = 0;

  function writerOf(family: Family): ChunkWriter {
    const known = writers.get(family.name);
    if (known === undefined) {
      const writer = createChunkWriter();
      writers.set(family.name, { family, writer });
      return writer;
    }
    if (known.family !== family) throw new WalguardError('BUG', `two families are named ${family.name}`);
    return known.writer;
  }

  return {
    labels: encodeLabels,
    add(family, labels, value) {
      writerOf(family).write(encodeSample(family.name, labels, value));
      samples++;
    },
    drop: (reason, count) => dropped.set(reason, (dropped.get(reason) ?? 0) + count),
    finish: () => [...writers.values()].map(({ family, writer }) => ({ family, chunks: writer.finish() })),
    samples: () => samples,
    dropped: () => dropped,
  };
}
