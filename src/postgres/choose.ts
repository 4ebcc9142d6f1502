import { closest } from '../core/closest.ts';
import { WalguardError } from '../core/error.ts';

/** The value a parameter has among those it may have. Throws TARGET_BAD_DSN, with the nearest. */
export function choose<T extends string>(keyword: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const near = closest(value, allowed);
  throw badValue(
    `the ${keyword} "${value}" is not known`,
    near === undefined ? `Use one of ${allowed.join(', ')}.` : `Did you mean "${near}"?`,
  );
}

/** A connection parameter whose value cannot be used. */
export function badValue(message: string, hint?: string): WalguardError {
  return new WalguardError('TARGET_BAD_DSN', message, hint === undefined ? {} : { hint });
}
