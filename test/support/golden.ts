import type { Family } from './exposition.ts';

/** Families of the process, which differ from one version of Node.js to the next. */
const OF_THE_PROCESS = /^(process|nodejs)_/;

/** Families that come and go with the moment: a session or transaction is open, a standby has just confirmed something. */
const OF_THE_MOMENT =
  /^pg_stat_activity_max_tx_duration$|^pg_activity_(oldest|longest)_\w+_seconds$|^pg_replication_(write|flush|replay)_lag_seconds$/;

/** Families whose values are the same on every run against a server that `prepareForGolden` prepared. */
const CONSTANT = [
  /^pg_up$/,
  /^pg_in_recovery$/,
  /^pg_timeline$/,
  /^pg_replication_is_replica$/,
  /^pg_archiver_(expected|command_configured|up|state)$/,
  /^pg_(database|roles)_connection_limit$/,
  /^pg_replication_slots_(active|slot_is_active|wal_status)$/,
  /^pg_wal_receiver_(expected|streaming)$/,
  /^pg_wal_replay_paused$/,
  /^pg_sync_standbys_(required|streaming)$/,
  /^pg_settings_/,
];

/** Settings that depend on the machine, or on the port that was free. */
const OF_THE_MACHINE = /^pg_settings_(port|max_stack_depth|shared_memory_size|num_os_semaphores|io_max_combine_limit)/;

/**
 * Puts a server into the state the golden files show: each view the default pack reads has a row where that is
 * possible without an act that passes. `sql` runs one statement as superuser, outside a transaction.
 */
export async function prepareForGolden(sql: (text: string) => Promise<unknown>): Promise<void> {
  const statements = [
    'CREATE TABLE golden (id int PRIMARY KEY, body text)',
    "INSERT INTO golden SELECT n, repeat('x', 100) FROM generate_series(1, 1000) n",
    'DELETE FROM golden WHERE id > 900',
    'VACUUM (ANALYZE) golden',
    "SELECT pg_create_logical_replication_slot('logical_slot', 'pgoutput')",
    "SELECT pg_create_physical_replication_slot('physical_slot', true)",
    'BEGIN; INSERT INTO golden VALUES (2000); PREPARE TRANSACTION $$golden$$',
    'CHECKPOINT',
    'SELECT pg_switch_wal()',
  ];
  for (const statement of statements) await sql(statement.replace(/\$\$(\w+)\$\$/, "'$1'"));
}

/** The page as a golden file holds it: names, types, help, label names, and the values that are constant. */
export function goldenText(families: ReadonlyMap<string, Family>): string {
  const kept = [...families.values()].filter(({ name }) => !OF_THE_PROCESS.test(name) && !OF_THE_MOMENT.test(name));
  return kept
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(describeFamily)
    .join('');
}

/** Families that need a standby or a look at the server's disk, and settings, which depend on how it was built. */
const OF_THE_INSTALLATION =
  /^pg_settings_|^pg_replication_(sent|write|flush|replay|sender|backend|reply|sync)_|^pg_stat_replication_|^pg_wal_directory_/;

/** What any two primaries of one major have in common, however they were built: names, types, help and label names. */
export function comparable(golden: string): string {
  const families = golden.split(/^(?=# HELP )/m);
  const kept = families.filter((family) => !OF_THE_INSTALLATION.test(family.slice('# HELP '.length)));
  return kept.map(withoutValues).join('');
}

function withoutValues(family: string): string {
  const lines = family
    .split('\n')
    .map((line) => (line.startsWith('#') ? line : line.replaceAll(/=[^,}]*/g, '').replace(/ .*/, '')));
  return [...new Set(lines)].join('\n');
}

function describeFamily({ name, help, type, samples }: Family): string {
  const constant = CONSTANT.some((pattern) => pattern.test(name)) && !OF_THE_MACHINE.test(name);
  const lines = samples.map((sample) => {
    const labels = Object.entries(sample.labels);
    if (constant) return `${sample.name}${braces(labels.map(([label, value]) => `${label}=${value}`))} ${sample.value}`;
    return `${sample.name}${braces(labels.map(([label]) => label))}`;
  });
  const distinct = [...new Set(lines)].toSorted();
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${distinct.join('\n')}\n`;
}

function braces(parts: readonly string[]): string {
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
