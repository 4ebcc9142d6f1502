import type { LogReportDocument } from '../../src/collectors/logs/report/index.ts';
import { normaliseMessage, normaliseStatement } from '../../src/collectors/logs/report/normalise.ts';
import type { BadgerReport } from './pgbadger.ts';

/** What both tell, by one set of names. Of what is counted by a name, only what was counted at all. */
export type Totals = Readonly<Record<string, unknown>>;

type Tree = Readonly<Record<string, unknown>>;
type Counts = Readonly<Record<string, number>>;

const MS = 1_000;
const BADGERS_BOUNDS_MS = [0, 1, 5, 10, 25, 50, 100, 500, 1_000, 10_000];

export function totalsOf(report: LogReportDocument): Totals {
  const { checkpoints, connections, sessions, statements, locks, temporaryFiles, autovacuum } = report;
  return {
    ...severities(report.messages.bySeverity),
    connections: connections.authorized,
    'connections by database': connections.byDatabase,
    'connections by user': connections.byUser,
    sessions: [sessions.count, inMs(sessions.seconds)],
    'sessions by database': groups(sessions.byDatabase),
    'sessions by user': groups(sessions.byUser),
    'sessions by host': groups(sessions.byHost),
    statements: [statements.count, inMs(statements.seconds)],
    'statements by duration': added(
      statements.byDuration.map(({ count }, index) => [String(BADGERS_BOUNDS_MS[index]), count]),
    ),
    'statements by text': Object.fromEntries(
      statements.mostTime.map(({ statement, times, seconds }) => [statement, [times, inMs(seconds)]]),
    ),
    'parse and bind': inMs(statements.preparationSeconds),
    errors: added(report.errors.map(({ severity, message, times }) => [`${severity}: ${message}`, times])),
    'locks by mode': groups(locks.acquiredByMode),
    'temporary files': [temporaryFiles.count, temporaryFiles.bytes],
    'largest temporary file': temporaryFiles.largestBytes,
    'vacuums by table': added(autovacuum.tables.map(({ table, vacuums }) => [table, vacuums])),
    'analyzes by table': added(autovacuum.tables.map(({ table, analyzes }) => [table, analyzes])),
    'tuples removed by table': added(autovacuum.tables.map(({ table, tuplesRemoved }) => [table, tuplesRemoved])),
    'checkpoints by cause': checkpoints.startedByWords,
    'checkpoint warnings': checkpoints.warnings,
    'checkpoints completed': [
      checkpoints.buffers,
      checkpoints.walFilesAdded,
      checkpoints.walFilesRemoved,
      checkpoints.walFilesRecycled,
      checkpoints.distanceBytes,
      ...[checkpoints.writeSeconds, checkpoints.syncSeconds, checkpoints.totalSeconds].map(inMs),
    ],
    'longest write and sync': [checkpoints.longestWriteSeconds, checkpoints.longestSyncSeconds],
  };
}

export function totalsOfBadger(report: BadgerReport): Totals {
  const checkpoints = at(report, 'checkpoint_info');
  const connections = ofAll(report, 'connection_info');
  const sessions = ofAll(report, 'session_info');
  const overall = ofAll(report, 'overall_stat');
  const files = ofAll(report, 'tempfile_info');
  const durations = at(overall, 'queries_duration');
  return {
    ...severities(ofAll(report, 'logs_type') as Counts),
    connections: connections['count'],
    'connections by database': connections['database'],
    'connections by user': connections['user'],
    sessions: measured(sessions),
    'sessions by database': eachMeasured(at(sessions, 'database')),
    'sessions by user': eachMeasured(at(sessions, 'user')),
    'sessions by host': eachMeasured(at(sessions, 'host')),
    statements: [overall['queries_number'], rounded(durations['execute'])],
    'statements by duration': at(at(overall, 'histogram'), 'query_time'),
    'statements by text': badgersStatements(ofAll(report, 'normalyzed_info')),
    'parse and bind': rounded(Number(durations['prepare']) + Number(durations['bind'])),
    errors: badgersErrors(ofAll(report, 'error_info')),
    'locks by mode': eachMeasured(ofAll(report, 'lock_info')),
    'temporary files': [files['count'], files['size']],
    'largest temporary file': files['maxsize'],
    'vacuums by table': ofTables(ofAll(report, 'autovacuum_info'), ['vacuums']),
    'analyzes by table': ofTables(ofAll(report, 'autoanalyze_info'), ['analyzes']),
    'tuples removed by table': ofTables(ofAll(report, 'autovacuum_info'), ['tuples', 'removed']),
    'checkpoints by cause': checkpoints['starting'],
    'checkpoint warnings': checkpoints['warning'],
    'checkpoints completed': [
      ...['wbuffer', 'file_added', 'file_removed', 'file_recycled'].map((name) => checkpoints[name]),
      Number(checkpoints['distance'] ?? 0) * 1_024,
      ...['write', 'sync', 'total'].map((name) => rounded(Number(checkpoints[name]) * MS)),
    ],
    'longest write and sync': ['checkpoint_write', 'checkpoint_sync'].map((name) =>
      Number(at(report, 'overall_checkpoint')[name] ?? 0),
    ),
  };
}

function severities({ LOG, WARNING, ERROR, FATAL }: Counts): Totals {
  return { severities: { LOG, WARNING, ERROR, FATAL } };
}

function at(tree: Tree, name: string): Tree {
  return (tree[name] ?? {}) as Tree;
}

/** What pgBadger has of all databases together, which it calls postgres. */
function ofAll(report: BadgerReport, name: string): Tree {
  return at(at(report, name), 'postgres');
}

function rounded(ms: unknown): number {
  return Number(Number(ms ?? 0).toFixed(3));
}

function inMs(seconds: number): number {
  return rounded(seconds * MS);
}

function measured({ count, duration }: Tree): readonly unknown[] {
  return [count, rounded(duration)];
}

function eachMeasured(tree: Tree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([name, each]) => [name, measured(each as Tree)]));
}

function groups(all: LogReportDocument['sessions']['byHost']): Tree {
  return Object.fromEntries(all.map(({ name, count, seconds }) => [name, [count, inMs(seconds)]]));
}

/** Sums by name, without those that are 0. */
function added(all: readonly (readonly [name: string, count: number])[]): Counts {
  const sums = new Map<string, number>();
  for (const [name, count] of all) if (count > 0) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}

function ofTables(section: Tree, path: readonly string[]): Counts {
  const counts = Object.entries(at(section, 'tables')).map(([table, found]) => {
    const value = path.reduce<unknown>((tree, name) => at({ tree }, 'tree')[name], found);
    return [table, Number(value ?? 0)] as const;
  });
  return added(counts);
}

/** It puts the values of parameters back and leaves others of its own way: a text of each as walguard has it. */
function badgersStatements(normalised: Tree): Tree {
  const found = Object.values(normalised).flatMap((each) => {
    const { count, duration, samples } = each as Tree;
    const [sample] = Object.values(samples as Tree);
    const query = (sample as Tree | undefined)?.['query'];
    const text = normaliseStatement(typeof query === 'string' ? query : '');
    return Number(count) === 0 ? [] : [[text, Number(count), Number(duration)] as const];
  });
  const times = added(found.map(([text, count]) => [text, count]));
  const took = added(found.map(([text, , ms]) => [text, ms]));
  return Object.fromEntries(Object.entries(times).map(([text, count]) => [text, [count, rounded(took[text])]]));
}

function badgersErrors(errors: Tree): Counts {
  const found = Object.values(errors).map((each) => {
    const { count, error } = each as Tree;
    const [, severity = '', message = ''] = /^(\w+): +([^]*)$/.exec(String([error].flat()[0])) ?? [];
    return [`${severity}: ${normaliseMessage(message)}`, Number(count)] as const;
  });
  return added(found);
}
