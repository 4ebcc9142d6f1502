import type { Block, ColumnSpec } from '../../src/collectors/sql/schema.ts';

/** What an editor shows of the keys of a block. */
export const BLOCK_HOVERS: Readonly<Record<keyof Block, string>> = {
  name: "What the metrics' names begin with, and the collector's name without a leading pg_. Blocks that share it are the branches of one collector: a server takes one of them.",
  prefix: "What the metrics' names begin with; name by default.",
  desc: 'What the collector is.',
  query: 'One SELECT without parameters. It runs read only, in pg_catalog, public and pg_temp.',
  metrics: 'The columns of the result, one an entry.',
  runonserver: 'The versions the block is for, as a range: ">=14", ">=13.2 <17".',
  min_version: 'The first version the block is for, as server_version_num has it: 140000.',
  max_version: 'The first version the block is no longer for, as server_version_num has it: 170000; 0 for none.',
  primary: 'true: on a primary only.',
  master: 'In packs of CloudNativePG as primary; in those of postgres_exporter once a server, not once a database.',
  tags: 'What the server has to be: primary, standby, cluster, pgbouncer, dbname:NAME, username:NAME, extension:NAME, schema:NAME; or what walguard has to be told with --extend.tag: a word, or not:WORD.',
  target_databases: 'Names and patterns of the databases the query runs in.',
  per_database: 'true: once in each database that is included, not once a server.',
  predicate_query: 'Runs first; without the answer true the query does not run.',
  predicate_queries: 'Queries that are asked in order; all must answer true.',
  query_aurora: 'Not used.',
  skip_errors: 'Not used: without fatal a failure is no matter.',
  enabled: 'false: only with --collector.NAME.',
  skip: 'true: the block is not there.',
  fatal: 'true: if the query fails, pg_up is 0.',
  timeout: 'Seconds the query may take: 1 by default, negative for as long as the scrape.',
  ttl: 'Seconds a result is served again.',
  cache_seconds: 'The same as ttl.',
  priority: 'From 1 to 999, 100 by default: lower ones run first.',
};

/** What an editor shows of the keys of a column. */
export const COLUMN_HOVERS: Readonly<Record<keyof ColumnSpec, string>> = {
  usage:
    'LABEL: a label of all metrics of the block. GAUGE, COUNTER: a metric. HISTOGRAM: with bucket one of the rows, else one the server counted. INFO: a metric that is always 1. MAPPEDMETRIC: the number metric_mapping has for the text. DURATION: milliseconds of a text such as 1m30s. DISCARD: nothing.',
  description: 'The HELP text of the metric.',
  rename: "What the metric or label is called in place of the column's name.",
  name: "In packs of pg_exporter the result's column; elsewhere what the metric is called.",
  scale: 'A factor.',
  default: 'The value in place of NULL, which gives no sample without it.',
  metric_mapping: 'Numbers by text, for MAPPEDMETRIC.',
  pg_version: 'The versions on which the query returns the column, as a range: ">=14".',
  bucket: 'Upper bounds of a HISTOGRAM of the rows, ascending.',
};

/** What an editor shows of the keys of an entry of predicate_queries. */
export const PREDICATE_HOVERS: Readonly<Record<keyof NonNullable<Block['predicate_queries']>[number], string>> = {
  name: 'What it asks, for the reader.',
  predicate_query: 'One SELECT that returns one boolean.',
  ttl: 'Seconds its answer holds.',
};
