/** The size of a directory at a moment of the server's clock. */
export interface SizeSample {
  readonly serverTime: number;
  readonly bytes: number;
}

const WINDOW_SECONDS = 3_600;
/** A segment file appears at once: over a shorter time its growth says nothing. */
const SHORTEST_SPAN_SECONDS = 60;

/** Adds a sample and forgets those that are too old; oldest first. */
export function addSample(samples: readonly SizeSample[], sample: SizeSample): readonly SizeSample[] {
  const kept = samples.filter(
    ({ serverTime }) => serverTime < sample.serverTime && sample.serverTime - serverTime <= WINDOW_SECONDS,
  );
  return [...kept, sample];
}

/** Seconds until the available bytes are used up at the present rate of growth; undefined if it does not grow. */
export function secondsUntilFull(samples: readonly SizeSample[], availableBytes: number): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const seconds = last.serverTime - first.serverTime;
  const grown = last.bytes - first.bytes;
  return seconds < SHORTEST_SPAN_SECONDS || grown <= 0 ? undefined : availableBytes / (grown / seconds);
}
