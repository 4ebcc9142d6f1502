import { spawn } from 'node:child_process';
import { availableParallelism, constants, setPriority } from 'node:os';

/**
 * Lets everything else on the machine go first, for CPU and disk; what is started from now on inherits it. Where the
 * system does not allow it, or has no ionice, all goes on as it was.
 */
export async function giveWayToOthers(): Promise<void> {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    return;
  }
  await new Promise<void>((resolve) => {
    const child = spawn('ionice', ['-c', '3', '-p', String(process.pid)], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: 'ignore',
    });
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

/** How many things can be computed at once on this host. */
export function usableCpus(): number {
  return availableParallelism();
}
