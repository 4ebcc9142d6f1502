import { closedRow, column, q, row, table, timeSeries } from '../layer/panels.ts';

const CHOSEN = '{datname=~"$datname"}';

function perDatabase(counter: string): string {
  return `sum by (instance, datname) (rate(${counter}${CHOSEN}[$__rate_interval]))`;
}

export const HISTORY = row(400, 'Sessions over time', [
  timeSeries({
    id: 401,
    title: 'Sessions begun',
    says: 'Sessions begun each second, PostgreSQL 14 and later. Good: few; many short ones want a pool.',
    unit: 'cps',
    queries: [q(perDatabase('pg_stat_database_sessions_total'), '{{instance}} {{datname}}')],
    width: 8,
  }),
  timeSeries({
    id: 402,
    title: 'Sessions that ended badly',
    says: 'Sessions that were lost, failed or ended by an administrator, each second, PostgreSQL 14 and later. Good: 0.',
    unit: 'cps',
    queries: [
      q(
        `sum(rate(pg_stat_database_sessions_abandoned_total${CHOSEN}[$__rate_interval]) + rate(pg_stat_database_sessions_fatal_total${CHOSEN}[$__rate_interval]) + rate(pg_stat_database_sessions_killed_total${CHOSEN}[$__rate_interval]))`,
        'ended badly',
      ),
    ],
    width: 8,
  }),
  timeSeries({
    id: 403,
    title: 'What sessions do with their time',
    says: 'Seconds each second that sessions worked and that they were idle in a transaction, PostgreSQL 14 and later. Good: more work than idleness; 1 is one session.',
    unit: 's',
    queries: [
      q(`sum(rate(pg_stat_database_active_time_seconds_total${CHOSEN}[$__rate_interval]))`, 'working'),
      q(
        `sum(rate(pg_stat_database_idle_in_transaction_time_seconds_total${CHOSEN}[$__rate_interval]))`,
        'idle in transaction',
      ),
    ],
    colours: { 'idle in transaction': 'orange' },
    width: 8,
  }),
]);

const OFF = 'Needs pg_stat_statements and --collector.stat_statements, which is off by default.';
const OF_STATEMENT = 'instance, datname, user, queryid';
const STATEMENT_LABELS = [
  { label: 'instance', name: 'Server' },
  { label: 'datname', name: 'Database' },
  { label: 'user', name: 'User' },
  { label: 'queryid', name: 'Statement' },
] as const;

function perStatement(counter: string): string {
  return `sum by (${OF_STATEMENT}) (rate(${counter}${CHOSEN}[$__rate_interval]))`;
}

const SECONDS = perStatement('pg_stat_statements_seconds_total');
const MOST = `topk(20, ${SECONDS})`;
const LEGEND = '{{datname}} {{user}} {{queryid}}';

/** Of the statements with most time. */
function ofMost(name: string, expr: string, more: Parameters<typeof column>[2] = {}): ReturnType<typeof column> {
  return column(name, `${expr} and ${MOST}`, more);
}

export const STATEMENTS = closedRow(500, 'Statements', [
  table({
    id: 501,
    title: 'Statements with most time',
    says: `The 20 statements that took most time in all; queryid finds the text in pg_stat_statements. Good: no surprise at the top. ${OFF}`,
    labels: STATEMENT_LABELS,
    values: [
      column('Seconds a second', MOST, { decimals: 3 }),
      ofMost('Calls a second', perStatement('pg_stat_statements_calls_total'), { decimals: 1 }),
      ofMost('Each takes', `${SECONDS} / (${perStatement('pg_stat_statements_calls_total')} > 0)`, { unit: 's' }),
      ofMost('Rows a second', perStatement('pg_stat_statements_rows_total'), { decimals: 1 }),
    ],
    largestFirst: 'Seconds a second',
    width: 24,
  }),
  timeSeries({
    id: 502,
    title: 'Time of statements, the ten with most',
    says: `Seconds of executing each second; 1 is one processor or disk kept busy. Good: steady. ${OFF}`,
    unit: 's',
    queries: [q(`topk(10, ${SECONDS})`, LEGEND)],
    width: 8,
  }),
  timeSeries({
    id: 503,
    title: 'Calls of statements, the ten with most',
    says: `Calls each second. Good: what the load explains. ${OFF}`,
    unit: 'cps',
    queries: [q(`topk(10, ${perStatement('pg_stat_statements_calls_total')})`, LEGEND)],
    width: 8,
  }),
  timeSeries({
    id: 504,
    title: 'Time that statements read, the ten with most',
    says: `Seconds of reading blocks each second; 0 without track_io_timing. Good: a small part of their time. ${OFF}`,
    unit: 's',
    queries: [q(`topk(10, ${perStatement('pg_stat_statements_block_read_seconds_total')})`, LEGEND)],
    width: 8,
  }),
]);

export const COMMANDS = closedRow(600, 'Commands that run for long', [
  timeSeries({
    id: 601,
    title: 'Indexes being built',
    says: 'Blocks that CREATE INDEX and REINDEX have processed in their present phase. Good: rises; at 0 for long it waits for another transaction.',
    unit: 'short',
    queries: [
      q(`pg_stat_progress_create_index_blocks_done${CHOSEN}`, '{{instance}} {{datname}} {{relname}} {{phase}}'),
    ],
    width: 12,
  }),
  timeSeries({
    id: 602,
    title: 'Analyzes running',
    says: 'Part of the sample that each running ANALYZE has read. Good: rises.',
    unit: 'percentunit',
    queries: [
      q(
        `pg_stat_progress_analyze_sample_blocks_scanned${CHOSEN} / (pg_stat_progress_analyze_sample_blocks${CHOSEN} > 0)`,
        '{{instance}} {{datname}} {{relname}}',
      ),
    ],
    width: 12,
  }),
]);
