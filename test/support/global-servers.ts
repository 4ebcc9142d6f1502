import type { TestProject } from 'vitest/node';
import {
  availableMajors,
  binaryPackage,
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
} from '../../servers/index.ts';
import type { SharedServer } from './shared-servers.ts';

/** Majors that a run needs; where npm has binaries of fewer (macOS), those it has. */
const wanted: readonly Major[] = [13, 14, 15, 16, 17, 18];

/** A shop with a little of everything that statistics tell about: indexes, an update, a delete, an analyzed table. */
const shopSql = `
  CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
  CREATE TABLE products (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, price numeric(10,2) NOT NULL);
  CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer int NOT NULL REFERENCES customers,
    product int NOT NULL REFERENCES products,
    placed_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX ON orders (customer);
  INSERT INTO customers (name) SELECT 'customer ' || n FROM generate_series(1, 100) n;
  INSERT INTO products (name, price) SELECT 'product ' || n, n * 1.5 FROM generate_series(1, 50) n;
  INSERT INTO orders (customer, product) SELECT 1 + n % 100, 1 + n % 50 FROM generate_series(1, 1000) n;
  UPDATE products SET price = price * 2 WHERE id <= 10;
  DELETE FROM orders WHERE id > 900;
`;

/** The integration and the e2e project have a globalSetup each, loaded apart, in one process: the second joins the first. */
interface Sharing {
  readonly servers: Promise<readonly PostgresServer[]>;
  users: number;
}

const shelf = globalThis as { walguardSharing?: Sharing | undefined };

/** Vitest's globalSetup: starts one primary of each major for all test files; what it returns stops them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const sharing = (shelf.walguardSharing ??= { servers: startAll(), users: 0 });
  sharing.users += 1;
  const servers = await sharing.servers;
  project.provide('sharedServers', servers.map(describeServer));
  return async () => {
    sharing.users -= 1;
    if (sharing.users > 0) return;
    shelf.walguardSharing = undefined;
    await disposeAll(servers);
  };
}

async function startAll(): Promise<readonly PostgresServer[]> {
  const startMs = performance.now();
  const majors = presentMajors();
  const starts = majors.map(startShared);
  const results = await Promise.allSettled(starts);
  try {
    const servers = await Promise.all(starts);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(`PostgreSQL ${majors.join(', ')} from npm packages, started in ${seconds} s`);
    return servers;
  } catch (error) {
    await disposeAll(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
    throw error;
  }
}

/** Throws when a package is missing that this platform has: a run without it would prove less than it says. */
function presentMajors(): readonly Major[] {
  const available = availableMajors();
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return wanted.filter((major) => available.includes(major));
  for (const major of wanted) binaryPackage(major);
  return wanted;
}

async function disposeAll(servers: readonly PostgresServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
}

async function startShared(major: Major): Promise<PostgresServer> {
  const server = await startPostgres({
    major,
    archive: true,
    initdbArgs: ['--wal-segsize=1'],
    settings: { shared_preload_libraries: 'pg_stat_statements' },
    databases: ['shop'],
  });
  try {
    await createMonitorRole(server);
    await server.sql(shopSql, 'shop');
    await server.sql('CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_buffercache; ANALYZE', 'shop');
    await server.sql('SELECT pg_switch_wal()');
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function describeServer(server: PostgresServer): SharedServer {
  return {
    major: server.major,
    port: server.port,
    monitorUrl: server.url({ user: 'walguard', password: 'walguard' }),
    superuserUrl: server.url(),
    shopUrl: server.url({ database: 'shop' }),
    dataDirectory: server.dataDirectory,
    archiveDirectory: server.archiveDirectory ?? '',
  };
}
