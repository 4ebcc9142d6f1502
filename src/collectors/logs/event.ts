import type { LogRecord } from '../../core/log-record.ts';

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

type One<T extends readonly string[]> = T[number];

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

const KIB = 1_024;
const MS = 0.001;

type Reader = (message: string, record: LogRecord) => LogEvent | undefined;

/**
 * What each message begins with. Sources: the texts of 13 to 18 in xlog.c, pgarch.c, fd.c, proc.c, postgres.c, postinit.c,
 * auth.c, postmaster.c, vacuumlazy.c, analyze.c, walreceiver.c, walsender.c and slot.c.
 */
const READERS: readonly (readonly [beginning: string, reader: Reader])[] = [
  ['duration: ', statement],
  ['checkpoint starting:', checkpointStarted],
  ['restartpoint starting:', checkpointStarted],
  ['checkpoint complete:', checkpointDone],
  ['restartpoint complete:', checkpointDone],
  ['checkpoints are occurring too frequently', () => ({ kind: 'checkpoint_warning' })],
  ['archive command ', archiveFailure],
  ['archiving write-ahead log file ', gaveUp],
  ['archive_mode enabled, yet ', () => ({ kind: 'archive_failure', failure: 'not_configured' })],
  ['"archive_mode" enabled, yet ', () => ({ kind: 'archive_failure', failure: 'not_configured' })],
  ['temporary file: ', temporaryFile],
  ['process ', lockWait],
  ['automatic ', autovacuum],
  ['connection authorized: ', connection],
  ['replication connection authorized: ', connection],
  ['disconnection: ', disconnection],
  ['no pg_hba.conf entry ', () => ({ kind: 'authentication_failure', method: 'no_entry' })],
  ['pg_hba.conf rejects ', () => ({ kind: 'authentication_failure', method: 'rejected' })],
  ['database system was not properly shut down', () => ({ kind: 'recovery', event: 'crash_recovery' })],
  ['database system is ready to accept connections', () => ({ kind: 'recovery', event: 'ready' })],
  ['database system is ready to accept read', () => ({ kind: 'recovery', event: 'read_only' })],
  ['database system is shut down', () => ({ kind: 'recovery', event: 'shut_down' })],
  ['consistent recovery state reached', () => ({ kind: 'recovery', event: 'consistent' })],
  ['received promote request', () => ({ kind: 'recovery', event: 'promote_requested' })],
  ['selected new timeline ID', () => ({ kind: 'recovery', event: 'new_timeline' })],
  ['archive recovery complete', () => ({ kind: 'recovery', event: 'archive_recovery_complete' })],
  ['recovery has paused', () => ({ kind: 'recovery', event: 'paused' })],
  ['pausing at the end of recovery', () => ({ kind: 'recovery', event: 'paused' })],
  ['terminating walsender process due to replication timeout', () => ({ kind: 'replication_loss', loss: 'timeout' })],
  ['terminating walreceiver due to timeout', () => ({ kind: 'replication_loss', loss: 'timeout' })],
  ['could not receive data from WAL stream', () => ({ kind: 'replication_loss', loss: 'stream_lost' })],
  ['replication terminated by primary server', () => ({ kind: 'replication_loss', loss: 'ended_by_primary' })],
  ['requested WAL segment ', () => ({ kind: 'replication_loss', loss: 'wal_removed' })],
  ['invalidating obsolete replication slot', () => ({ kind: 'replication_loss', loss: 'slot_invalidated' })],
  ['invalidating slot ', () => ({ kind: 'replication_loss', loss: 'slot_invalidated' })],
];

const BY_FIRST = new Map<number, typeof READERS>();
for (const reader of READERS) {
  const first = reader[0].charCodeAt(0);
  BY_FIRST.set(first, [...(BY_FIRST.get(first) ?? []), reader]);
}

/** Undefined for a message that is counted by its severity and class alone. */
export function eventOf(record: LogRecord): LogEvent | undefined {
  const { message, sqlstate } = record;
  for (const [beginning, reader] of BY_FIRST.get(message.charCodeAt(0)) ?? []) {
    if (message.startsWith(beginning)) return reader(message, record);
  }
  if (sqlstate === '40P01' || message === 'deadlock detected') return { kind: 'deadlock' };
  if (record.severity === 'FATAL') return authenticationFailure(message, sqlstate);
  return record.severity === 'LOG' ? crash(message) : undefined;
}

/** Of the extended protocol the execution counts; what parsing and binding took is not the statement's. */
function statement(message: string): LogEvent | undefined {
  const [all, ms, what] = /^duration: ([\d.]+) ms(?: {2}(statement|execute|fastpath|parse|bind))?/.exec(message) ?? [];
  if (all === undefined || what === 'parse' || what === 'bind') return undefined;
  const colon = message.indexOf(': ', all.length);
  const text = what === undefined || colon === -1 ? undefined : message.slice(colon + 2);
  return { kind: 'statement', seconds: Number(ms) * MS, text };
}

function checkpointStarted(message: string): LogEvent {
  const flags = message.slice(message.indexOf(':') + 1);
  const cause = CHECKPOINT_CAUSES.find((each) => flags.includes(` ${each.replaceAll('_', '-')}`)) ?? 'requested';
  return { kind: 'checkpoint_started', cause: flags.includes(' shutdown') ? 'shutdown' : cause };
}

function checkpointDone(message: string): LogEvent {
  const first = (pattern: RegExp): number => Number(pattern.exec(message)?.[1] ?? 0);
  const distance = / distance=(\d+) kB/.exec(message)?.[1];
  return {
    kind: 'checkpoint_done',
    done: {
      buffers: first(/ wrote (\d+) buffers/),
      added: first(/ (\d+) WAL file\(s\) added/),
      removed: first(/, (\d+) removed/),
      recycled: first(/, (\d+) recycled/),
      writeSeconds: first(/ write=([\d.]+) s/),
      syncSeconds: first(/ sync=([\d.]+) s/),
      totalSeconds: first(/ total=([\d.]+) s/),
      distanceBytes: distance === undefined ? undefined : Number(distance) * KIB,
    },
  };
}

function archiveFailure(message: string): LogEvent | undefined {
  const [, code, signal] =
    /^archive command (?:failed with exit code (\d+)|was terminated by signal (\d+))/.exec(message) ?? [];
  if (signal !== undefined) return { kind: 'archive_failure', failure: 'signal' };
  if (code === undefined) return undefined;
  // A shell says of a command that a signal ended 128 and the signal's number.
  if (Number(code) > 128) return { kind: 'archive_failure', failure: 'signal' };
  return {
    kind: 'archive_failure',
    failure: code === '127' ? 'not_found' : code === '126' ? 'not_executable' : 'exit',
  };
}

function gaveUp(message: string): LogEvent | undefined {
  return message.includes(' failed too many times') ? { kind: 'archive_failure', failure: 'gave_up' } : undefined;
}

function temporaryFile(message: string): LogEvent {
  return { kind: 'temporary_file', bytes: Number(/, size (\d+)$/.exec(message)?.[1] ?? 0) };
}

function lockWait(message: string): LogEvent | undefined {
  const [, what, ms] = /^process \d+ (still waiting for|acquired) .* after ([\d.]+) ms/.exec(message) ?? [];
  if (what === undefined) return undefined;
  return what === 'acquired' ? { kind: 'lock_acquired', seconds: Number(ms) * MS } : { kind: 'lock_wait' };
}

function autovacuum(message: string): LogEvent | undefined {
  const [, what, datname = ''] =
    /^automatic (?:aggressive )?(vacuum|analyze) (?:to prevent wraparound )?of table "([^".]*)/.exec(message) ?? [];
  if (what === undefined) return undefined;
  const elapsed = /elapsed: ([\d.]+) s/.exec(message)?.[1];
  return {
    kind: what === 'vacuum' ? 'autovacuum' : 'autoanalyze',
    datname,
    seconds: elapsed === undefined ? undefined : Number(elapsed),
  };
}

function connection(message: string, { datname }: LogRecord): LogEvent {
  return { kind: 'connection', datname: datname ?? / database=(\S+)/.exec(message)?.[1] };
}

function disconnection(message: string, { datname }: LogRecord): LogEvent {
  const [, hours = 0, minutes = 0, seconds = 0] = /session time: (\d+):(\d+):([\d.]+)/.exec(message) ?? [];
  return {
    kind: 'disconnection',
    datname: datname ?? / database=(\S+)/.exec(message)?.[1],
    seconds: Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds),
  };
}

const METHODS: Readonly<Record<string, One<typeof AUTHENTICATION_METHODS>>> = {
  password: 'password',
  'SCRAM-SHA-256': 'password',
  MD5: 'password',
  certificate: 'certificate',
  Peer: 'peer',
  Ident: 'ident',
  LDAP: 'ldap',
  GSSAPI: 'gssapi',
  SSPI: 'gssapi',
  PAM: 'pam',
  RADIUS: 'radius',
};

/** Class 28 is "invalid authorization": in whatever language it is told, and for a role that does not exist. */
function authenticationFailure(message: string, sqlstate: string | undefined): LogEvent | undefined {
  const [, word] = /^(\S+) authentication failed for user /.exec(message) ?? [];
  if (word === undefined && sqlstate?.startsWith('28') !== true) return undefined;
  return {
    kind: 'authentication_failure',
    method: METHODS[word ?? ''] ?? (sqlstate === '28P01' ? 'password' : 'other'),
  };
}

const SIGNALS: Readonly<Record<string, One<typeof CRASH_CAUSES>>> = {
  6: 'sigabrt',
  7: 'sigbus',
  9: 'sigkill',
  11: 'sigsegv',
};

const DIED =
  /^(?<what>background worker "[^"]{1,100}"|.{1,100}?) \(PID \d+\) (?:was terminated by signal (?<signal>\d+)|exited with exit code (?<code>\d+))/;

/**
 * What the postmaster says of a child that died. An exit code of 1 is how a background worker ends that had an error, and
 * takes nobody with it; an archiver of 13 that is told to end at once by another's crash ends with 2.
 * Source: LogChildExit and its callers in postmaster.c of 13 to 18.
 */
function crash(message: string): LogEvent | undefined {
  const { what, signal, code } = DIED.exec(message)?.groups ?? {};
  if (what === undefined) return undefined;
  if (signal !== undefined) return { kind: 'crash', cause: SIGNALS[signal] ?? 'other_signal' };
  const isHarmless = Number(code) < 2 || what.startsWith('archiver') || what.startsWith('system logger');
  return isHarmless && what !== 'startup process' ? undefined : { kind: 'crash', cause: 'exit' };
}
