import { Client } from 'pg';
import type { Family } from './exposition.ts';
import { samplesOf } from './http.ts';

/** A row of a SHOW command by its columns; what is not set is undefined: NULL, or an empty text. */
type NamedRow = Readonly<Record<string, string | undefined>>;

/** A SHOW command, and where a page has what it says. */
export interface Shown {
  readonly command: string;
  /** 123 is PgBouncer 1.23; undefined: always. */
  readonly since?: number;
  /** Rows that tell of who asks, and change with each command. */
  readonly isOfTheScrape: (row: NamedRow) => boolean;
  /** Labels by the column whose value they have. */
  readonly labels: Readonly<Record<string, string>>;
  /** Families by column; a page has the value times the factor. Of each other column the reason why it has none. */
  readonly columns: Readonly<Record<string, readonly [family: string, factor?: number] | string>>;
}

const TIMES = 1e-6;
const isOfConsole = ({ database, name, user }: NamedRow): boolean =>
  [database, name].includes('pgbouncer') || user === 'stats' || name === 'stats';

/** Names as pgbouncer_exporter 0.12.0 has them, where it has them. */
export const SHOWN: readonly Shown[] = [
  {
    command: 'SHOW STATS_TOTALS',
    isOfTheScrape: isOfConsole,
    labels: { database: 'database' },
    columns: {
      xact_count: ['pgbouncer_stats_totals_sql_transactions_pooled_total'],
      query_count: ['pgbouncer_stats_totals_queries_pooled_total'],
      bytes_received: ['pgbouncer_stats_totals_received_bytes_total'],
      bytes_sent: ['pgbouncer_stats_totals_sent_bytes_total'],
      xact_time: ['pgbouncer_stats_totals_server_in_transaction_seconds_total', TIMES],
      query_time: ['pgbouncer_stats_totals_queries_duration_seconds_total', TIMES],
      wait_time: ['pgbouncer_stats_totals_client_wait_seconds_total', TIMES],
      server_assignment_count: ['pgbouncer_stats_totals_server_assignments_total'],
      client_parse_count: ['pgbouncer_stats_totals_client_parses_total'],
      server_parse_count: ['pgbouncer_stats_totals_server_parses_total'],
      bind_count: ['pgbouncer_stats_totals_binds_total'],
      client_login_count: ['pgbouncer_stats_totals_client_logins_total'],
    },
  },
  {
    command: 'SHOW POOLS',
    isOfTheScrape: isOfConsole,
    labels: { database: 'database', user: 'user' },
    columns: {
      cl_active: ['pgbouncer_pools_client_active_connections'],
      cl_waiting: ['pgbouncer_pools_client_waiting_connections'],
      cl_active_cancel_req: ['pgbouncer_pools_client_active_cancel_connections'],
      cl_waiting_cancel_req: ['pgbouncer_pools_client_waiting_cancel_connections'],
      sv_active: ['pgbouncer_pools_server_active_connections'],
      sv_active_cancel: ['pgbouncer_pools_server_active_cancel_connections'],
      sv_being_canceled: ['pgbouncer_pools_server_being_canceled_connections'],
      sv_idle: ['pgbouncer_pools_server_idle_connections'],
      sv_used: ['pgbouncer_pools_server_used_connections'],
      sv_tested: ['pgbouncer_pools_server_testing_connections'],
      sv_login: ['pgbouncer_pools_server_login_connections'],
      maxwait: ['pgbouncer_pools_client_maxwait_seconds'],
      maxwait_us: 'a fraction of a second: maxwait is whole seconds, as pgbouncer_exporter has it',
      pool_mode: 'a setting',
      load_balance_hosts: 'a setting',
    },
  },
  {
    command: 'SHOW DATABASES',
    isOfTheScrape: isOfConsole,
    labels: Object.fromEntries(['name', 'host', 'port', 'database', 'force_user', 'pool_mode'].map((n) => [n, n])),
    columns: {
      pool_size: ['pgbouncer_databases_pool_size'],
      min_pool_size: ['pgbouncer_databases_min_pool_size'],
      reserve_pool: ['pgbouncer_databases_reserve_pool'],
      reserve_pool_size: ['pgbouncer_databases_reserve_pool'],
      server_lifetime: ['pgbouncer_databases_server_lifetime_seconds'],
      max_connections: ['pgbouncer_databases_max_connections'],
      current_connections: ['pgbouncer_databases_current_connections'],
      max_client_connections: ['pgbouncer_databases_max_client_connections'],
      current_client_connections: ['pgbouncer_databases_current_client_connections'],
      paused: ['pgbouncer_databases_paused'],
      disabled: ['pgbouncer_databases_disabled'],
      load_balance_hosts: 'a setting',
    },
  },
  {
    command: 'SHOW USERS',
    since: 123,
    isOfTheScrape: isOfConsole,
    labels: { name: 'user' },
    columns: {
      pool_size: ['pgbouncer_users_pool_size'],
      reserve_pool_size: ['pgbouncer_users_reserve_pool'],
      max_user_connections: ['pgbouncer_users_max_connections'],
      current_connections: ['pgbouncer_users_current_connections'],
      max_user_client_connections: ['pgbouncer_users_max_client_connections'],
      current_client_connections: ['pgbouncer_users_current_client_connections'],
      pool_mode: 'a setting',
    },
  },
  {
    command: 'SHOW MEM',
    // Buffers and clients come and go with the connection that asks.
    isOfTheScrape: ({ name }) => ['client_cache', 'iobuf_cache', 'var_list_cache'].includes(name ?? ''),
    labels: { name: 'cache' },
    columns: {
      size: 'memtotal is this many bytes an object',
      used: ['pgbouncer_memory_objects_used'],
      free: ['pgbouncer_memory_objects_free'],
      memtotal: ['pgbouncer_memory_bytes'],
    },
  },
];

/** The rows of a SHOW command. */
export async function namedRows(url: string, command: string): Promise<readonly NamedRow[]> {
  const client = new Client({ connectionString: url, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Readonly<Record<string, string | number | null>>>(command);
    return rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [name, cell === null || cell === '' ? undefined : String(cell)]),
      ),
    );
  } finally {
    await client.end();
  }
}

/** What a page has otherwise than the rows, a line each: wrong values, and columns that nobody has thought of. */
export function problemsOfShow(
  { labels, columns, isOfTheScrape }: Shown,
  rows: readonly NamedRow[],
  families: ReadonlyMap<string, Family>,
): readonly string[] {
  const unknown = Object.keys(rows[0] ?? {}).filter((name) => !(name in labels) && !(name in columns));
  const wrong = rows
    .filter((row) => !isOfTheScrape(row))
    .flatMap((row) =>
      Object.entries(columns).flatMap(([column, home]) => {
        if (typeof home === 'string' || row[column] === undefined) return [];
        const [family, factor = 1] = home;
        const wanted = Object.fromEntries(Object.entries(labels).map(([from, label]) => [label, row[from] ?? '']));
        const found = samplesOf(families, family, wanted).map(({ value }) => value);
        const expected = Number(row[column]) * factor;
        const fits = found.length === 1 && Math.abs((found[0] ?? Number.NaN) - expected) <= 1e-9;
        return fits ? [] : [`${family}${JSON.stringify(wanted)} is ${found.join()} and not ${expected}`];
      }),
    );
  return [...unknown.map((name) => `the column ${name} is not known`), ...wrong];
}

/** What a release answers to a SHOW command: names and types of its columns; the first cells of rows that are its own. */
export interface ShowRecord {
  readonly columns: readonly (readonly [name: string, typeOid: number])[];
  readonly keys?: readonly string[];
}

/** Commands by the first release that has them; true for those whose rows are the same wherever it runs. */
const RECORDED: readonly (readonly [command: string, since: number, hasKeys: boolean])[] = [
  ['SHOW VERSION', 0, false],
  ['SHOW STATS_TOTALS', 0, false],
  ['SHOW POOLS', 0, false],
  ['SHOW DATABASES', 0, false],
  ['SHOW USERS', 0, false],
  ['SHOW STATE', 119, true],
  ['SHOW MEM', 0, true],
  ['SHOW LISTS', 0, true],
  ['SHOW CONFIG', 0, true],
  ['SHOW SERVERS', 0, false],
  ['SHOW CLIENTS', 0, false],
];

/** @param release 118 is 1.18 */
export async function recordShows(url: string, release: number): Promise<Readonly<Record<string, ShowRecord>>> {
  const client = new Client({ connectionString: url, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const record: Record<string, ShowRecord> = {};
    for (const [command, since, hasKeys] of RECORDED) {
      if (release < since) continue;
      const { fields, rows } = await client.query<(string | null)[]>({ text: command, rowMode: 'array' });
      const columns = fields.map(({ name, dataTypeID }) => [name, dataTypeID] as const);
      record[command] = { columns, ...(hasKeys ? { keys: rows.map(([key]) => String(key)) } : {}) };
    }
    return record;
  } finally {
    await client.end();
  }
}
