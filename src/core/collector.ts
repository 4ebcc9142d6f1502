import type { ConsoleFacts, TargetFacts } from './facts.ts';
import type { Family } from './family.ts';
import type { DropReason, SkipReason } from './reasons.ts';
import type { Row } from './row.ts';

declare const labelSet: unique symbol;

/** Label names and values of a sample as the exposition writes them, `{a="x",b="y"}`, or empty without labels. */
export type LabelSet = string & { readonly [labelSet]: true };

/** The same as bytes. */
export type LabelBytes = Uint8Array;

/** Where the samples of one step go. They reach the page only if the step succeeds. */
export interface SampleSink {
  /** Encodes label values once, for all samples of a row. Both lists have the same length. */
  labels(names: readonly string[], values: readonly string[]): LabelSet;
  /**
   * Adds a sample. A text value must be a number as the exposition formats write it.
   *
   * The sink does not look for duplicates: who adds samples knows its keys.
   */
  add(family: Family, labels: LabelSet, value: string | number | bigint): void;
  /** Where samples of one family go whose labels are bytes. Without a sample the family is not on the page. */
  series(family: Family): Series;
  /** Adds the series of one histogram: all of them or, where the limit of series is reached, none. */
  histogram(family: Family, labels: LabelSet, histogram: Histogram): void;
  /** The limit of series is reached: nothing more is taken, and whoever adds need keep no account of it. */
  isFull(): boolean;
  /** Counts samples that were left out. */
  drop(reason: DropReason, samples: number): void;
  /** Says something of a column that a person should know; it is logged once. */
  remark(kind: RemarkKind, column: string): void;
}

/** The samples of one family, one after the other. */
export interface Series {
  /** Adds a sample; the value is a number as the exposition formats write it. */
  readonly add: (labels: LabelBytes, value: string) => void;
  /** The same with the number in `bytes`, which is copied. */
  readonly copy: (labels: LabelBytes, bytes: Uint8Array, start: number, end: number) => void;
}

/** A distribution as the server counted it. Numbers are text as the exposition formats write them. */
export interface Histogram {
  /** Upper bounds, ascending and without +Inf, each with the count of everything up to it. */
  readonly buckets: readonly (readonly [bound: number, count: string])[];
  readonly sum: string;
  readonly count: string;
}

/** What can be said of a column of a result, its family, or all of it. A closed set: each has its own line in the log. */
export type RemarkKind =
  | 'not_a_number'
  | 'not_declared'
  | 'not_returned'
  | 'repeated'
  | 'no_metric'
  | 'family_taken'
  | 'series_taken';

/** What was said of a column, of a family by its name, or of a block by its key. */
export interface Remark {
  readonly kind: RemarkKind;
  readonly column: string;
}

/** A column of a result: its name and the object id of its type. */
export interface Column {
  readonly name: string;
  readonly typeOid: number;
}

/** Receives one result, row by row as it arrives. */
export interface ResultHandler {
  /** Called once, before the first row. Throws QUERY_BAD_RESULT if these are not the columns it can use. */
  columns(columns: readonly Column[]): void;
  row(row: Row): void;
  /** Called once after the last row, if nothing failed. What it waits for is part of the step. */
  end(): void | Promise<void>;
  /** Called once if the query failed, before anything of the next one is read. */
  failed?(): void;
}

/** A query that says whether another one is to run: by one row with one boolean. */
export interface Predicate {
  readonly sql: string;
  /** How long its answer holds; 0 for the one scrape. */
  readonly ttlMs: number;
  /** Why the collector is skipped if the answer is no. */
  readonly reason: SkipReason;
}

/**
 * In which databases beside the connected one a query runs: in those the configuration includes, or in those the query
 * names itself.
 */
export type DatabaseScope = 'included' | 'named';

/** The one of several databases in which a query runs. */
export interface DatabasePlace {
  readonly database: string;
  /** All in which it runs in this scrape. A row that tells of another of them belongs to the run there. */
  readonly databases: ReadonlySet<string>;
  /** Rows that tell of none of them belong to this run. */
  readonly isHome: boolean;
}

/** The place in the order of queries that none was given. */
export const DEFAULT_PRIORITY = 100;

/** One SQL statement of a collector, chosen for a server. */
export interface QueryStep {
  readonly kind: 'query';
  readonly sql: string;
  /** The most the server may work on it; Infinity for as long as the scrape lasts. */
  readonly timeoutMs: number;
  /**
   * The query may use names of the schema public. One that need not is safe from functions and operators that others
   * put there.
   */
  readonly seesPublic: boolean;
  /** @param place undefined for a query that runs once a server */
  readonly open: (sink: SampleSink, place?: DatabasePlace) => ResultHandler;
  /** Undefined: once a server, in the connected database. */
  readonly databases?: DatabaseScope;
  /** All must say yes, in this order; undefined for none. */
  readonly predicates?: readonly Predicate[];
  /** How long a result is served again; undefined for the one scrape. */
  readonly ttlMs?: number;
  /** Queries of a lower number are sent first; undefined is DEFAULT_PRIORITY. */
  readonly priority?: number;
  /** If it fails, the server counts as down. */
  readonly fatal?: boolean;
}

/** A collector that needs no query of its own: it runs when the scrape's queries have ended. */
export interface DerivedStep {
  readonly kind: 'derived';
  readonly emit: (sink: SampleSink) => void | Promise<void>;
}

/** What a collector does for a server of these facts. */
export type Step = QueryStep | DerivedStep;

/** What answers at the other end: a server, or PgBouncer about itself. */
export type TargetKind = 'server' | 'console';

/** Anything that yields samples. */
export interface Collector {
  /** Also the name of its flag, its config key and its label value. */
  readonly name: string;
  readonly help: string;
  readonly enabledByDefault: boolean;
  /** All it may ever emit; a collector whose families depend on the server lists none. */
  readonly families: readonly Family[];
  /** The widest that any of its steps asks for. */
  readonly databases?: DatabaseScope;
  /** Pure: the same facts give the same step. Asked for each database with that one's name among the facts. */
  readonly choose: (facts: TargetFacts) => Step | SkipReason;
  /** The same for the console of PgBouncer; undefined: it has nothing to do there. */
  readonly chooseOnConsole?: (facts: ConsoleFacts) => QueryStep | SkipReason;
  /** What it does on every page, after all others, whether the server answers or not; undefined: it needs the server. */
  readonly withoutServer?: DerivedStep;
  /** Elsewhere it is not even counted as skipped, unless a request names it; undefined: it is of either. */
  readonly only?: TargetKind;
}
