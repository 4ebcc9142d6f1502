import { setTimeout as sleep } from 'node:timers/promises';

import { WalguardError } from '../core/error.ts';
import type { PrivateSession } from '../postgres/private-server.ts';
import { serverEnded } from './failures.ts';
import { judge, observationQuery, type Observation, stuck, toObservation } from './observation.ts';
import type { Plan } from './plan.ts';
import type { RestoredServer } from './restored-server.ts';

const POLL_MS = 250;
/** Looks at a server that waits for WAL at one place before it is believed: between its waits it asks again. */
const STUCK_LOOKS = 8;

export interface RecoveryWatch {
  readonly server: RestoredServer;
  readonly plan: Plan;
  readonly majorVersion: number;
  readonly signal: AbortSignal;
  readonly seen: (observation: Observation) => void;
}

/** Waits until a server that was started recovers, or has ended by itself. */
export async function awaitStart(server: RestoredServer, signal: AbortSignal): Promise<'recovering' | 'settings'> {
  for (;;) {
    signal.throwIfAborted();
    if (server.hasEnded) return endedWhile(server, 'start');
    if (server.log.isRecovering || (await server.session()) !== undefined) return 'recovering';
    await sleep(POLL_MS, undefined, { signal });
  }
}

/**
 * Waits until the target is reached, which the server itself has to say: that its processes are there proves nothing.
 * Throws why it never will be.
 */
export async function awaitTarget(watch: RecoveryWatch): Promise<Observation | 'settings'> {
  const { server, plan, signal, seen } = watch;
  let looks = 0;
  let before: bigint | undefined;
  for (;;) {
    signal.throwIfAborted();
    if (server.hasEnded) return endedWhile(server, 'recovery');
    const now = await observe(watch);
    if (now !== undefined) {
      seen(now);
      const progress = judge(now, server.log, plan);
      if (progress === 'settings') return 'settings';
      if (progress === 'reached') return await hold(watch, now);
      if (now.replayed !== before) looks = 0;
      if (progress === 'stuck') looks += 1;
      before = now.replayed;
      if (looks === STUCK_LOOKS) throw stuck(now, server.log, plan);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Undefined as long as the server takes no connection, which may be again after it did. */
async function observe({ server, majorVersion }: RecoveryWatch): Promise<Observation | undefined> {
  const session = await server.session();
  if (session === undefined) return undefined;
  try {
    const [row] = await session.query(observationQuery(majorVersion));
    return row === undefined ? undefined : toObservation(row);
  } catch (thrown) {
    // It ends: what it said on its way is read in its log.
    await sleep(POLL_MS);
    if (server.hasEnded) return undefined;
    throw new WalguardError('DRILL_NO_ANSWER', 'the restored server does not answer while it recovers', {
      hint: 'Read the last lines of its log in the report.',
      cause: thrown,
    });
  }
}

/** What comes into the archive from now on is not replayed any more: the checks see one state. */
async function hold({ server, plan }: RecoveryWatch, reached: Observation): Promise<Observation> {
  const session: PrivateSession | undefined = await server.session();
  if (plan.target.kind === 'latest') await session?.query('SELECT pg_wal_replay_pause()');
  return reached;
}

function endedWhile(server: RestoredServer, phase: 'start' | 'recovery'): 'settings' {
  if (server.log.tooLow.size > 0) return 'settings';
  throw serverEnded(server.log, phase);
}
