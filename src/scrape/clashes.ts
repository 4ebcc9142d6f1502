import { seriesNames } from '../core/family.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import type { Outcome } from './outcome.ts';
import type { StepResult } from './run-lane.ts';

/** Owns what no collector may be called. */
const WALGUARD = '';

/** What a page is made of. */
export interface PageParts {
  readonly families: readonly FamilyChunks[];
  readonly outcomes: readonly Outcome[];
}

/**
 * Leaves out families whose names another one has on this page: a family twice would cost the whole page. Packs are
 * checked when they are loaded, but columns that no pack declares are known only now; these yield to all others, and
 * among equals the collector that comes first by its name stays.
 *
 * @param own the names of walguard's own families
 */
export function withoutClashes(results: readonly StepResult[], own: readonly string[]): PageParts {
  const owners = new Map(own.map((name) => [name, WALGUARD]));
  const cut = new Map<StepResult, FamilyChunks[]>();
  const kept: FamilyChunks[] = [];
  const all = results
    .flatMap((result) => result.families.map((chunks) => ({ result, chunks })))
    .toSorted((a, b) => rank(a.chunks) - rank(b.chunks) || (collectorOf(a.result) < collectorOf(b.result) ? -1 : 1));
  for (const { result, chunks } of all) {
    const names = seriesNames(chunks.family);
    // One collector has its family from each database in which it ran.
    const owner = `${collectorOf(result)} ${chunks.family.name}`;
    const isTaken = names.some((name) => (owners.get(name) ?? owner) !== owner);
    if (isTaken) cut.set(result, [...(cut.get(result) ?? []), chunks]);
    else kept.push(chunks);
    for (const name of names) if (!owners.has(name)) owners.set(name, owner);
  }
  return { families: kept, outcomes: results.map((result) => withDropped(result.outcome, cut.get(result))) };
}

function rank({ family }: FamilyChunks): number {
  return family.type === 'unknown' ? 1 : 0;
}

function collectorOf({ outcome }: StepResult): string {
  return outcome.collector;
}

function countLines({ chunks }: FamilyChunks): number {
  return chunks.reduce((lines, chunk) => lines + chunk.toString('latin1').split('\n').length - 1, 0);
}

function withDropped(outcome: Outcome, cut: readonly FamilyChunks[] | undefined): Outcome {
  if (cut === undefined || outcome.status !== 'ok') return outcome;
  const series = cut.reduce((sum, chunks) => sum + countLines(chunks), 0);
  const dropped = new Map(outcome.dropped).set('duplicate', (outcome.dropped.get('duplicate') ?? 0) + series);
  const taken = cut.map(({ family }) => ({ kind: 'family_taken', column: family.name }) as const);
  return { ...outcome, samples: outcome.samples - series, dropped, remarks: [...(outcome.remarks ?? []), ...taken] };
}
