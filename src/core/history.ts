import type { Heartbeat } from './facts.ts';
import type { Lsn } from './lsn.ts';

/** A target's recent past, one heartbeat a scrape, oldest first; bounded, and finer for the newer half. */
export interface History {
  /** Takes up a heartbeat. Another system identifier, or a clock that went back, starts the ring anew. */
  readonly add: (heartbeat: Heartbeat, systemIdentifier: string | undefined) => void;
  readonly heartbeats: () => readonly Heartbeat[];
  /**
   * Forward moves of the written WAL position, added up since walguard first saw the target; bytes.
   *
   * What came before a promotion counts where it was written.
   */
  readonly walBytes: () => bigint;
}

const DEFAULT_CAPACITY = 4096;

/** @param capacity heartbeats kept at most; when it is reached every second one of the older half goes */
export function createHistory(capacity = DEFAULT_CAPACITY): History {
  let ring: Heartbeat[] = [];
  let walBytes = 0n;
  let identifier: string | undefined;

  function add(heartbeat: Heartbeat, systemIdentifier: string | undefined): void {
    const last = ring.at(-1);
    if (last !== undefined) {
      if (systemIdentifier !== identifier || heartbeat.serverTimeSeconds < last.serverTimeSeconds) ring = [];
      else walBytes += forwardMove(last, heartbeat);
    }
    identifier = systemIdentifier;
    ring.push(heartbeat);
    if (ring.length > capacity) ring = thinOlderHalf(ring);
  }

  return { add, heartbeats: () => ring, walBytes: () => walBytes };
}

function forwardMove(before: Heartbeat, now: Heartbeat): Lsn {
  if (before.lsn === undefined || now.lsn === undefined || before.inRecovery || now.inRecovery) return 0n;
  return now.lsn > before.lsn ? now.lsn - before.lsn : 0n;
}

function thinOlderHalf(ring: readonly Heartbeat[]): Heartbeat[] {
  const middle = ring.length >> 1;
  return ring.filter((_, index) => index >= middle || index % 2 === 0);
}
