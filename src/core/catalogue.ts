import type { WalguardError } from './error.ts';
import type { Lsn } from './lsn.ts';
import type { SegmentNumber } from './segments.ts';

/** What a backup copied: everything, or what changed since the last full one, or since the last of any type. */
export type BackupType = 'full' | 'differential' | 'incremental';

/** The WAL that a backup needs to become consistent. */
export interface BackupWal {
  /** Of the server when the backup began. */
  readonly timeline: number;
  /** Of the server when the backup ended; undefined where it is the same (a standby may follow a switch meanwhile). */
  readonly stopTimeline?: number | undefined;
  readonly start: Lsn;
  readonly stop: Lsn;
  /** The backup holds these segments itself (`pg_basebackup -X`); the archive is needed for what comes after only. */
  readonly included: boolean;
  /** Of the server's segments; undefined if it is not told. */
  readonly segmentBytes?: number | undefined;
}

/**
 * One copy that is complete, as its tool or its own files tell. Times are Unix seconds by the clock of the host that
 * made it.
 */
export interface Backup {
  /** Unique in its repository. */
  readonly label: string;
  /** Of the source that told it; set where what several sources say is put together. */
  readonly method?: string;
  readonly type: BackupType;
  readonly startTimeSeconds: number | undefined;
  /** When it ended: no earlier moment can be restored from it. */
  readonly stopTimeSeconds: number;
  /** Undefined for a copy of a server that was shut down, which needs no WAL and leads nowhere. */
  readonly wal: BackupWal | undefined;
  /** Decimal text: it exceeds 2^53. Undefined if neither tool nor files tell. */
  readonly systemIdentifier: string | undefined;
  /** As server_version_num has it without the minor (150000); undefined if it is not told. */
  readonly majorVersion: number | undefined;
  /** Labels of the backups without which it cannot be restored; empty for a full one. */
  readonly needs: readonly string[];
  /** Page or validation errors were found in it, whatever the tool's exit code said. */
  readonly hasErrors: boolean;
  /** Of the database; undefined if it is not told. */
  readonly sizeBytes: number | undefined;
  /** What this backup takes in the repository, without those that it needs; undefined if it is not told. */
  readonly storedBytes: number | undefined;
  /** Undefined if the tool does not tell. */
  readonly encrypted?: boolean | undefined;
}

/** A backup that runs now. */
export interface RunningBackup {
  readonly type: BackupType | undefined;
  readonly startTimeSeconds: number | undefined;
  readonly doneBytes: number | undefined;
  readonly expectedBytes: number | undefined;
}

/** What one source says of the backups in a repository. */
export interface BackupCatalogue {
  readonly backups: readonly Backup[];
  /** Undefined if the source cannot tell; empty if none runs. */
  readonly running: readonly RunningBackup[] | undefined;
  /** Unix seconds; undefined if none failed, or the source does not keep it. */
  readonly lastFailureSeconds: number | undefined;
  /** Single copies that could not be read or are not whole (interrupted): they count as no backup; the rest holds. */
  readonly problems: readonly WalguardError[];
}

/** The segments of one timeline that an archive holds whole, ascending and each once. */
export interface TimelineSegments {
  readonly timeline: number;
  /** Segment numbers. */
  readonly segments: Float64Array;
  /** When each came into the archive (mtime), Unix seconds by the archive's clock; as long as `segments`. */
  readonly times: Float64Array;
}

/** One line of a timeline's `.history` file: WAL up to the switch point belongs to the parent. */
export interface TimelineSwitch {
  readonly parent: number;
  readonly switchLsn: Lsn;
}

export type BadFileReason =
  | 'empty'
  | 'wrong_size'
  | 'too_small'
  | 'wrong_header'
  | 'wrong_cluster'
  | 'impossible_name'
  | 'unreadable'
  | 'conflicting';

/** A file with a WAL name of which recovery cannot make use. Its segment does not count as held. */
export interface BadFile {
  readonly name: string;
  readonly reason: BadFileReason;
  /** The segment it pretends to be; undefined for a history file or a name that is impossible. */
  readonly timeline: number | undefined;
  readonly segment: SegmentNumber | undefined;
}

/** What the `.backup` file of an archive says of a backup, whatever tool made it. */
export interface BackupLabel {
  readonly fileName: string;
  readonly label: string;
  readonly wal: Omit<BackupWal, 'included'>;
  readonly startTimeSeconds: number;
  readonly stopTimeSeconds: number;
  readonly fromStandby: boolean;
  /** Nobody knows which zone its times are of: they are those of its file, which came later. */
  readonly hasLateTimes?: boolean | undefined;
}

/** What a WAL archive holds at one moment. */
export interface ArchiveContents {
  /** As its segments prove, else as its sizes suggest or backups tell; undefined if nothing tells. */
  readonly segmentBytes: number | undefined;
  /** Of the headers that were read; undefined if none could be (all compressed or encrypted). */
  readonly systemIdentifier: string | undefined;
  /** Ascending. */
  readonly timelines: readonly TimelineSegments[];
  /** By timeline, its ancestors in the file's order (oldest first). A file that cannot be understood is a bad one. */
  readonly histories: ReadonlyMap<number, readonly TimelineSwitch[]>;
  /** Segments of which only the beginning is held. */
  readonly partials: readonly { readonly timeline: number; readonly segment: SegmentNumber; readonly time: number }[];
  readonly labels: readonly BackupLabel[];
  readonly badFiles: readonly BadFile[];
  /** Files whose names are not those of WAL. */
  readonly foreignFiles: number;
  /** Files of segments that are held twice, with equal content or by compression. */
  readonly duplicates: number;
  /** Segments whose header was not read yet, or cannot be. */
  readonly unverified: number;
  /** Unix seconds by walguard's clock. */
  readonly readAtSeconds: number;
}

/** Reads the backups of a repository. Throws a WalguardError if the source as a whole cannot be understood. */
export interface BackupSource {
  /** The tool, as the label `method` has it: `pg_basebackup`, `pgbackrest`. */
  readonly method: string;
  readonly read: (signal: AbortSignal) => Promise<BackupCatalogue>;
}

/** Reads a WAL archive. It may remember what it read: one object is one archive. Throws as a BackupSource does. */
export interface ArchiveSource {
  /** As the label `method` has it: `directory`, `pgbackrest`. */
  readonly method: string;
  readonly read: (known: KnownOfServer, signal: AbortSignal) => Promise<ArchiveContents>;
}

/** What the server told, if it was ever reached: it decides where the archive alone leaves a doubt. */
export interface KnownOfServer {
  readonly segmentBytes: number | undefined;
  readonly systemIdentifier: string | undefined;
  /** What backups tell of the size of segments, where neither the server nor the archive does. */
  readonly segmentBytesOfBackups?: number | undefined;
}

/** An archive into which nothing was put yet. */
export function emptyArchive(readAtSeconds: number, systemIdentifier?: string): ArchiveContents {
  return {
    segmentBytes: undefined,
    systemIdentifier,
    timelines: [],
    histories: new Map(),
    partials: [],
    labels: [],
    badFiles: [],
    foreignFiles: 0,
    duplicates: 0,
    unverified: 0,
    readAtSeconds,
  };
}
