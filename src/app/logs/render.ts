import type { Counts, LogReportDocument, ReportedStatement } from '../../collectors/logs/report/document.ts';
import { printable } from '../../core/printable.ts';
import { bytesText, countText, durationText, timeText } from '../../core/words.ts';
import { type Look, paint, table } from '../status/layout.ts';

const SECOND_MS = 1_000;
const STATEMENT_CHARACTERS = 300;

/** The report for a person. Sections without anything in them are left out. */
export function renderLogReport(report: LogReportDocument, look: Look): string {
  const lines = [
    ...headLines(report),
    ...section('Checkpoints', checkpointLines(report), look),
    ...section('Over the day', hourLines(report, look), look),
    ...section('Connections and sessions', sessionLines(report, look), look),
    ...section('Statements', statementLines(report, look), look),
    ...section('Errors', errorLines(report, look), look),
    ...section('Locks', lockLines(report, look), look),
    ...section('Temporary files', temporaryLines(report, look), look),
    ...section('Autovacuum', autovacuumLines(report, look), look),
    ...section('Archive, recovery, crashes', eventLines(report), look),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, lines: readonly string[], look: Look): readonly string[] {
  return lines.length === 0 ? [] : ['', paint(title, 'strong', look), ...lines];
}

function headLines({ files, messages, firstMessageTime, lastMessageTime }: LogReportDocument): readonly string[] {
  const skipped = files.reduce((sum, { skippedBytes }) => sum + skippedBytes, 0);
  return [
    ...files.map(
      ({ name, bytes, format, prefix }) =>
        `${printable(name)}: ${bytesText(bytes)}, ${format}${prefix === null ? '' : ` with the prefix ${JSON.stringify(prefix)}`}`,
    ),
    `From ${timeText(firstMessageTime)} to ${timeText(lastMessageTime)}`,
    `${countText(messages.total, 'message')}: ${countsText(messages.bySeverity)}`,
    `By class of SQLSTATE: ${countsText(messages.bySqlstateClass)}`,
    ...(messages.foreignLines === 0 ? [] : [`${countText(messages.foreignLines, 'line')} of other programs`]),
    ...(skipped === 0 ? [] : [`${bytesText(skipped)} could not be read`]),
  ];
}

/** `LOG 12, ERROR 3`, zeros left out. */
function countsText(counts: Counts): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${name === '' ? 'unknown' : printable(name)} ${count}`).join(', ');
}

/** Milliseconds below a second. */
function tookText(seconds: number): string {
  return seconds < 1 ? `${Number((seconds * SECOND_MS).toPrecision(3))} ms` : durationText(seconds);
}

function checkpointLines({ checkpoints: found }: LogReportDocument): readonly string[] {
  const causes = countsText(found.started);
  if (found.completed === 0 && causes === '' && found.warnings === 0) return [];
  const kinds = found.restartpoints === 0 ? '' : `, ${countText(found.restartpoints, 'restartpoint')} of them`;
  return [
    `  ${found.completed} completed${kinds}; started by: ${causes === '' ? 'not logged' : causes}`,
    `  ${countText(found.buffers, 'buffer')} written; WAL files: ${found.walFilesAdded} added, ${found.walFilesRemoved} removed, ${found.walFilesRecycled} recycled`,
    `  write ${tookText(found.writeSeconds)}, sync ${tookText(found.syncSeconds)}, total ${tookText(found.totalSeconds)}`,
    `  longest: write ${tookText(found.longestWriteSeconds)}, sync ${tookText(found.longestSyncSeconds)}, one file ${tookText(found.longestFileSyncSeconds)}, total ${tookText(found.longestTotalSeconds)}`,
    `  distance ${bytesText(found.distanceBytes)}, the largest ${bytesText(found.largestDistanceBytes)}`,
    ...(found.warnings === 0 ? [] : [`  ${countText(found.warnings, 'warning')} that they come too frequently`]),
  ];
}

function hourLines({ hours }: LogReportDocument, look: Look): readonly string[] {
  const rows = hours.map((hour) => [
    `${hour.time.slice(0, 13).replace('T', ' ')}:00`,
    ...[hour.messages, hour.errors, hour.checkpoints, hour.checkpointBuffers].map(String),
    tookText(hour.checkpointSeconds),
    ...[hour.connections, hour.statements].map(String),
    tookText(hour.statementSeconds),
    bytesText(hour.temporaryBytes),
    String(hour.lockWaits),
  ]);
  const head = 'hour (UTC),messages,errors,checkpoints,buffers,took,connections,statements,took,temp files,lock waits';
  return table(head.split(','), rows, look);
}

function sessionLines({ connections, sessions }: LogReportDocument, look: Look): readonly string[] {
  const { received, authorized, authenticationFailures } = connections;
  if (received + authorized + authenticationFailures + sessions.count === 0) return [];
  const rows = (what: string, groups: LogReportDocument['sessions']['byUser']): readonly (readonly string[])[] =>
    groups.map(({ name, count, seconds }) => [what, printable(name), String(count), tookText(seconds)]);
  return [
    `  ${received} received, ${authorized} authorized, ${authenticationFailures} refused: ${countsText(connections.authenticationFailuresByMethod)}`.replace(
      /: $/,
      '',
    ),
    `  ${countText(sessions.count, 'session')} ended, ${tookText(sessions.seconds)} in all`,
    ...table(
      ['sessions by', 'name', 'ended', 'took'],
      [...rows('database', sessions.byDatabase), ...rows('user', sessions.byUser), ...rows('host', sessions.byHost)],
      look,
    ),
  ];
}

function statementLines({ statements: found }: LogReportDocument, look: Look): readonly string[] {
  if (found.count === 0) return [];
  const { missed } = found;
  const durations = found.byDuration.map(
    ({ belowMs, count }) => `${belowMs === null ? 'more' : `<${belowMs} ms`}: ${count}`,
  );
  return [
    `  ${countText(found.count, 'statement')}, ${tookText(found.seconds)} in all; ${durations.join(', ')}`,
    ...(missed.times === 0
      ? []
      : [
          `  There were too many: each may have ${missed.times} runs and ${tookText(missed.seconds)} more than it says.`,
        ]),
    ...ranking('  Most time', found.mostTime, look),
    ...ranking('  Slowest', found.slowest, look),
    ...ranking('  Most frequent', found.mostFrequent, look),
  ];
}

function ranking(title: string, statements: readonly ReportedStatement[], look: Look): readonly string[] {
  if (statements.length === 0) return [];
  const rows = statements.map(({ statement, times, seconds, longestSeconds, datname }) => [
    String(times),
    tookText(seconds),
    tookText(seconds / times),
    tookText(longestSeconds),
    printable(datname ?? ''),
    cut(statement),
  ]);
  return [title, ...wide(['times', 'took', 'average', 'longest', 'database', 'statement'], rows, look)];
}

/** The last column is as long as it is, in lines of its own where the terminal is too narrow. */
function wide(head: readonly string[], rows: readonly (readonly string[])[], look: Look): readonly string[] {
  const numbers = table(head, rows, { ...look, width: Infinity });
  const column = (numbers[0] ?? '').lastIndexOf(head.at(-1) ?? '');
  return numbers.flatMap((line) => {
    if (line.length <= look.width || column > look.width / 2) return [line];
    const room = look.width - column;
    const pieces = line.slice(column).match(new RegExp(`.{1,${room}}(?: |$)|.{1,${room}}`, 'g')) ?? [];
    return pieces.map((piece, at) => `${at === 0 ? line.slice(0, column) : ' '.repeat(column)}${piece.trimEnd()}`);
  });
}

function cut(statement: string): string {
  const text = statement === '' ? '(not logged)' : printable(statement);
  return text.length > STATEMENT_CHARACTERS ? `${text.slice(0, STATEMENT_CHARACTERS)}...` : text;
}

function errorLines({ errors }: LogReportDocument, look: Look): readonly string[] {
  const rows = errors.map(({ severity, sqlstate, message, times, statement }) => [
    String(times),
    severity,
    sqlstate ?? '',
    statement === null ? printable(message) : `${printable(message)}: ${cut(statement)}`,
  ]);
  return rows.length === 0 ? [] : wide(['times', 'severity', 'state', 'message'], rows, look);
}

function lockLines({ locks }: LogReportDocument, look: Look): readonly string[] {
  if (locks.waits + locks.acquired + locks.deadlocks === 0) return [];
  return [
    `  ${countText(locks.waits, 'wait')} longer than deadlock_timeout; ${locks.acquired} got the lock after ${tookText(locks.acquiredSeconds)} in all; ${countText(locks.deadlocks, 'deadlock')}`,
    ...table(
      ['mode', 'got', 'waited'],
      locks.acquiredByMode.map(({ name, count, seconds }) => [name, String(count), tookText(seconds)]),
      look,
    ),
    ...ranking('  Waited most', locks.statements, look),
  ];
}

function temporaryLines({ temporaryFiles: found }: LogReportDocument, look: Look): readonly string[] {
  if (found.count === 0) return [];
  const rows = found.statements.map(({ statement, files, bytes }) => [String(files), bytesText(bytes), cut(statement)]);
  return [
    `  ${countText(found.count, 'file')}, ${bytesText(found.bytes)}, the largest ${bytesText(found.largestBytes)}`,
    ...(rows.length === 0 ? [] : wide(['files', 'size', 'statement'], rows, look)),
  ];
}

function autovacuumLines({ autovacuum: found }: LogReportDocument, look: Look): readonly string[] {
  if (found.vacuums + found.analyzes === 0) return [];
  const rows = found.tables.map((each) => [
    printable(each.table),
    ...[each.vacuums, each.analyzes].map(String),
    tookText(each.seconds),
    ...[each.pagesRemoved, each.tuplesRemoved].map(String),
  ]);
  return [
    `  ${countText(found.vacuums, 'vacuum')} in ${tookText(found.vacuumSeconds)}, ${found.analyzes} of ANALYZE in ${tookText(found.analyzeSeconds)}`,
    ...table(['table', 'vacuums', 'analyzes', 'took', 'pages removed', 'tuples removed'], rows, look),
  ];
}

function eventLines(report: LogReportDocument): readonly string[] {
  const groups: readonly (readonly [string, Counts])[] = [
    ['archive failures', report.archiveFailures],
    ['recovery', report.recoveryEvents],
    ['crashes', report.crashes],
    ['replication that broke off', report.replicationLosses],
  ];
  return groups.flatMap(([what, counts]) => (countsText(counts) === '' ? [] : [`  ${what}: ${countsText(counts)}`]));
}
