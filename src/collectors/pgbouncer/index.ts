import type { Collector, QueryStep } from '../../core/collector.ts';
import type { Family } from '../../core/family.ts';
import { countRows } from './count-rows.ts';
import { CLIENTS, CONFIG_FAMILIES, LIST_FAMILIES, NAMED_CLIENTS, SERVERS } from './families.ts';
import { readPairs } from './pairs.ts';

type Start = Pick<Collector, 'name' | 'help' | 'families'> & Pick<QueryStep, 'sql' | 'open'>;

/**
 * What the console of PgBouncer says in a form that the columns of a pack cannot name: a family a row, or rows to count.
 *
 * What needs SHOW CLIENTS is off by default: PgBouncer does one thing at a time, and pools nothing while it lists them.
 */
export function createPgBouncerCollectors(): readonly Collector[] {
  const lists = {
    name: 'pgbouncer_lists',
    help: 'How many of each thing PgBouncer has, from SHOW LISTS.',
    families: [...LIST_FAMILIES.values()],
    sql: 'SHOW LISTS',
    open: (sink) => readPairs({ key: 'list', value: 'items', families: LIST_FAMILIES }, sink),
  } satisfies Start;
  const config = {
    name: 'pgbouncer_config',
    help: 'Limits and waits that are set, from SHOW CONFIG.',
    families: [...CONFIG_FAMILIES.values()],
    sql: 'SHOW CONFIG',
    open: (sink) => readPairs({ key: 'key', value: 'value', families: CONFIG_FAMILIES }, sink),
  } satisfies Start;
  return [
    toCollector(lists, true),
    toCollector(config, true),
    toCollector(counter('pgbouncer_servers', 'Server connections, from SHOW SERVERS.', 'SHOW SERVERS', SERVERS), true),
    toCollector(counter('pgbouncer_clients', 'Clients, from SHOW CLIENTS.', 'SHOW CLIENTS', CLIENTS), false),
    toCollector(
      counter(
        'pgbouncer_client_names',
        'Clients by application_name, from SHOW CLIENTS.',
        'SHOW CLIENTS',
        NAMED_CLIENTS,
      ),
      false,
    ),
  ];
}

function counter(name: string, help: string, sql: string, family: Family): Start {
  return { name, help, families: [family], sql, open: (sink) => countRows(family, sink) };
}

function toCollector({ name, help, families, sql, open }: Start, enabledByDefault: boolean): Collector {
  const step: QueryStep = { kind: 'query', sql, timeoutMs: 1_000, seesPublic: false, open };
  return { name, help, enabledByDefault, families, choose: () => 'pgbouncer', chooseOnConsole: () => step };
}
