import { createMonitorRole, type Major, type PostgresServer, startPostgres } from '../servers/index.ts';

/** A server with as many tables as were asked for, and the role that exporters log in as. */
export interface Database extends AsyncDisposable {
  readonly server: PostgresServer;
  /** Of the role, to database postgres; `port` instead of the server's own. */
  readonly url: (port?: number) => string;
  /** Makes more tables until there are so many. */
  readonly growTo: (tables: number) => Promise<void>;
}

/** A transaction takes a lock for each table it makes, so there are many transactions. */
const TABLES_OF_ONE_TRANSACTION = 200;

/** Starts a server in which nothing but the exporters works: no autovacuum, no checkpoint of its own. */
export async function startDatabase(tables: number, major: Major | undefined, connections = 100): Promise<Database> {
  const server = await startPostgres({
    ...(major === undefined ? {} : { major }),
    // Without passwords the bare client logs in with two messages, and so do the others.
    hba: ['host all all 127.0.0.1/32 trust'],
    settings: {
      autovacuum: 'off',
      checkpoint_timeout: '1h',
      max_wal_size: '2GB',
      shared_buffers: '256MB',
      max_connections: String(connections),
      shared_preload_libraries: 'pg_stat_statements',
    },
  });
  let made = 0;
  const growTo = async (wanted: number): Promise<void> => {
    if (wanted <= made) return;
    await server.sql(makeTables(made + 1, wanted));
    await server.sql('ANALYZE pg_catalog.pg_class');
    made = wanted;
  };
  try {
    await createMonitorRole(server);
    await server.sql('CREATE EXTENSION pg_stat_statements');
    await growTo(tables);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return {
    server,
    url: (port) => server.url({ user: 'walguard', password: 'walguard', ...(port === undefined ? {} : { port }) }),
    growTo,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Each has a primary key and a TOAST table, as tables have, and a row, so that there are statistics of it. */
function makeTables(first: number, last: number): string {
  return `
    DO $$
    BEGIN
      FOR n IN ${first}..${last} LOOP
        EXECUTE format('CREATE TABLE customer_orders_%s (id bigint PRIMARY KEY, body text)', n);
        EXECUTE format('INSERT INTO customer_orders_%s VALUES (1, ''x'')', n);
        IF n % ${TABLES_OF_ONE_TRANSACTION} = 0 THEN COMMIT; END IF;
      END LOOP;
    END $$`;
}
