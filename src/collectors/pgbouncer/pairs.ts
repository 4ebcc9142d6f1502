import type { Column, ResultHandler, SampleSink } from '../../core/collector.ts';
import type { Family } from '../../core/family.ts';
import { placeOf } from './place.ts';

export interface PairColumns {
  /** Names of the two columns. */
  readonly key: string;
  readonly value: string;
  /** By the key of their row; rows of other keys are left out. */
  readonly families: ReadonlyMap<string, Family>;
}

const NUMBER = /^\d+(\.\d+)?$/;

/** Gives a sample of one family for each row: a key, and its value. */
export function readPairs({ key, value, families }: PairColumns, sink: SampleSink): ResultHandler {
  const none = sink.labels([], []);
  let [keyAt, valueAt] = [0, 0];
  return {
    columns(columns: readonly Column[]) {
      [keyAt, valueAt] = [placeOf(key, columns), placeOf(value, columns)];
    },
    row(row) {
      const family = families.get(row.text(keyAt) ?? '');
      const cell = row.text(valueAt);
      if (family === undefined || cell === null) return;
      if (NUMBER.test(cell)) sink.add(family, none, cell);
      else sink.drop('not_a_number', 1);
    },
    end: () => undefined,
  };
}
