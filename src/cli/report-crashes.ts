import type { Logger } from '../core/logger.ts';
import { asWalguardError } from '../core/error.ts';

const FAILED = 1;

/**
 * Logs what nobody caught, and ends the process.
 *
 * Node by itself prints every property of what was thrown, and of what hangs on it: a connection with its password.
 */
export function reportCrashes(log: Logger): void {
  process.on('uncaughtException', (thrown) => {
    const { code, message, hint } = asWalguardError(thrown);
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    log.error({ code, reason: message, hint, stack }, 'walguard crashed');
    process.exit(FAILED);
  });
}
