import type { Backup } from './catalogue.ts';
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
  /** The backup that is wanted, after those that it needs, which come in the order in which they were made. */
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

/** For whom WAL is fetched. The data directory was restored; the signal only counts until it is supplied. */
export type SupplyRequest = Pick<RestoreRequest, 'dataDirectory' | 'scratchDirectory' | 'signal'>;

/** How recovery gets its WAL as long as the drill runs. */
export interface WalSupply extends AsyncDisposable {
  /**
   * For the setting `restore_command`, with %f and %p. It ends with 0, or with 1 to 125 for a file that is not there;
   * where it cannot be told whether there is one, with more: PostgreSQL takes that as a reason to give up. It writes
   * nowhere but at %p and below the scratch directory.
   */
  readonly restoreCommand: string;
}

/** Gives WAL out of an archive. */
export interface WalSupplier {
  readonly method: string;
  readonly supply: (request: SupplyRequest) => Promise<WalSupply>;
}
