import { WalguardError } from '../core/error.ts';
import { cellsOf } from '../core/row.ts';
import type { Session } from './session.ts';

/** A type of PostgreSQL. */
export interface TypeFacts {
  /** As format_type() writes it: `character varying`. */
  readonly name: string;
  /** The letter of pg_type.typcategory: `N` for numbers, `A` for arrays. */
  readonly category: string;
}

/** What the server says of types, by their object ids. Throws what ended the query. */
export async function readTypes(
  session: Session,
  oids: ReadonlySet<number>,
  timeoutMs: number,
): Promise<ReadonlyMap<number, TypeFacts>> {
  const types = new Map<number, TypeFacts>();
  const sql = `SELECT oid, format_type(oid, NULL), typcategory FROM pg_type WHERE oid = ANY ('{${[...oids].join()}}')`;
  await session.run(
    { sql, timeoutMs, seesPublic: false },
    {
      columns: () => undefined,
      row(row) {
        const [oid, name, category] = cellsOf(row);
        if (typeof name !== 'string' || typeof category !== 'string')
          throw new WalguardError('BUG', 'a type has no name');
        types.set(Number(oid), { name, category });
      },
      end: () => undefined,
    },
  );
  return types;
}
