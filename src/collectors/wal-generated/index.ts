import type { Collector } from '../../core/collector.ts';
import { declareFamily } from '../../core/family.ts';
import type { History } from '../../core/history.ts';

const WAL_BYTES = declareFamily(
  'pg_wal_bytes_total',
  'counter',
  'WAL generated since walguard first saw the server, in bytes: forward moves of the WAL position, added up.',
);

/** The WAL that was generated, from the positions each scrape's first message brings. */
export function createWalGeneratedCollector(history: History): Collector {
  return {
    name: 'wal_generated',
    help: 'WAL generated, from the history of WAL positions.',
    enabledByDefault: true,
    families: [WAL_BYTES],
    choose: ({ inRecovery }) =>
      inRecovery
        ? 'role'
        : { kind: 'derived', emit: (sink) => sink.add(WAL_BYTES, sink.labels([], []), history.walBytes()) },
  };
}
