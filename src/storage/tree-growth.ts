import { setTimeout as sleep } from 'node:timers/promises';

import { lookThrough } from './restored-data.ts';

const LOOK_MS = 1_000;
/** Looking through a million files takes seconds; most of the time is for who writes them. */
const REST_FACTOR = 10;

/** What was made, and how large the folders are then. */
export interface Grown<T> {
  readonly made: T;
  readonly bytes: number;
}

/** Tells now and then how large folders are, while somebody else writes into them. Throws what the other throws. */
export async function watchGrowth<T>(
  folders: readonly string[],
  progress: (bytes: number) => void,
  make: () => Promise<T>,
): Promise<Grown<T>> {
  const over = new AbortController();
  const watching = watch(folders, progress, over.signal);
  try {
    const made = await make();
    return { made, bytes: await sizeOf(folders) };
  } finally {
    over.abort();
    await watching;
  }
}

async function watch(
  folders: readonly string[],
  progress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let restMs = LOOK_MS;
  while (!signal.aborted) {
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const startMs = performance.now();
    const bytes = await sizeOf(folders).catch(() => undefined);
    if (bytes !== undefined) progress(bytes);
    restMs = Math.max(LOOK_MS, REST_FACTOR * (performance.now() - startMs));
  }
}

async function sizeOf(folders: readonly string[]): Promise<number> {
  const all = await Promise.all(folders.map((folder) => lookThrough(folder)));
  return all.reduce((sum, { bytes }) => sum + bytes, 0);
}
