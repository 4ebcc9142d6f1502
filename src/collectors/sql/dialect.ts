import type { Block, ColumnSpec } from './schema.ts';

/** Whose habits a block follows where they differ; docs/packs.md has the table. */
export type Dialect = 'walguard' | 'postgres_exporter' | 'pg_exporter' | 'cloudnative_pg';

type BlockKey = keyof Block;

const WALGUARD_KEYS: readonly BlockKey[] = ['prefix', 'enabled', 'per_database'];
const PG_EXPORTER_KEYS: readonly BlockKey[] = [
  'desc',
  'tags',
  'ttl',
  'timeout',
  'priority',
  'fatal',
  'skip',
  'skip_errors',
  'min_version',
  'max_version',
  'predicate_queries',
];
const PG_EXPORTER_COLUMN_KEYS: readonly (keyof ColumnSpec)[] = ['rename', 'scale', 'default', 'bucket'];
const CLOUDNATIVE_PG_KEYS: readonly BlockKey[] = ['primary', 'target_databases', 'predicate_query'];

/**
 * The dialect of each block of a file: by a key that only one dialect has, else that of the first block of the file
 * that has one, else postgres_exporter.
 */
export function readDialects(blocks: readonly Block[]): readonly Dialect[] {
  const told = blocks.map(tellingDialect);
  const ofFile = told.find((dialect) => dialect !== undefined) ?? 'postgres_exporter';
  return told.map((dialect) => dialect ?? ofFile);
}

function tellingDialect(block: Block): Dialect | undefined {
  const has = (key: BlockKey): boolean => block[key] !== undefined;
  const columns = block.metrics.flatMap((entry) => Object.values(entry));
  if (WALGUARD_KEYS.some(has) || columns.some(({ usage }) => usage === 'INFO')) return 'walguard';
  const ofPgExporter = columns.some((spec) => PG_EXPORTER_COLUMN_KEYS.some((key) => spec[key] !== undefined));
  if (ofPgExporter || PG_EXPORTER_KEYS.some(has)) return 'pg_exporter';
  return CLOUDNATIVE_PG_KEYS.some(has) ? 'cloudnative_pg' : undefined;
}
