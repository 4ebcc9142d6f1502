import type { LogRecord } from '../../core/log-record.ts';
import {
  type AUTHENTICATION_METHODS,
  CHECKPOINT_CAUSES,
  type CRASH_CAUSES,
  type LogEvent,
  type One,
} from './event-kinds.ts';

const KIB = 1_024;
const MS = 0.001;

/** Of the extended protocol the execution counts; what parsing and binding took is not the statement's. */
export function statement(message: string): LogEvent | undefined {
  const [all, ms, what] = /^duration: ([\d.]+) ms(?: {2}(statement|execute|fastpath|parse|bind))?/.exec(message) ?? [];
  if (all === undefined || what === 'parse' || what === 'bind') return undefined;
  const colon = message.indexOf(': ', all.length);
  const text = what === undefined || colon === -1 ? undefined : message.slice(colon + 2);
  return { kind: 'statement', seconds: Number(ms) * MS, text };
}

export function checkpointStarted(message: string): LogEvent {
  const flags = message.slice(message.indexOf(':') + 1);
  const cause = CHECKPOINT_CAUSES.find((each) => flags.includes(` ${each.replaceAll('_', '-')}`)) ?? 'requested';
  return { kind: 'checkpoint_started', cause: flags.includes(' shutdown') ? 'shutdown' : cause };
}

export function checkpointDone(message: string): LogEvent {
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

export function archiveFailure(message: string): LogEvent | undefined {
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

export function gaveUp(message: string): LogEvent | undefined {
  return message.includes(' failed too many times') ? { kind: 'archive_failure', failure: 'gave_up' } : undefined;
}

export function temporaryFile(message: string): LogEvent {
  return { kind: 'temporary_file', bytes: Number(/, size (\d+)$/.exec(message)?.[1] ?? 0) };
}

export function lockWait(message: string): LogEvent | undefined {
  const [, what, ms] = /^process \d+ (still waiting for|acquired) .* after ([\d.]+) ms/.exec(message) ?? [];
  if (what === undefined) return undefined;
  return what === 'acquired' ? { kind: 'lock_acquired', seconds: Number(ms) * MS } : { kind: 'lock_wait' };
}

export function autovacuum(message: string): LogEvent | undefined {
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

export function connection(message: string, { datname }: LogRecord): LogEvent {
  return { kind: 'connection', datname: datname ?? / database=(\S+)/.exec(message)?.[1] };
}

export function disconnection(message: string, { datname }: LogRecord): LogEvent {
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
export function authenticationFailure(message: string, sqlstate: string | undefined): LogEvent | undefined {
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
export function crash(message: string): LogEvent | undefined {
  const { what, signal, code } = DIED.exec(message)?.groups ?? {};
  if (what === undefined) return undefined;
  if (signal !== undefined) return { kind: 'crash', cause: SIGNALS[signal] ?? 'other_signal' };
  const isHarmless = Number(code) < 2 || what.startsWith('archiver') || what.startsWith('system logger');
  return isHarmless && what !== 'startup process' ? undefined : { kind: 'crash', cause: 'exit' };
}
