import { createMonitorRole, type Major, type PostgresServer, waitFor } from '../../servers/index.ts';
import type { Family, Sample } from './exposition.ts';
import { samplesOf, scrape, valueOf } from './http.ts';
import { failedIn } from './outcomes.ts';
import { startWalguard, type Walguard } from './walguard.ts';

export type Labels = Readonly<Record<string, string>>;

const collectors = [
  'server',
  'timeline',
  'replication',
  'walsender',
  'walsender_info',
  'stat_replication',
  'sync_standbys',
  'stat_database',
  'stat_database_conflicts',
  'wal_generated',
  'stat_wal_receiver',
];
const query = collectors.map((name) => `collect[]=${name}`).join('&');

/** A server with a walguard of its own that looks at nothing but replication. */
export class ObservedServer implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly #walguard: Walguard;

  constructor(server: PostgresServer, walguard: Walguard) {
    this.server = server;
    this.#walguard = walguard;
  }

  /** A page on which no collector failed; throws otherwise. */
  async page(): Promise<Page> {
    const page = await this.anyPage();
    const failed = failedIn(page.families);
    if (page.value('pg_up') !== 1 || failed.length > 0) throw new Error(`Failed: ${failed.join(', ')}.`);
    return page;
  }

  /** A page of a server that may be down. */
  async anyPage(): Promise<Page> {
    return new Page((await scrape(`${this.#walguard.url}/metrics?${query}`)).families);
  }

  /** The first page of which something is true; throws when there is none for `timeoutMs`. */
  async pageWhere(what: string, holds: (page: Page) => boolean, timeoutMs = 15_000): Promise<Page> {
    let found = await this.page();
    const looks = async (): Promise<boolean> => holds(found) || holds((found = await this.page()));
    await waitFor(`a page of PostgreSQL ${this.server.major} with ${what}`, looks, timeoutMs);
    return found;
  }

  /** One number by SQL. */
  async number(sql: string): Promise<number> {
    const [[cell] = []] = await this.server.sql(sql);
    return cell === null || cell === undefined ? Number.NaN : Number(cell);
  }

  /** Stops walguard, not the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#walguard[Symbol.asyncDispose]();
  }
}

/** Metrics by name; undefined is absent. */
export class Page {
  readonly families: ReadonlyMap<string, Family>;

  constructor(families: ReadonlyMap<string, Family>) {
    this.families = families;
  }

  value(name: string, labels: Labels = {}): number | undefined {
    return valueOf(this.families, name, labels);
  }

  /** What a standby says of itself, without the lag in seconds, which moves. */
  get standby(): Readonly<Record<string, number | undefined>> {
    return {
      recovery: this.value('pg_in_recovery'),
      timeline: this.value('pg_timeline'),
      expected: this.value('pg_wal_receiver_expected'),
      streaming: this.value('pg_wal_receiver_streaming'),
      paused: this.value('pg_wal_replay_paused'),
      bytes: this.value('pg_replica_replay_lag_bytes'),
    };
  }

  /** The lag in seconds of a standby; throws when its two names do not agree. */
  get lagSeconds(): number | undefined {
    const lag = this.value('pg_replica_replay_lag_seconds');
    const compatible = this.value('pg_replication_lag_seconds');
    if (lag !== compatible) throw new Error(`Two lags, ${lag} and ${compatible}.`);
    return lag;
  }
}

/** Starts a walguard for a server that has the role of `createMonitorRole`, or another of that password. */
export async function observe(server: PostgresServer, user = 'walguard'): Promise<ObservedServer> {
  const dataSourceName = server.url({ user, password: 'walguard' });
  return new ObservedServer(server, await startWalguard({ dataSourceName, readyTimeoutMs: 60_000 }));
}

/** What a test waits for: the standby has replayed all that the other server, its upstream or primary, has now. */
export async function waitForReplay(upstream: PostgresServer, standby: PostgresServer): Promise<void> {
  const reached = `CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END`;
  const [[lsn] = []] = await upstream.sql(`SELECT ${reached}`);
  await standby.waitForSql(`pg_last_wal_replay_lsn() >= '${lsn ?? ''}'::pg_lsn`, 30_000);
}

/**
 * What was read while the primary wrote no WAL: by itself it does so now and then, and then all is read again.
 *
 * @param receivers standbys that are to have received all there is before it is read
 */
export async function atRest<T>(
  primary: ObservedServer,
  read: () => Promise<T>,
  receivers: readonly ObservedServer[] = [],
): Promise<T> {
  for (;;) {
    const [before] = await primary.server.sql(POSITIONS);
    const received = `pg_last_wal_receive_lsn() >= '${before?.[1] ?? ''}'::pg_lsn`;
    for (const { server } of receivers) await server.waitForSql(received, 30_000);
    const result = await read();
    const [after] = await primary.server.sql(POSITIONS);
    if (before?.join() === after?.join()) return result;
  }
}

const POSITIONS = 'SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()';

/** Starts one for each major, all at the same time; nothing stays behind when one of them fails. */
export async function startEach<T extends AsyncDisposable>(
  majors: readonly Major[],
  start: (major: Major) => Promise<T>,
): Promise<readonly T[]> {
  const starts = majors.map(start);
  const results = await Promise.allSettled(starts);
  if (results.some(({ status }) => status === 'rejected')) {
    await disposeAll(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  }
  return await Promise.all(starts);
}

/** Builds something of several resources, which go in reverse order with it, or at once when the building fails. */
export async function assemble<T extends object>(
  build: (keep: <R extends AsyncDisposable>(resource: R) => R) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const kept: AsyncDisposable[] = [];
  const dispose = async (): Promise<void> => {
    for (const each of kept.splice(0).toReversed()) await each[Symbol.asyncDispose]();
  };
  try {
    const built = await build((resource) => {
      kept.push(resource);
      return resource;
    });
    return { ...built, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export async function disposeAll(all: readonly AsyncDisposable[]): Promise<void> {
  await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
}

/** Does the same with each, at the same time; what goes wrong says with which major. */
export async function inEach<T extends { readonly major: Major }>(
  all: readonly T[],
  act: (one: T) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(all.map(act));
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ major: all[index]?.major, reason: result.reason as unknown }] : [],
  );
  const [first] = failures;
  if (first === undefined) return;
  throw new Error(`PostgreSQL ${first.major}: ${String(first.reason)}`, { cause: first.reason });
}

/** The role walguard connects as, one without its rights, and a table to write to. */
export async function prepareForStandbys(primary: PostgresServer): Promise<void> {
  await createMonitorRole(primary);
  await primary.sql(`CREATE ROLE stranger LOGIN PASSWORD 'walguard'`);
  await primary.sql('CREATE TABLE written (id int, body text); INSERT INTO written VALUES (0)');
}

/** The senders of a page that are synchronous, or would be next. */
export function synchronousSenders({ families }: Page): readonly Sample[] {
  const senders = samplesOf(families, 'pg_replication_sender_info');
  return senders.filter(({ labels }) => labels['sync_state'] !== 'async');
}

/** Where the WAL of a primary ends that is flushed. */
export async function position({ server }: ObservedServer): Promise<string> {
  return (await server.sql('SELECT pg_current_wal_flush_lsn()'))[0]?.[0] ?? '';
}
