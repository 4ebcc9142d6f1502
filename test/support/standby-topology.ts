import { type Major, type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { assemble, type ObservedServer, observe, prepareForStandbys } from './standbys.ts';

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
export function startTopology(major: Major): Promise<Topology> {
  return assemble(async (keep) => {
    const observed = async (starting: Promise<PostgresServer>): Promise<ObservedServer> =>
      keep(await observe(keep(await starting)));
    const server = keep(await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'], settings }));
    await prepareForStandbys(server);
    const primary = keep(await observe(server));
    const a = await observed(startStandby(server, { name: 'a' }));
    const b = await observed(startStandby(a.server, { name: 'b' }));
    const late = { recovery_min_apply_delay: `${delaySeconds}s` };
    const delayed = await observed(startStandby(server, { name: 'delayed', settings: late }));
    const fed = await observed(startStandby(server, { archiveOnly: true }));
    return { major, primary, a, b, delayed, fed };
  });
}
