import {
  attention,
  oneEach,
  LABELS,
  listed,
  notNeeded,
  onSwitch,
  option,
  type Outcome,
  type Peer,
  type PeerFlag,
  renamed,
  SAME_SERVER,
  sameFlag,
} from './peer.ts';

/** Collectors of postgres_exporter 0.19 and 0.20, with those of walguard that give their families. */
const COLLECTORS: Readonly<Record<string, readonly string[]>> = {
  buffercache_summary: ['buffercache_summary'],
  database: ['database', 'database_size'],
  database_wraparound: ['database_wraparound'],
  locks: ['locks'],
  long_running_transactions: ['long_running_transactions'],
  postmaster: ['server'],
  process_idle: ['process_idle'],
  replication: ['replication'],
  replication_slot: ['replication_slots', 'replication_slots_slot', 'replication_slots_wal_status'],
  replication_slots: ['replication_slots', 'replication_slots_slot', 'replication_slots_wal_status'],
  roles: ['roles'],
  settings: ['settings'],
  stat_activity: ['stat_activity'],
  stat_activity_autovacuum: ['stat_activity_autovacuum'],
  stat_archiver: ['stat_archiver'],
  stat_bgwriter: ['stat_bgwriter'],
  stat_checkpointer: ['stat_checkpointer'],
  stat_database: ['stat_database'],
  stat_progress_vacuum: ['stat_progress_vacuum', 'stat_progress_vacuum_phase'],
  stat_replication: ['stat_replication'],
  stat_statements: ['stat_statements'],
  stat_user_tables: ['stat_user_tables', 'stat_user_tables_size'],
  stat_wal_receiver: ['stat_wal_receiver'],
  statio_user_indexes: ['statio_user_indexes'],
  statio_user_tables: ['statio_user_tables'],
  wal: ['wal'],
};

const LEGACY = ['stat_activity', 'stat_archiver', 'stat_database_conflicts', 'stat_replication'];

function collector(name: string, names: readonly string[]): PeerFlag {
  return {
    name: `collector.${name}`,
    isSwitch: true,
    translate(value) {
      const becomes = names.map((one) => `--${value === 'true' ? '' : 'no-'}collector.${one}`);
      const isSame = names.length === 1 && names[0] === name;
      return isSame ? { fate: 'same', becomes } : renamed(becomes, `Its families are those of ${names.join(', ')}.`);
    },
  };
}

const STATEMENTS_PACK =
  'The collector stat_statements of walguard has no such option: copy its block of packs/statements.yaml into a pack of your own and change the query.';

function prefix(value: string): Outcome {
  return value === 'pg'
    ? notNeeded('It is the prefix that walguard has.')
    : attention(
        'The names of walguard begin with pg_: rename them in Prometheus (metric_relabel_configs), or change what uses them.',
      );
}

/** Of a list of servers each is a target. */
function dataSource(value: string): Outcome {
  return listed(value).length > 1 && /,\s*(?:postgres(?:ql)?:\/\/|\w+=)/.test(value)
    ? attention('It names several servers: make each a target of the configuration file (docs/targets.md).')
    : SAME_SERVER;
}

/** Flags and variables of 0.19 and 0.20. */
export const POSTGRES_EXPORTER: Peer = {
  flags: [
    ...Object.entries(COLLECTORS).map(([name, names]) => collector(name, names)),
    onSwitch(
      'collector.stat_statements.include_query',
      renamed(['--collector.stat_statements_text'], 'The text of statements is a collector of its own.'),
    ),
    option('collector.stat_statements.query_length', () => attention(STATEMENTS_PACK)),
    option('collector.stat_statements.limit', () => attention(STATEMENTS_PACK)),
    option('collector.stat_statements.exclude_databases', (value) =>
      value === '' ? notNeeded('It is empty.') : attention(STATEMENTS_PACK),
    ),
    option('collector.stat_statements.exclude_users', (value) =>
      value === '' ? notNeeded('It is empty.') : attention(STATEMENTS_PACK),
    ),
    onSwitch(
      'collector.xlog_location',
      attention('walguard has pg_wal_lsn_bytes instead of pg_xlog_location_bytes: change what uses it.'),
    ),
    option('config.file', () =>
      attention(
        'Its auth_modules become auth_modules of the configuration file of walguard, each with the servers that may have its password (docs/targets.md).',
      ),
    ),
    onSwitch('web.systemd-socket', attention('walguard opens its own port: name it by --web.listen-address.')),
    sameFlag('web.listen-address'),
    sameFlag('web.config.file'),
    sameFlag('web.telemetry-path', { variable: 'PG_EXPORTER_WEB_TELEMETRY_PATH' }),
    onSwitch(
      'disable-default-metrics',
      renamed(
        LEGACY.map((name) => `--no-collector.${name}`),
        'Those that this flag switches off are collectors of their own.',
      ),
      {
        variable: 'PG_EXPORTER_DISABLE_DEFAULT_METRICS',
      },
    ),
    onSwitch('disable-settings-metrics', renamed(['--no-collector.settings'], 'The settings are a collector.'), {
      variable: 'PG_EXPORTER_DISABLE_SETTINGS_METRICS',
    }),
    onSwitch('auto-discover-databases', renamed(['--databases.include=*'], 'Databases are named by patterns.'), {
      variable: 'PG_EXPORTER_AUTO_DISCOVER_DATABASES',
    }),
    sameFlag('extend.query-path', { variable: 'PG_EXPORTER_EXTEND_QUERY_PATH' }),
    onSwitch('dumpmaps', notNeeded('walguard check and walguard explain say what a file comes to.')),
    option('constantLabels', (value) => (value === '' ? notNeeded('It is empty.') : LABELS), {
      variable: 'PG_EXPORTER_CONSTANT_LABELS',
    }),
    option('exclude-databases', oneEach('databases.exclude'), { variable: 'PG_EXPORTER_EXCLUDE_DATABASES' }),
    option('include-databases', oneEach('databases.include'), { variable: 'PG_EXPORTER_INCLUDE_DATABASES' }),
    option('metric-prefix', prefix, { variable: 'PG_EXPORTER_METRIC_PREFIX' }),
    option('collection-timeout', (value) => renamed([`--scrape.timeout=${value}`], 'It bounds the whole scrape.'), {
      variable: 'PG_EXPORTER_COLLECTION_TIMEOUT',
    }),
    onSwitch('version', notNeeded('It prints the version and ends.')),
    sameFlag('log.level'),
    sameFlag('log.format', { implied: 'logfmt' }),
  ],
  variables: [
    { name: 'DATA_SOURCE_NAME', outcome: dataSource },
    ...['URI', 'USER', 'PASS', 'URI_FILE', 'USER_FILE', 'PASS_FILE'].map((part) => ({
      name: `DATA_SOURCE_${part}`,
      outcome: () => SAME_SERVER,
    })),
  ],
};
