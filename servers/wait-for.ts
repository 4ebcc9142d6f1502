import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until the condition holds; an error it throws counts as "not yet".
 *
 * Throws after `timeoutMs`, naming what was waited for, with the last error as the cause.
 */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() + pauseMs > deadline)
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`, { cause: last });
    await sleep(pauseMs);
  }
}
