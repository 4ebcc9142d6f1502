import type { Column, LabelSet, ResultHandler, SampleSink } from '../../core/collector.ts';
import type { Family } from '../../core/family.ts';
import { placeOf } from './place.ts';

/** A column of which nothing is told but whether it says anything: what it says is different in each row. */
const ONLY_WHETHER = 'tls';

/** Counts rows by the columns that the family has as labels. */
export function countRows(family: Family, sink: SampleSink): ResultHandler {
  const counts = new Map<LabelSet, number>();
  let places: readonly number[] = [];
  return {
    columns(columns: readonly Column[]) {
      places = family.labelNames.map((name) => placeOf(name, columns));
    },
    row(row) {
      const values = family.labelNames.map((name, index) => {
        const cell = row.text(places[index] ?? -1) ?? '';
        return name === ONLY_WHETHER ? String(cell !== '') : cell;
      });
      const labels = sink.labels(family.labelNames, values);
      counts.set(labels, (counts.get(labels) ?? 0) + 1);
    },
    end() {
      for (const [labels, count] of counts) sink.add(family, labels, count);
    },
  };
}
