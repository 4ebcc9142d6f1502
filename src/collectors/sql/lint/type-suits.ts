import type { Column } from '../../../core/collector.ts';
import type { Usage } from '../schema.ts';

/** A column of a result with its type. */
export interface TypedColumn extends Column {
  readonly type: {
    /** As PostgreSQL writes it: `timestamp with time zone`. */
    readonly name: string;
    /** The letter of pg_type.typcategory. */
    readonly category: string;
  };
}

/** Whether values of a type give samples. */
export type Suitability = 'always' | 'sometimes' | 'never';

/** What values.ts reads, by format_type(). */
const NUMBERS = nameSet(
  'smallint, integer, bigint, real, double precision, numeric, oid, xid, xid8, cid, money, boolean, interval, pg_lsn',
  'date, timestamp without time zone, timestamp with time zone',
);
/** Of the category "user-defined", which types of extensions have too: of those nothing is known. */
const NO_NUMBERS = nameSet(
  'json, jsonb, bytea, uuid, xml, tid, macaddr, macaddr8, tsvector, tsquery, jsonpath, refcursor',
  'time without time zone, time with time zone, pg_snapshot, txid_snapshot',
);
/** Arrays, enums, geometric types, network addresses, composite types, ranges, and the types of catalogues' names. */
const NO_NUMBER_CATEGORIES = /[AEGICPR]/;
/** Object identifiers that are written as names: regclass, regproc. */
const NAMED_OBJECT = /^reg[a-z]+$/;
const TEXTS = /[SXZ]/;

function nameSet(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(', ')));
}

/** @param usage of the column, or ARRAY for what has to be an array of numbers */
export function suitability(usage: Usage | 'ARRAY', { type: { name, category } }: TypedColumn): Suitability {
  switch (usage) {
    case 'LABEL':
    case 'DISCARD':
    case 'INFO':
    case 'MAPPEDMETRIC':
      return 'always';
    case 'ARRAY':
      return category === 'A' ? 'always' : 'never';
    case 'DURATION':
      return NUMBERS.has(name) ? 'never' : 'always';
    case 'GAUGE':
    case 'COUNTER':
    case 'HISTOGRAM':
      return asNumber(name, category);
  }
}

function asNumber(name: string, category: string): Suitability {
  if (NUMBERS.has(name)) return 'always';
  if (NO_NUMBERS.has(name) || NO_NUMBER_CATEGORIES.test(category) || NAMED_OBJECT.test(name)) return 'never';
  return TEXTS.test(category) ? 'sometimes' : 'always';
}
