import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

import { type Host, isSocket } from './connection-options.ts';

/** Where a host can be reached, in the order of the system. Rejects if its name is not known, or not in time. */
export async function addressesOf({ name, address }: Host, timeoutMs: number): Promise<readonly string[]> {
  if (address !== undefined) return [address];
  if (isSocket(name) || isIP(name) !== 0) return [name];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer on where ${name} is within the time limit`)), timeoutMs);
  });
  try {
    const found = await Promise.race([lookup(name, { all: true, verbatim: true }), late]);
    return found.map((each) => each.address);
  } finally {
    clearTimeout(timer);
  }
}

/** In the order given, or shuffled. */
export function inOrder<T>(items: readonly T[], shuffled: boolean): readonly T[] {
  if (!shuffled) return items;
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
