/** Keeps no more than so many keys, those that weigh most by any of its scores, and knows what it may have missed. */
export interface Bounded<E> {
  /** What is kept of a key; begins anew if it is not there. */
  readonly of: (key: string) => E;
  readonly entries: () => readonly (readonly [key: string, entry: E])[];
  /** How much each score of a key may be too low at most, in the order of the scores: 0 as long as all had room. */
  readonly missed: () => readonly number[];
}

interface Rules<E> {
  readonly create: () => E;
  /** What an entry weighs, each a sum or a highest value that only grows. */
  readonly scores: readonly ((entry: E) => number)[];
  /** Twice as many are held between two times of making room. */
  readonly most: number;
}

/** What is thrown out weighs less than all that stays, and that much its key has lost each time if it comes again. */
export function createBounded<E>({ create, scores, most }: Rules<E>): Bounded<E> {
  let kept = new Map<string, E>();
  const missed = scores.map(() => 0);
  function makeRoom(): void {
    const all = [...kept];
    const stay = new Set<string>();
    for (const score of scores) {
      const byScore = all.toSorted(([, a], [, b]) => score(b) - score(a));
      for (const [key] of byScore.slice(0, Math.ceil(most / scores.length))) stay.add(key);
    }
    const out = all.filter(([key]) => !stay.has(key));
    for (const [index, score] of scores.entries()) {
      missed[index] = out.reduce((highest, [, entry]) => Math.max(highest, score(entry)), 0) + (missed[index] ?? 0);
    }
    kept = new Map(all.filter(([key]) => stay.has(key)));
  }
  return {
    of(key) {
      const known = kept.get(key);
      if (known !== undefined) return known;
      if (kept.size >= 2 * most) makeRoom();
      const entry = create();
      kept.set(key, entry);
      return entry;
    },
    entries: () => [...kept],
    missed: () => missed,
  };
}
