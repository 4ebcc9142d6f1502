import { type Major, type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { type ObservedServer, observe, prepareForStandbys } from './standbys.ts';

/** The delay of the standby that applies late. */
export const delaySeconds = 3;

/** A primary, `a` that streams from it, `b` that streams from `a`, one that applies late, one fed by the archive. */
export interface Topology extends AsyncDisposable {
  readonly major: Major;
  readonly primary: ObservedServer;
  readonly a: ObservedServer;
  readonly b: ObservedServer;
  readonly delayed: ObservedServer;
  readonly fed: ObservedServer;
}

const settings = {
  autovacuum: 'off',
  wal_level: 'logical',
  wal_keep_size: '64MB',
  wal_retrieve_retry_interval: '200ms',
  wal_receiver_status_interval: '1s',
  wal_receiver_timeout: '10s',
  // A conflict ends the query at once.
  max_standby_streaming_delay: '0',
};

/** Starts all of them with a walguard each; nothing stays behind when one of them fails. */
export async function startTopology(major: Major): Promise<Topology> {
  const started: AsyncDisposable[] = [];
  const dispose = async (): Promise<void> => {
    for (const each of started.splice(0).toReversed()) await each[Symbol.asyncDispose]();
  };
  const keep = async (starting: Promise<PostgresServer>): Promise<ObservedServer> => {
    const server = await starting;
    const index = started.push(server) - 1;
    if (started.length === 1) await prepareForStandbys(server);
    const observed = await observe(server);
    started[index] = observed;
    return observed;
  };
  try {
    const primary = await keep(startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'], settings }));
    const a = await keep(startStandby(primary.server, { name: 'a' }));
    const b = await keep(startStandby(a.server, { name: 'b' }));
    const late = { recovery_min_apply_delay: `${delaySeconds}s` };
    const delayed = await keep(startStandby(primary.server, { name: 'delayed', settings: late }));
    const fed = await keep(startStandby(primary.server, { archiveOnly: true }));
    return { major, primary, a, b, delayed, fed, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
