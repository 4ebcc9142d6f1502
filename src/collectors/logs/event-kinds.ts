export const CHECKPOINT_CAUSES = ['time', 'wal', 'requested', 'shutdown', 'end_of_recovery'] as const;
export const ARCHIVE_FAILURES = ['exit', 'not_executable', 'not_found', 'signal', 'gave_up', 'not_configured'] as const;
export const AUTHENTICATION_METHODS = [
  'password',
  'certificate',
  'peer',
  'ident',
  'ldap',
  'gssapi',
  'pam',
  'radius',
  'no_entry',
  'rejected',
  'other',
] as const;
export const CRASH_CAUSES = ['sigkill', 'sigsegv', 'sigabrt', 'sigbus', 'other_signal', 'exit'] as const;
export const RECOVERY_EVENTS = [
  'crash_recovery',
  'ready',
  'read_only',
  'consistent',
  'promote_requested',
  'new_timeline',
  'archive_recovery_complete',
  'paused',
  'shut_down',
] as const;
export const REPLICATION_LOSSES = [
  'timeout',
  'stream_lost',
  'ended_by_primary',
  'wal_removed',
  'slot_invalidated',
] as const;

/** One of a closed set. */
export type One<T extends readonly string[]> = T[number];

/** What a checkpoint or restartpoint did. Times in seconds; distance is undefined where the message has none. */
export interface CheckpointDone {
  readonly buffers: number;
  readonly added: number;
  readonly removed: number;
  readonly recycled: number;
  readonly writeSeconds: number;
  readonly syncSeconds: number;
  readonly totalSeconds: number;
  readonly distanceBytes: number | undefined;
}

/** What a message of the log says has happened, as far as something counts it. */
export type LogEvent =
  | { readonly kind: 'checkpoint_started'; readonly cause: One<typeof CHECKPOINT_CAUSES> }
  | { readonly kind: 'checkpoint_done'; readonly done: CheckpointDone }
  | { readonly kind: 'checkpoint_warning' }
  | { readonly kind: 'archive_failure'; readonly failure: One<typeof ARCHIVE_FAILURES> }
  | { readonly kind: 'temporary_file'; readonly bytes: number }
  | { readonly kind: 'lock_wait' }
  | { readonly kind: 'lock_acquired'; readonly seconds: number }
  | { readonly kind: 'deadlock' }
  | { readonly kind: 'autovacuum' | 'autoanalyze'; readonly datname: string; readonly seconds: number | undefined }
  /** The text is undefined where the log has the duration alone. */
  | { readonly kind: 'statement'; readonly seconds: number; readonly text: string | undefined }
  | { readonly kind: 'connection'; readonly datname: string | undefined }
  | { readonly kind: 'disconnection'; readonly datname: string | undefined; readonly seconds: number }
  | { readonly kind: 'authentication_failure'; readonly method: One<typeof AUTHENTICATION_METHODS> }
  | { readonly kind: 'recovery'; readonly event: One<typeof RECOVERY_EVENTS> }
  | { readonly kind: 'crash'; readonly cause: One<typeof CRASH_CAUSES> }
  | { readonly kind: 'replication_loss'; readonly loss: One<typeof REPLICATION_LOSSES> };
