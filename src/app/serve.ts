import type { Logger } from '../core/logger.ts';
import type { App } from './build.ts';

/**
 * Serves until it is told to stop; then the scrapes under way end, and the connections close.
 *
 * @param stop aborts when walguard is to stop
 * @throws LISTEN_FAILED
 */
export async function serve({ fleet, web }: App, stop: AbortSignal, log: Logger): Promise<void> {
  const addresses = await web.listen();
  fleet.start();
  const only = fleet.only();
  const what = only === undefined ? { targets: fleet.targets().length } : { target: only.name };
  log.info({ addresses, ...what }, 'walguard serves');
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
  log.info({ reason: String(stop.reason) }, 'walguard stops');
  await web[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
  log.info({}, 'walguard stopped');
}
