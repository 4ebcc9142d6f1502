import type { Logger } from '../core/logger.ts';
import type { App } from './build.ts';

/**
 * Serves until it is told to stop; then the scrapes under way end, and the connections close.
 *
 * @param stop aborts when walguard is to stop
 * @throws LISTEN_FAILED
 */
export async function serve(
  { target, web, roles, startBackground }: App,
  stop: AbortSignal,
  log: Logger,
): Promise<void> {
  const addresses = await web.listen();
  const background = startBackground();
  log.info({ addresses, target: target.name }, 'walguard serves');
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
  log.info({ reason: String(stop.reason) }, 'walguard stops');
  await Promise.all([background[Symbol.asyncDispose](), web[Symbol.asyncDispose]()]);
  await Promise.all([target[Symbol.asyncDispose](), roles[Symbol.asyncDispose]()]);
  log.info({}, 'walguard stopped');
}
