import type { ServerView } from '../core/recoverability.ts';

/** Several tickers' turns and scrapes may fail before what the server said last is history. */
const FRESH_SECONDS = 60;

/** What the server said is of just now, by walguard's clock. */
export function isFresh({ timeSeconds, clockSkewSeconds }: ServerView, nowSeconds: number): boolean {
  return nowSeconds - (timeSeconds - clockSkewSeconds) <= FRESH_SECONDS;
}
