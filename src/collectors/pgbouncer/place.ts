import type { Column } from '../../core/collector.ts';
import { WalguardError } from '../../core/error.ts';

/** Where a column is in a result. Throws QUERY_BAD_RESULT if it is not there. */
export function placeOf(name: string, columns: readonly Column[]): number {
  const place = columns.findIndex((column) => column.name === name);
  if (place >= 0) return place;
  const names = columns.map((column) => column.name).join(', ');
  throw new WalguardError('QUERY_BAD_RESULT', `PgBouncer returns no column ${name}, but ${names}`, {
    hint: 'Switch the collector off: what answers is no PgBouncer that walguard knows.',
  });
}
