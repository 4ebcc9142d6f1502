import { distance } from 'fastest-levenshtein';

/** The known word nearest to what was written, for "did you mean"; undefined if none is near. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known.map((candidate) => ({ candidate, edits: distance(lower, candidate.toLowerCase()) }));
  const best = ranked.toSorted((a, b) => a.edits - b.edits)[0];
  return best !== undefined && best.edits <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}
