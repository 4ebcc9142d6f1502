import { declareFamily, type Family } from '../../core/family.ts';

type Entry = readonly [key: string, name: string, help: string];

/** What SHOW LISTS counts. Names as pgbouncer_exporter has them, and after its manner what it has not. */
const LISTS: readonly Entry[] = [
  ['databases', 'databases', 'Databases, the console among them.'],
  ['users', 'users', 'Users.'],
  ['peers', 'peers', 'Other processes of PgBouncer that share its port. Since PgBouncer 1.19.'],
  ['pools', 'pools', 'Pools.'],
  ['peer_pools', 'peer_pools', 'Pools of connections to peers. Since PgBouncer 1.19.'],
  ['free_clients', 'free_clients', 'Structures for clients that wait for use: memory, no connections.'],
  ['used_clients', 'used_clients', 'Clients, this scrape among them.'],
  ['login_clients', 'login_clients', 'Clients that log in.'],
  ['free_servers', 'free_servers', 'Structures for server connections that wait for use: memory, no connections.'],
  ['used_servers', 'used_servers', 'Server connections.'],
  ['dns_names', 'cached_dns_names', 'Names in the DNS cache.'],
  ['dns_zones', 'cached_dns_zones', 'Zones in the DNS cache.'],
  ['dns_queries', 'in_flight_dns_queries', 'DNS queries under way.'],
];

/** The settings that limits and waits are compared with. */
const CONFIG: readonly Entry[] = [
  ['max_client_conn', 'max_client_connections', 'Most clients, of all databases together.'],
  ['max_db_client_connections', 'max_db_client_connections', 'Most clients of one database; 0 is no limit.'],
  ['max_user_client_connections', 'max_user_client_connections', 'Most clients of one user; 0 is no limit.'],
  ['max_db_connections', 'max_db_connections', 'Most server connections of one database; 0 is no limit.'],
  ['max_user_connections', 'max_user_connections', 'Most server connections of one user; 0 is no limit.'],
  ['default_pool_size', 'default_pool_size', 'Most server connections of a pool that has no limit of its own.'],
  ['min_pool_size', 'min_pool_size', 'Server connections kept in a pool.'],
  ['reserve_pool_size', 'reserve_pool_size', 'Further server connections of a pool, if clients wait for too long.'],
  ['reserve_pool_timeout', 'reserve_pool_timeout_seconds', 'Seconds a client waits until the reserve is used.'],
  ['max_prepared_statements', 'max_prepared_statements', 'Prepared statements kept on a server connection; 0: none.'],
  ['query_timeout', 'query_timeout_seconds', 'Seconds after which a query is cancelled; 0: never.'],
  ['query_wait_timeout', 'query_wait_timeout_seconds', 'Seconds after which a waiting client is refused; 0: never.'],
  ['transaction_timeout', 'transaction_timeout_seconds', 'Seconds a transaction may take; 0: any time.'],
  ['idle_transaction_timeout', 'idle_transaction_timeout_seconds', 'Seconds a transaction may be idle; 0: any time.'],
  ['client_idle_timeout', 'client_idle_timeout_seconds', 'Seconds a client may be idle; 0: any time.'],
  ['server_idle_timeout', 'server_idle_timeout_seconds', 'Seconds after which an idle server connection is closed.'],
  ['server_lifetime', 'server_lifetime_seconds', 'Seconds after which a server connection is replaced.'],
  ['server_connect_timeout', 'server_connect_timeout_seconds', 'Seconds a connection to a server may take to be made.'],
  ['server_login_retry', 'server_login_retry_seconds', 'Seconds between attempts to log in at a server that failed.'],
];

/** By the key of a row. */
export const LIST_FAMILIES = toFamilies(LISTS, 'pgbouncer_');
export const CONFIG_FAMILIES = toFamilies(CONFIG, 'pgbouncer_config_');

function toFamilies(entries: readonly Entry[], prefix: string): ReadonlyMap<string, Family> {
  return new Map(entries.map(([key, name, help]) => [key, declareFamily(`${prefix}${name}`, 'gauge', help)]));
}

const KIND = ['state', 'tls'];

export const SERVERS = declareFamily(
  'pgbouncer_servers_connections',
  'gauge',
  'Server connections, by what they are doing and whether they are encrypted.',
  KIND,
);

export const CLIENTS = declareFamily(
  'pgbouncer_clients_connections',
  'gauge',
  'Clients, by what they are doing and whether they are encrypted.',
  KIND,
);

/** As pgbouncer_exporter has it. */
export const NAMED_CLIENTS = declareFamily(
  'pgbouncer_client_connections',
  'gauge',
  'Clients, by what they call themselves: a series for each name that a client chooses.',
  ['application_name', 'database', 'state', 'user'],
);
