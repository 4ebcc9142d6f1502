import type { DatabasePlace, LabelBytes } from '../../core/collector.ts';
import type { Row } from '../../core/row.ts';
import { createLabelWriter } from '../../exposition/label-bytes.ts';
import { type Branch, DATABASE_LABEL } from './branch.ts';
import type { Layout } from './layout.ts';

/** The labels of one row after the other. */
export interface RowLabels {
  /** The row tells of this run's database, or of none. */
  readonly belongs: (layout: Layout, row: Row) => boolean;
  /** Good until the next call. */
  readonly write: (layout: Layout, row: Row) => LabelBytes;
}

/** @param place undefined for a query that runs once a server */
export function createRowLabels(
  { labelNames, addsDatabase }: Pick<Branch, 'labelNames' | 'addsDatabase'>,
  place: DatabasePlace | undefined,
): RowLabels {
  const writer = createLabelWriter(labelNames);
  const databaseIndex = labelNames.indexOf(DATABASE_LABEL);
  return {
    belongs: (layout, row) =>
      place === undefined || addsDatabase || isOf(place, databaseOf(layout, databaseIndex, row)),
    write({ labels }, row) {
      writer.begin();
      for (const { index, toLabel } of labels) {
        const cell = toLabel === undefined ? null : row.text(index);
        if (toLabel === undefined || cell === null) writer.cell(row, index);
        else writer.text(toLabel(cell));
      }
      if (addsDatabase) writer.text(place?.database ?? '');
      return writer.finish();
    },
  };
}

/** The database that a row tells of; undefined if it does not say, and all its runs are one. */
function databaseOf({ labels }: Layout, databaseIndex: number, row: Row): string | undefined {
  const label = labels[databaseIndex];
  if (label === undefined) return undefined;
  const cell = row.text(label.index);
  return cell === null ? '' : (label.toLabel?.(cell) ?? cell);
}

function isOf({ database: here, databases, isHome }: DatabasePlace, database: string | undefined): boolean {
  if (database === undefined) return true;
  return database === here || (isHome && !databases.has(database));
}
