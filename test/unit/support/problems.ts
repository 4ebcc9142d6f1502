import { renderError, WalguardError, WalguardErrors } from '../../../src/core/error.ts';

/** The errors that a call throws, in order. Fails if it throws none, or anything else. */
export function errorsOf(run: () => unknown): readonly WalguardError[] {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof WalguardErrors) return thrown.errors;
    if (thrown instanceof WalguardError) return [thrown];
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

/** The errors that a call throws, as a person reads them. */
export function problemsOf(run: () => unknown): string {
  return errorsOf(run).map(renderError).join('\n');
}
