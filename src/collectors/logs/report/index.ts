import type { LogRecord } from '../../../core/log-record.ts';
import { ARCHIVE_FAILURES, CRASH_CAUSES, RECOVERY_EVENTS, REPLICATION_LOSSES } from '../event-kinds.ts';
import { eventOf } from '../event.ts';
import { sqlstateClass } from '../sqlstate-class.ts';
import { createAutovacuum } from './autovacuum.ts';
import { createCheckpoints } from './checkpoints.ts';
import type { Counts, LogReportDocument, ReportedFile, ReportedMessages } from './document.ts';
import { createErrors } from './errors.ts';
import { createHours } from './hours.ts';
import { countsOf, increase, type Part, timeOf, zeros } from './part.ts';
import { createConnections, createSessions } from './sessions.ts';
import { createNormaliser, createStatements } from './statements.ts';
import { createLocks, createTemporaryFiles } from './waits.ts';

export type { LogReportDocument, ReportedFile } from './document.ts';

/** Which messages count, by the log's own times. A message without one goes by the one before it. */
export interface ReportSpan {
  /** Milliseconds since 1970; undefined: from the beginning. */
  readonly beginMs: number | undefined;
  /** Messages of this moment no longer count. */
  readonly endMs: number | undefined;
}

/** What the messages of finished logs come to. Its memory is bounded, however many there are. */
export interface LogReport {
  readonly add: (record: LogRecord) => void;
  readonly finish: (files: readonly ReportedFile[], top: number) => LogReportDocument;
}

export function createLogReport(span: ReportSpan): LogReport {
  const parts = createParts();
  const all = Object.values(parts);
  const times = createTimes(span);
  return {
    add(record) {
      if (!times.counts(record.atMs)) return;
      if (record.severity === undefined && record.sqlstate === undefined) return parts.messages.foreign();
      const message = { record, event: eventOf(record) };
      for (const part of all) part.add(message);
    },
    finish: (files, top) => ({
      schema: 1,
      files,
      ...times.report(),
      messages: parts.messages.report(top),
      checkpoints: parts.checkpoints.report(top),
      connections: parts.connections.report(top),
      sessions: parts.sessions.report(top),
      statements: parts.statements.report(top),
      errors: parts.errors.report(top),
      locks: parts.locks.report(top),
      temporaryFiles: parts.temporaryFiles.report(top),
      autovacuum: parts.autovacuum.report(top),
      ...parts.events.report(top),
      hours: parts.hours.report(top),
    }),
  };
}

/** The sections of a report; the return type is what each of them tells. */
function createParts() {
  const normalise = createNormaliser();
  return {
    messages: createMessages(),
    checkpoints: createCheckpoints(),
    connections: createConnections(),
    sessions: createSessions(),
    statements: createStatements(normalise),
    errors: createErrors(normalise),
    locks: createLocks(normalise),
    temporaryFiles: createTemporaryFiles(normalise),
    autovacuum: createAutovacuum(),
    events: createEvents(),
    hours: createHours(),
  };
}

interface Times {
  /** True for a message that is to be counted. */
  readonly counts: (atMs: number | undefined) => boolean;
  readonly report: () => Pick<LogReportDocument, 'firstMessageTime' | 'lastMessageTime'>;
}

function createTimes({ beginMs = -Infinity, endMs = Infinity }: ReportSpan): Times {
  let firstMs = Infinity;
  let lastMs = -Infinity;
  let isIn = beginMs === -Infinity;
  return {
    counts(atMs) {
      if (atMs === undefined) return isIn;
      isIn = atMs >= beginMs && atMs < endMs;
      if (!isIn) return false;
      firstMs = Math.min(firstMs, atMs);
      lastMs = Math.max(lastMs, atMs);
      return true;
    },
    report: () => ({
      firstMessageTime: timeOf(Number.isFinite(firstMs) ? firstMs : undefined),
      lastMessageTime: timeOf(Number.isFinite(lastMs) ? lastMs : undefined),
    }),
  };
}

interface MessagesPart extends Part<ReportedMessages> {
  /** A line of another program. */
  readonly foreign: () => void;
}

function createMessages(): MessagesPart {
  const severities = new Map<string, number>();
  const classes = new Map<string, number>();
  let total = 0;
  let foreignLines = 0;
  return {
    add({ record: { severity = '', sqlstate } }) {
      total += 1;
      increase(severities, severity);
      increase(classes, sqlstateClass(sqlstate));
    },
    foreign: () => void (foreignLines += 1),
    report: () => ({
      total,
      bySeverity: countsOf(severities),
      bySqlstateClass: countsOf(classes),
      foreignLines,
    }),
  };
}

type ReportedEvents = Readonly<Record<'archiveFailures' | 'recoveryEvents' | 'crashes' | 'replicationLosses', Counts>>;

/** What is counted by its kind alone. */
function createEvents(): Part<ReportedEvents> {
  const archive = zeros(ARCHIVE_FAILURES);
  const recovery = zeros(RECOVERY_EVENTS);
  const crashes = zeros(CRASH_CAUSES);
  const replication = zeros(REPLICATION_LOSSES);
  return {
    add({ event }) {
      if (event?.kind === 'archive_failure') increase(archive, event.failure);
      else if (event?.kind === 'recovery') increase(recovery, event.event);
      else if (event?.kind === 'crash') increase(crashes, event.cause);
      else if (event?.kind === 'replication_loss') increase(replication, event.loss);
    },
    report: () => ({
      archiveFailures: countsOf(archive),
      recoveryEvents: countsOf(recovery),
      crashes: countsOf(crashes),
      replicationLosses: countsOf(replication),
    }),
  };
}
