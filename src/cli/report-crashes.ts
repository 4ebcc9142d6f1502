import { asWalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import { fromServerError, isServerError } from '../postgres/sqlstate.ts';

const FAILED = 1;

/**
 * Logs what nobody caught, and ends the process.
 *
 * Node by itself prints every property of what was thrown, and of what hangs on it: a connection with its password.
 */
export function reportCrashes(log: Logger): void {
  process.on('uncaughtException', (thrown) => {
    const { code, message, hint } = isServerError(thrown) ? fromServerError(thrown, {}) : asWalguardError(thrown);
    log.error({ code, reason: message, hint, stack: framesOf(thrown) }, 'walguard crashed');
    process.exit(FAILED);
  });
}

/** Where it was thrown, without the message, which of a server may hold a value of a table. */
function framesOf(thrown: unknown): readonly string[] {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  return stack.split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));
}
