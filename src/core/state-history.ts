/** A state that something was seen in. Unix seconds by walguard's clock. */
export interface StateSpan {
  readonly state: string;
  readonly fromSeconds: number;
  /** When another one was seen or, of the last and of one that nobody looked at any more, when it was last seen. */
  readonly toSeconds: number;
}

/** The states that something had lately, oldest first. Not kept over a restart. */
export interface StateHistory {
  readonly saw: (state: string) => void;
  readonly spans: () => readonly StateSpan[];
}

const KEPT_SECONDS = 86_400;
/** What changes more often than this keeps its newest part. */
const MOST_KEPT = 300;
/** Not looked at for longer, it may have had any other state meanwhile. */
const HOLDS_SECONDS = 300;

/** Keeps changes only, of one day. @param wallSeconds walguard's clock, Unix seconds */
export function createStateHistory(wallSeconds: () => number): StateHistory {
  let kept: readonly StateSpan[] = [];

  function saw(state: string): void {
    const now = wallSeconds();
    const last = kept.at(-1);
    const next = { state, fromSeconds: now, toSeconds: now };
    if (last === undefined || now < last.toSeconds) kept = [next];
    else if (now - last.toSeconds > HOLDS_SECONDS) kept = recent([...kept, next], now);
    else if (last.state === state) kept = [...kept.slice(0, -1), { ...last, toSeconds: now }];
    else kept = recent([...kept.slice(0, -1), { ...last, toSeconds: now }, next], now);
  }

  return { saw, spans: () => recent(kept, wallSeconds()) };
}

function recent(spans: readonly StateSpan[], now: number): readonly StateSpan[] {
  return spans.filter(({ toSeconds }) => now - toSeconds <= KEPT_SECONDS).slice(-MOST_KEPT);
}
