import type { WalguardError } from './error.ts';

/** Of what a dump is: of one database, of all of a cluster (pg_dumpall), or of its roles and tablespaces alone. */
export const DUMP_SCOPES = ['database', 'cluster', 'globals'] as const;
export type DumpScope = (typeof DUMP_SCOPES)[number];

/** How closely dumps are looked at: that they are there; what their beginning and end prove; all of the newest. */
export const DUMP_LEVELS = ['fresh', 'header', 'whole'] as const;
export type DumpLevel = (typeof DUMP_LEVELS)[number];

/** As pg_dump calls them. */
export const DUMP_FORMATS = ['custom', 'directory', 'tar', 'plain'] as const;
export type DumpFormat = (typeof DUMP_FORMATS)[number];

/** One dump that nobody writes any more. */
export interface Dump {
  /** Its path below the folder that is read; unique there. It may hold any character. */
  readonly file: string;
  readonly scope: DumpScope;
  /** Undefined for another scope, and where neither the dump nor its name tells. */
  readonly datname: string | undefined;
  /** Undefined where it was not looked into, or cannot be. */
  readonly format: DumpFormat | undefined;
  /** What its file was compressed or encrypted with after it was made (`gz`); empty if with nothing. */
  readonly packing: string;
  /** When it was written last; of a file that was copied without its times, when the dump says it began. Unix seconds. */
  readonly timeSeconds: number;
  /** As stored. */
  readonly sizeBytes: number;
  /** Undefined while that is not known: not looked for at this level, not checked yet, or it cannot be checked. */
  readonly valid: boolean | undefined;
  /** What is wrong with it (DUMP_INVALID), or why it could not be looked at; undefined otherwise. */
  readonly problem: WalguardError | undefined;
}

/** The dumps in a folder. */
export interface DumpCatalogue {
  readonly dumps: readonly Dump[];
  /** Those that something is written into now; they are not among the dumps. */
  readonly running: number;
  /** What a person should know of single files, those of the dumps among it. */
  readonly problems: readonly WalguardError[];
}

/** Reads dumps. Throws a WalguardError if the folder as a whole cannot be read. One object is one folder. */
export interface DumpSource {
  /** As the label `method` has it: `pg_dump`. */
  readonly method: string;
  readonly read: (signal: AbortSignal) => Promise<DumpCatalogue>;
}

/** All dumps of one thing: of one database, of the cluster, or of its globals. */
export interface DumpSeries {
  readonly scope: DumpScope;
  /** Undefined for another scope, and for dumps of which nobody can tell. */
  readonly datname: string | undefined;
  /** How many are held, also those that are no good. */
  readonly held: number;
  readonly newest: Dump;
  /** The newest that is not known to be no good; undefined if all are. */
  readonly lastGood: Dump | undefined;
  /** Size of that one, and of the one before it that is no less good and of the same format; undefined without one. */
  readonly shrinkage: { readonly bytes: number; readonly beforeBytes: number } | undefined;
  /** The server has this database, and it is not excluded; undefined while nobody knows what the server has. */
  readonly isWanted: boolean | undefined;
}

/** The dumps of one repository: apart from its backups, of which they say nothing. */
export interface RepositoryDumps {
  /** By name; the cluster and its globals last. */
  readonly series: readonly DumpSeries[];
  /** Being written now. */
  readonly running: number;
  /** Databases of the server without a good dump, sorted; undefined while nobody knows what the server has. */
  readonly missing: readonly string[] | undefined;
}
