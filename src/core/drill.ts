import type { Backup } from './catalogue.ts';
import type { Dump } from './dumps.ts';
import type { WalguardError } from './error.ts';
import type { Lsn } from './lsn.ts';

/** To where a drill recovers. */
export type DrillTarget =
  /** The newest moment that the archive is known to hold. */
  | { readonly kind: 'latest' }
  /** Unix seconds by the server's clock. */
  | { readonly kind: 'time'; readonly seconds: number }
  | { readonly kind: 'lsn'; readonly lsn: Lsn }
  /** A point that pg_create_restore_point named. */
  | { readonly kind: 'name'; readonly name: string };

/** A copy to be restored, and where to. All folders are the drill's own, were made by it, and are empty. */
export interface RestoreRequest {
  readonly backup: Backup;
  /** It, after those that it needs, which come in the order in which they were made. */
  readonly chain: readonly Backup[];
  /** Becomes the data directory; mode 0700. */
  readonly dataDirectory: string;
  /** Each tablespace becomes a folder in it, named by its OID. */
  readonly tablespaceDirectory: string;
  /** For what a tool needs meanwhile: locks, logs, spools. */
  readonly scratchDirectory: string;
  /** Programs of the backup's major version: pg_verifybackup, pg_combinebackup. */
  readonly programDirectory: string;
  /** Told now and then how much stands in the data directory and the tablespaces. */
  readonly progress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface RestoredCopy {
  /** Written, tablespaces among it. */
  readonly bytes: number;
  /** What proved the files whole: the copy's manifest, or the tool that made it; undefined if nothing did. */
  readonly verifiedBy: 'manifest' | 'tool' | undefined;
}

/** Puts backups back. It never writes where it reads. */
export interface Restorer {
  /** As the label `method` has it. */
  readonly method: string;
  /** Throws a WalguardError if the copy cannot be restored whole; what it wrote until then is the drill's to remove. */
  readonly restore: (request: RestoreRequest) => Promise<RestoredCopy>;
}

/** Where a copy as pg_basebackup makes it lies. */
export interface CopyPlace {
  /** The first of them that holds a backup is it. */
  readonly folders: readonly string[];
  /** Folders of its tablespaces that no link in it leads to, by their OIDs. */
  readonly tablespaces?: ReadonlyMap<string, string>;
}

/** Tells where a backup lies, for what puts copies back. Throws a WalguardError if it is gone, or no such copy. */
export type FindCopy = (backup: Backup) => Promise<CopyPlace>;

/** One tar of a copy, wherever it lies. */
export interface CopyTar {
  /** For errors. */
  readonly name: string;
  /** `base` for the data directory, of which there may be several, else `pg_wal`, or the OID of a tablespace. */
  readonly holds: string;
  /** Ending of the program that packed it, as `gz`; '' is not packed. */
  readonly compression: string;
  /** All of it, as it comes. */
  readonly pieces: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
}

export interface TarCopy {
  /** For errors. */
  readonly name: string;
  /** Those of the data directory in the order in which they were written. */
  readonly tars: readonly CopyTar[];
}

/** Puts a copy back whose tars have no manifest. Throws as a Restorer does. */
export type TarRestorer = (copy: TarCopy, request: RestoreRequest) => Promise<RestoredCopy>;

/** For whom WAL is fetched. The data directory was restored; the signal only counts until it is supplied. */
export type SupplyRequest = Pick<RestoreRequest, 'backup' | 'dataDirectory' | 'scratchDirectory' | 'signal'>;

/** How recovery gets its WAL as long as the drill runs. */
export interface WalSupply extends AsyncDisposable {
  /**
   * For the setting `restore_command`, with %f and %p. It ends with 0, or with 1 to 125 for a file that is not there;
   * where it cannot be told whether there is one, with more: PostgreSQL takes that as a reason to give up. It writes
   * nowhere but at %p and below the scratch directory.
   */
  readonly restoreCommand: string;
  /** Why a file was not handed over; undefined as long as each was, or is not there. */
  readonly failure: WalguardError | undefined;
}

/**
 * Writes a file of WAL, bare, into a new file; returns its size, or undefined if the archive does not hold it. Whatever
 * else goes wrong it throws: the end of an archive is never guessed.
 */
export type WalFetch = (name: string, into: string, signal: AbortSignal) => Promise<number | undefined>;

/** Gives WAL out of an archive. */
export interface WalSupplier {
  readonly method: string;
  readonly supply: (request: SupplyRequest) => Promise<WalSupply>;
}

/** An empty server for dumps, which makes what they need and do not bring along. */
export interface DumpServer {
  readonly socketDirectory: string;
  readonly port: number;
  /** Its superuser. */
  readonly user: string;
  /** Makes a role that nobody can log in with, unless there is one of that name. */
  readonly needRole: (name: string) => Promise<void>;
  /** Makes a tablespace in the folder of the drill, unless there is one of that name. */
  readonly needTablespace: (name: string) => Promise<void>;
  /** Makes an empty database, unless there is one of that name. */
  readonly needDatabase: (name: string) => Promise<void>;
  /** Takes away the empty database that every new server has, for a dump that brings its own. */
  readonly clearDatabase: (name: string) => Promise<void>;
}

export interface DumpRequest {
  readonly dump: Dump;
  readonly server: DumpServer;
  /** Of pg_restore and psql. */
  readonly programDirectory: string;
  /** How many processes may restore at once, where the format allows it. */
  readonly jobs: number;
  /** For what has to be unpacked first. */
  readonly scratchDirectory: string;
  /** Told now and then how much of the dump was read, where that can be told. */
  readonly progress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface RestoredDump {
  /** As `pg_restore --jobs=2`. */
  readonly by: string;
  /** What the program said although it went well. */
  readonly warnings: readonly string[];
}

/** Puts dumps back. It never writes where it reads. */
export interface DumpRestorer {
  /** As the label `method` has it. */
  readonly method: string;
  /** The least major version, as 15, of a server that takes the dump; undefined where it does not tell. */
  readonly majorOf: (dump: Dump, signal: AbortSignal) => Promise<number | undefined>;
  /** Throws a WalguardError if the dump is not restored whole. */
  readonly restore: (request: DumpRequest) => Promise<RestoredDump>;
}
