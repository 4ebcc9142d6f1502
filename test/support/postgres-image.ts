import {
  GenericContainer,
  getContainerRuntimeClient,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { type TextRows, waitFor } from '../../servers/index.ts';
import { rowsOf } from './sql.ts';

/** Majors that walguard supports, oldest first. */
export const imageMajors = [13, 14, 15, 16, 17, 18, 19] as const;

export type ImageMajor = (typeof imageMajors)[number];

const password = 'superuser';
const startTimeoutMs = 60_000;

/**
 * Run by the image while it makes its database. The server that follows reads the settings: archiving into a folder of
 * the container, what golden pages are made with, and no autovacuum, so that nothing moves by itself.
 */
const setupSql = `
  ALTER SYSTEM SET archive_mode = 'on';
  ALTER SYSTEM SET archive_command = 'mkdir -p /tmp/archive && cp %p /tmp/archive/%f';
  ALTER SYSTEM SET wal_level = 'logical';
  ALTER SYSTEM SET max_prepared_transactions = '5';
  ALTER SYSTEM SET autovacuum = 'off';
  ALTER SYSTEM SET fsync = 'off';
  CREATE ROLE walguard LOGIN PASSWORD 'walguard';
  GRANT pg_monitor TO walguard;
`;

/** The image of a major: the official one, but for 19 what POSTGRES_19_IMAGE says, as it has no official one yet. */
export function imageOf(major: ImageMajor): string {
  const newest = process.env['POSTGRES_19_IMAGE'] ?? '';
  return major === 19 && newest !== '' ? newest : `postgres:${major}`;
}

/** A network of containers, and what a server is called in it. */
export interface NetworkPlace {
  readonly network: StartedNetwork;
  readonly alias: string;
}

/**
 * Starts a container with a primary that archives, in segments of 1 MB; the image is pulled where it is not present.
 * Throws, with the cure, when no container engine answers, the image cannot be had or the server does not start.
 */
export async function startPostgresImage(
  major: ImageMajor,
  place?: NetworkPlace,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresImage> {
  await checkEngine();
  const container = await startContainer(imageOf(major), place, settings);
  const server = new PostgresImage(major, container);
  try {
    // The server that the image starts for itself to make the database does not listen on TCP.
    await waitFor('the server to answer', async () => (await server.sql('SELECT 1')).length === 1, startTimeoutMs);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Starts a streaming standby of a primary that `startPostgresImage` started at this place, and returns once it streams.
 * Throws as that does.
 */
export async function startStandbyImage(primary: PostgresImage, place: NetworkPlace): Promise<PostgresImage> {
  const rule = 'host replication all all scram-sha-256';
  await primary.sql(`COPY (SELECT '${rule}') TO PROGRAM 'cat >> pg_hba.conf'; SELECT pg_reload_conf()`);
  const copy = `until pg_basebackup --host=${place.alias} --username=postgres --pgdata=/tmp/standby --write-recovery-conf
    do sleep 1; done; exec postgres -D /tmp/standby -c listen_addresses='*'`;
  const container = await new GenericContainer(imageOf(primary.major))
    .withNetwork(place.network)
    .withUser('postgres')
    .withEnvironment({ PGPASSWORD: password })
    .withEntrypoint(['bash', '-c', copy])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forLogMessage('ready to accept read-only connections').withStartupTimeout(startTimeoutMs))
    .start();
  const standby = new PostgresImage(primary.major, container);
  const streams = `SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'`;
  await waitFor('the standby to stream', async () => (await standby.sql(streams))[0]?.[0] === '1', startTimeoutMs);
  return standby;
}

/** A primary, or its standby, in a container. */
export class PostgresImage implements AsyncDisposable {
  readonly major: ImageMajor;
  /** As role walguard, which has pg_monitor and nothing else, to database postgres. */
  readonly monitorUrl: string;
  /** As superuser, to database postgres. */
  readonly superuserUrl: string;
  readonly #container: StartedTestContainer;

  constructor(major: ImageMajor, container: StartedTestContainer) {
    const address = `${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
    this.major = major;
    this.monitorUrl = `postgres://walguard:walguard@${address}`;
    this.superuserUrl = `postgres://postgres:${password}@${address}`;
    this.#container = container;
  }

  /** Runs SQL as superuser in database postgres: the rows of the last statement, every cell as text, null for NULL. */
  sql(text: string): Promise<TextRows> {
    return rowsOf(this.superuserUrl, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container.stop({ timeout: 0 });
  }
}

export async function checkEngine(): Promise<void> {
  await getContainerRuntimeClient().catch((error: unknown) => {
    const cure = 'Start Docker, or say in DOCKER_HOST where it listens.';
    throw new Error(`No container engine answers, and these tests need one. ${cure}`, { cause: error });
  });
}

async function startContainer(
  image: string,
  place: NetworkPlace | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<StartedTestContainer> {
  const changes = Object.entries(settings).map(([name, value]) => `ALTER SYSTEM SET ${name} = '${value}';`);
  try {
    const container = new GenericContainer(image);
    if (place !== undefined) container.withNetwork(place.network).withNetworkAliases(place.alias);
    return await container
      .withEnvironment({ POSTGRES_PASSWORD: password, POSTGRES_INITDB_ARGS: '--wal-segsize=1' })
      .withCopyContentToContainer([
        { content: [setupSql, ...changes].join('\n'), target: '/docker-entrypoint-initdb.d/setup.sql' },
      ])
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage('ready to accept connections').withStartupTimeout(startTimeoutMs))
      .start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const cure = [
      `Try "docker run --rm ${image} postgres --version".`,
      'Where images cannot be pulled, build one of that name first (19: POSTGRES_19_IMAGE names it),',
      'and set TESTCONTAINERS_RYUK_DISABLED=true, as the reaper is an image too.',
    ].join(' ');
    throw new Error(`No container of ${image} starts: ${reason}\n${cure}`, { cause: error });
  }
}
