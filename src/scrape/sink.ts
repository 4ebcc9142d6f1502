import type { Remark, SampleSink } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import type { Family } from '../core/family.ts';
import type { DropReason } from '../core/reasons.ts';
import { type ChunkWriter, createChunkWriter } from '../exposition/chunks.ts';
import { encodeHistogram, encodeLabels, encodeSample } from '../exposition/encode.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import { NO_LIMIT, type SeriesLimit } from './series-limit.ts';

/** The sink of one step; its families reach the page if the step succeeds. */
export interface StepSink extends SampleSink {
  /** The families that got samples. Nothing may be added afterwards. */
  readonly finish: () => readonly FamilyChunks[];
  readonly samples: () => number;
  readonly dropped: () => ReadonlyMap<DropReason, number>;
  readonly remarks: () => readonly Remark[];
  /** Makes room for others: the step has failed. */
  readonly discard: () => void;
}

export function createStepSink(limit: SeriesLimit = NO_LIMIT): StepSink {
  const writers = new Map<string, { readonly family: Family; readonly writer: ChunkWriter }>();
  const dropped = new Map<DropReason, number>();
  const remarks = new Map<string, Remark>();
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

  function drop(reason: DropReason, count: number): void {
    dropped.set(reason, (dropped.get(reason) ?? 0) + count);
  }

  /** Room for so many samples; counts them as left out if there is none. */
  function hasRoom(count: number): boolean {
    if (samples + count <= limit.perCollector && limit.take(count)) {
      samples += count;
      return true;
    }
    drop('series_limit', count);
    return false;
  }

  return {
    labels: encodeLabels,
    add(family, labels, value) {
      if (hasRoom(1)) writerOf(family).write(encodeSample(family.name, labels, value));
    },
    histogram(family, labels, histogram) {
      if (hasRoom(histogram.buckets.length + 3))
        writerOf(family).write(encodeHistogram(family.name, labels, histogram));
    },
    drop,
    remark: (kind, column) => remarks.set(`${kind} ${column}`, { kind, column }),
    remarks: () => [...remarks.values()],
    discard: () => limit.giveBack(samples),
    finish: () => [...writers.values()].map(({ family, writer }) => ({ family, chunks: writer.finish() })),
    samples: () => samples,
    dropped: () => dropped,
  };
}
