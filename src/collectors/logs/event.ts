import type { LogRecord, LogSeverity } from '../../core/log-record.ts';
import type { LogEvent } from './event-kinds.ts';
import {
  archiveFailure,
  authenticationFailure,
  autovacuum,
  checkpointDone,
  checkpointStarted,
  connection,
  crash,
  disconnection,
  gaveUp,
  lockWait,
  statement,
  temporaryFile,
} from './event-readers.ts';

const NO_ERROR = '00000';
const ERRORS: readonly LogSeverity[] = ['ERROR', 'FATAL'];
/** The innermost line of the context says that a function raised it. */
const RAISED = /^PL\/(?:pgSQL [^\n]* at RAISE(?:\n|$)|Python |Perl )/;

type Reader = (message: string, record: LogRecord) => LogEvent | undefined;

type Readers = readonly (readonly [beginning: string, reader: Reader])[];

/**
 * What each message of the severity LOG begins with. Sources: the texts of 13 to 18 in xlog.c, pgarch.c, fd.c, proc.c,
 * postgres.c, postinit.c, auth.c, postmaster.c, vacuumlazy.c, analyze.c, walreceiver.c, walsender.c and slot.c.
 */
const OF_ANYBODY: Readers = [
  ['duration: ', statement],
  ['temporary file: ', temporaryFile],
  ['process ', lockWait],
  ['connection authorized: ', connection],
  ['replication connection authorized: ', connection],
  ['disconnection: ', disconnection],
  ['terminating walsender process due to replication timeout', () => ({ kind: 'replication_loss', loss: 'timeout' })],
  ['invalidating obsolete replication slot', () => ({ kind: 'replication_loss', loss: 'slot_invalidated' })],
  ['invalidating slot ', () => ({ kind: 'replication_loss', loss: 'slot_invalidated' })],
];

/** Of processes of the server itself, which are of no session. */
const OF_SERVER: Readers = [
  ['checkpoint starting:', checkpointStarted],
  ['restartpoint starting:', checkpointStarted],
  ['checkpoint complete:', checkpointDone],
  ['restartpoint complete:', checkpointDone],
  ['checkpoints are occurring too frequently', () => ({ kind: 'checkpoint_warning' })],
  ['automatic ', autovacuum],
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
];

/** Of the severity that the server uses for each: what a function raises may have the same text. */
const OF_OTHER_SEVERITY: readonly (readonly [severities: readonly LogSeverity[], readers: Readers])[] = [
  [
    ['LOG', 'FATAL'],
    [
      ['archive command ', archiveFailure],
      ['replication terminated by primary server', () => ({ kind: 'replication_loss', loss: 'ended_by_primary' })],
    ],
  ],
  [
    ['WARNING'],
    [
      ['archiving write-ahead log file ', gaveUp],
      ['archive_mode enabled, yet ', () => ({ kind: 'archive_failure', failure: 'not_configured' })],
      ['"archive_mode" enabled, yet ', () => ({ kind: 'archive_failure', failure: 'not_configured' })],
    ],
  ],
  [
    ['FATAL'],
    [
      ['no pg_hba.conf entry ', () => ({ kind: 'authentication_failure', method: 'no_entry' })],
      ['pg_hba.conf rejects ', () => ({ kind: 'authentication_failure', method: 'rejected' })],
    ],
  ],
  [
    ERRORS,
    [
      ['terminating walreceiver due to timeout', () => ({ kind: 'replication_loss', loss: 'timeout' })],
      ['could not receive data from WAL stream', () => ({ kind: 'replication_loss', loss: 'stream_lost' })],
      ['requested WAL segment ', () => ({ kind: 'replication_loss', loss: 'wal_removed' })],
    ],
  ],
];

const BY_SEVERITY = new Map<LogSeverity | undefined, Readers>([['LOG', OF_ANYBODY]]);
for (const [severities, readers] of OF_OTHER_SEVERITY) {
  for (const each of severities) BY_SEVERITY.set(each, [...(BY_SEVERITY.get(each) ?? []), ...readers]);
}

/** Undefined for a message that is counted by its severity and class alone. */
export function eventOf(record: LogRecord): LogEvent | undefined {
  const { message, severity, sqlstate } = record;
  if (RAISED.test(record.context ?? '')) return undefined;
  // The server gives no code to what it logs.
  if (severity === 'LOG' && sqlstate !== undefined && sqlstate !== NO_ERROR) return undefined;
  for (const [beginning, reader] of BY_SEVERITY.get(severity) ?? []) {
    if (message.startsWith(beginning)) return reader(message, record);
  }
  if (severity === 'LOG') return isOfSession(record) ? undefined : eventOfServer(record);
  if (severity !== 'WARNING' && (sqlstate === '40P01' || message === 'deadlock detected')) return { kind: 'deadlock' };
  return severity === 'FATAL' ? authenticationFailure(message, sqlstate) : undefined;
}

function eventOfServer(record: LogRecord): LogEvent | undefined {
  const { message } = record;
  for (const [beginning, reader] of OF_SERVER) {
    if (message.startsWith(beginning)) return reader(message, record);
  }
  return crash(message);
}

function isOfSession({ user, datname, backendType }: LogRecord): boolean {
  return user !== undefined || datname !== undefined || backendType === 'client backend';
}
