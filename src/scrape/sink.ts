import type { Remark, SampleSink, Series } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import type { Family } from '../core/family.ts';
import type { DropReason } from '../core/reasons.ts';
import { type ChunkWriter, createChunkWriter, createLabelEncoder } from '../exposition/chunks.ts';
import { encodeHistogram, encodeLabels, encodeValue } from '../exposition/encode.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import { NO_LIMIT, type SeriesLimit } from './series-limit.ts';

/** The sink of one step; its families reach the page if the step succeeds. */
export interface StepSink extends SampleSink {
  /** The families that got samples. Nothing may be added afterwards. */
  readonly finish: () => readonly FamilyChunks[];
  readonly samples: () => number;
  readonly dropped: () => ReadonlyMap<DropReason, number>;
  readonly remarks: () => readonly Remark[];
  /** Makes room for others: the step has failed. May be called again. */
  readonly discard: () => void;
}

export function createStepSink(limit: SeriesLimit = NO_LIMIT): StepSink {
  const writers = createWriters();
  const encodeOnce = createLabelEncoder();
  const room = createRoom(limit);
  const remarks = new Map<string, Remark>();
  return {
    labels: encodeLabels,
    add(family, labels, value) {
      if (room.take(1)) writers.of(family).sample(encodeOnce(labels), encodeValue(value));
    },
    series: (family) => createSeries(() => writers.of(family), room),
    histogram(family, labels, histogram) {
      // Beside its buckets it has the one for +Inf, the sum and the count.
      if (room.take(histogram.buckets.length + 3))
        writers.of(family).write(encodeHistogram(family.name, labels, histogram));
    },
    isFull: () => room.samples() >= limit.perCollector || limit.isReached(),
    drop: room.drop,
    remark: (kind, column) => remarks.set(`${kind} ${column}`, { kind, column }),
    finish: writers.finish,
    samples: room.samples,
    dropped: room.dropped,
    remarks: () => [...remarks.values()],
    discard: room.giveBack,
  };
}

/** The samples of a step: those it took room for, and those it left out. */
interface Room extends Pick<StepSink, 'samples' | 'dropped' | 'drop'> {
  /** Takes room for so many samples; counts them as left out if there is none. */
  readonly take: (count: number) => boolean;
  readonly giveBack: () => void;
}

function createRoom(limit: SeriesLimit): Room {
  const dropped = new Map<DropReason, number>();
  let samples = 0;
  function drop(reason: DropReason, count: number): void {
    dropped.set(reason, (dropped.get(reason) ?? 0) + count);
  }
  return {
    drop,
    take(count) {
      const hasRoom = samples + count <= limit.perCollector && limit.take(count);
      if (hasRoom) samples += count;
      else drop('series_limit', count);
      return hasRoom;
    },
    giveBack() {
      limit.giveBack(samples);
      samples = 0;
    },
    samples: () => samples,
    dropped: () => dropped,
  };
}

function createSeries(openWriter: () => ChunkWriter, room: Room): Series {
  let writer: ChunkWriter | undefined;
  return {
    add(labels, value) {
      if (room.take(1)) (writer ??= openWriter()).sample(labels, value);
    },
    copy(labels, bytes, start, end) {
      if (room.take(1)) (writer ??= openWriter()).copy(labels, bytes, start, end);
    },
  };
}

interface Writers {
  readonly of: (family: Family) => ChunkWriter;
  readonly finish: () => readonly FamilyChunks[];
}

function createWriters(): Writers {
  const writers = new Map<string, { readonly family: Family; readonly writer: ChunkWriter }>();
  return {
    of(family) {
      const known = writers.get(family.name);
      if (known === undefined) {
        const writer = createChunkWriter(family.name);
        writers.set(family.name, { family, writer });
        return writer;
      }
      if (known.family !== family) throw new WalguardError('BUG', `two families are named ${family.name}`);
      return known.writer;
    },
    finish: () => [...writers.values()].map(({ family, writer }) => ({ family, chunks: writer.finish() })),
  };
}
