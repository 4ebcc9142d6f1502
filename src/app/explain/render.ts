import type { SkipReason } from '../../core/reasons.ts';
import { SKIP_MEANINGS } from '../../core/skip-meanings.ts';
import type { ExplainedAnswer } from '../../scrape/explain-predicates.ts';
import type { ExplainedQuery, ExplainedSkip } from '../../scrape/explain.ts';
import { serverName, versionName } from '../check/render.ts';
import type { ExplainReport, OffCollector } from './index.ts';

const INDENT = '  ';
/** A predicate longer than this is cut in the table; the JSON has all of it. */
const LONGEST_SQL = 60;

/** What a scrape would do, for a person. */
export function renderText(report: ExplainReport): string {
  const { target, facts, queries, derived, failed } = report;
  return [
    `${target}: ${serverName(facts)}, user ${facts.user}`,
    '',
    `${queries.length} queries run, in the order of each connection:`,
    ...table([HEAD, ...queries.map(queryCells)]).map((line) => INDENT + line),
    ...section(derived.length > 0, 'after them, without a query:', [derived.join(', ')]),
    ...section(
      failed.length > 0,
      'fail:',
      failed.map((failure) => `${nameOf(failure)}: ${failure.error.code}: ${failure.error.message}`),
    ),
    ...skipLines(report),
    ...offLines(report.off),
    '',
  ].join('\n');
}

/** The same for a program. */
export function renderJson({ target, facts, queries, derived, skipped, failed, off }: ExplainReport): string {
  const report = {
    target: {
      name: target,
      version: versionName(facts.version),
      in_recovery: facts.inRecovery,
      database: facts.database,
      user: facts.user,
    },
    queries: queries.map(({ timeoutMs, ttlMs, answers, isOnce, ...query }) => ({
      ...query,
      once: isOnce,
      timeout_seconds: timeoutMs / 1_000,
      ttl_seconds: (ttlMs ?? 0) / 1_000,
      predicates: answers,
    })),
    derived,
    skipped: skipped.map(({ answers, reason, ...skip }) => ({
      ...skip,
      reason,
      ...SKIP_MEANINGS[reason],
      predicates: answers,
    })),
    failed: failed.map(({ error: { code, message, hint }, ...failure }) => ({ ...failure, code, message, hint })),
    off: off.map(({ collector, by }) => ({ collector, by: typeof by === 'string' ? by : by.said })),
  };
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

const HEAD: readonly string[] = ['connection', 'collector', 'database', 'how often', 'limit', 'predicates'];

function queryCells({
  collector,
  database,
  connection,
  place,
  timeoutMs,
  ttlMs,
  answers,
}: ExplainedQuery): readonly string[] {
  return [
    `${connection}, ${place}.`,
    collector,
    database,
    ttlMs === undefined ? 'each scrape' : `every ${seconds(ttlMs)}`,
    seconds(timeoutMs),
    answers.map(answerText).join('; '),
  ];
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1_000} s`;
}

function answerText({ sql, answer }: ExplainedAnswer): string {
  const line = sql.replaceAll(/\s+/g, ' ');
  const cut = line.length > LONGEST_SQL ? `${line.slice(0, LONGEST_SQL)}...` : line;
  return `${answer ? 'yes' : 'no'} to ${cut}`;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function section(isThere: boolean, title: string, lines: readonly string[]): readonly string[] {
  return isThere ? ['', title, ...lines.map((line) => INDENT + line)] : [];
}

function skipLines({ skipped }: ExplainReport): readonly string[] {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return section(
    skipped.length > 0,
    'skipped:',
    reasons.flatMap((reason) =>
      reasonLines(
        reason,
        skipped.filter((each) => each.reason === reason),
      ),
    ),
  );
}

function reasonLines(reason: SkipReason, skipped: ExplainReport['skipped']): readonly string[] {
  const { says, cure } = SKIP_MEANINGS[reason];
  const asked = skipped.filter(({ answers }) => answers.length > 0);
  return [
    `${reason} (${says}): ${skipped.map(nameOf).join(', ')}`,
    ...asked.map((skip) => `${INDENT}${nameOf(skip)}: ${skip.answers.map(answerText).join('; ')}`),
    `${INDENT}hint: ${cure}`,
  ];
}

function nameOf({ collector, database }: Pick<ExplainedSkip, 'collector' | 'database'>): string {
  return database === undefined ? collector : `${collector} in ${database}`;
}

function offLines(off: readonly OffCollector[]): readonly string[] {
  const names = (by: string): string =>
    off
      .filter((each) => each.by === by)
      .map(({ collector }) => collector)
      .join(', ');
  const byDefault = names('default');
  const replaced = names('replaced');
  return section(off.length > 0, 'off:', [
    ...(byDefault === '' ? [] : [`by default (--collector.NAME switches on): ${byDefault}`]),
    ...(replaced === '' ? [] : [`for packs give all their families: ${replaced}`]),
    ...off.flatMap(({ collector, by }) => (typeof by === 'string' ? [] : [`by ${by.said}: ${collector}`])),
  ]);
}
