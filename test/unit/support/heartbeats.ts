import type { Heartbeat } from '../../../src/core/facts.ts';

/** A heartbeat of a primary on its first timeline that has archived nothing, but for what is given. */
export function heartbeatOf(given: Partial<Heartbeat>): Heartbeat {
  return {
    serverTimeSeconds: 1,
    lsn: undefined,
    inRecovery: false,
    timeline: 1,
    archivedCount: 0n,
    failedCount: 0n,
    lastArchivedFile: undefined,
    ...given,
  };
}
