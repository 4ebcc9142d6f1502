import type { Remark, RemarkKind } from '../core/collector.ts';
import { type Family, seriesNames } from '../core/family.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import type { Outcome } from './outcome.ts';
import type { StepResult } from './run-lane.ts';
import { linesOf, withoutSeriesOf } from './twins.ts';

/** Owns what no collector may be called. */
const WALGUARD = '';

/** What a page is made of. */
export interface PageParts {
  readonly families: readonly FamilyChunks[];
  readonly outcomes: readonly Outcome[];
}

interface Kept {
  readonly collector: string;
  readonly chunks: FamilyChunks;
}

/** What a collector loses to another one. */
interface Loss {
  readonly series: number;
  readonly remark: Remark;
}

/**
 * Leaves out families whose names another one has on this page: a family twice would cost the whole page. Packs are
 * checked when they are loaded, but columns that no pack declares are known only now; these yield to all others, and
 * among equals the collector that comes first by its name stays. Of one family that two collectors share, for their
 * predicates were to let one of them run, only series that come twice are left out.
 *
 * @param own the names of walguard's own families
 */
export function withoutClashes(results: readonly StepResult[], own: readonly string[]): PageParts {
  const owners = new Map(own.map((name) => [name, WALGUARD]));
  const losses = new Map<StepResult, Loss[]>();
  const parts = createParts();
  const lose = (result: StepResult, series: number, kind: RemarkKind, column: string): void => {
    if (series > 0) losses.set(result, [...(losses.get(result) ?? []), { series, remark: { kind, column } }]);
  };
  const all = results
    .flatMap((result) => result.families.map((chunks) => ({ result, chunks })))
    .toSorted((a, b) => rank(a.chunks) - rank(b.chunks) || (collectorOf(a.result) < collectorOf(b.result) ? -1 : 1));
  for (const { result, chunks } of all) {
    const { family } = chunks;
    const collector = collectorOf(result);
    const names = seriesNames(family);
    // One collector has its family from each database in which it ran.
    const owner = `${collector} ${family.name}`;
    const twins = parts.of(family).filter((each) => each.collector !== collector);
    if (twins.length > 0) {
      const { fresh, repeated } = withoutSeriesOf(
        chunks,
        twins.map((twin) => twin.chunks),
      );
      parts.keep({ collector, chunks: fresh });
      lose(result, repeated, 'series_taken', family.name);
    } else if (names.some((name) => (owners.get(name) ?? owner) !== owner)) {
      lose(result, linesOf(chunks).length, 'family_taken', family.name);
    } else {
      parts.keep({ collector, chunks });
    }
    for (const name of names) if (!owners.has(name)) owners.set(name, owner);
  }
  return {
    families: parts.all.map(({ chunks }) => chunks),
    outcomes: results.map((result) => withLosses(result, losses.get(result))),
  };
}

interface Parts {
  readonly all: readonly Kept[];
  readonly of: (family: Family) => readonly Kept[];
  readonly keep: (part: Kept) => void;
}

/** Also apart by family, for a page of many databases has tens of thousands of parts. */
function createParts(): Parts {
  const all: Kept[] = [];
  const byFamily = new Map<Family, Kept[]>();
  return {
    all,
    of: (family) => byFamily.get(family) ?? [],
    keep(part) {
      const { family } = part.chunks;
      const known = byFamily.get(family);
      all.push(part);
      if (known === undefined) byFamily.set(family, [part]);
      else known.push(part);
    },
  };
}

function rank({ family }: FamilyChunks): number {
  return family.type === 'unknown' ? 1 : 0;
}

function collectorOf({ outcome }: StepResult): string {
  return outcome.collector;
}

function withLosses({ outcome }: StepResult, losses: readonly Loss[] | undefined): Outcome {
  if (losses === undefined || outcome.status !== 'ok') return outcome;
  const series = losses.reduce((sum, loss) => sum + loss.series, 0);
  const dropped = new Map(outcome.dropped).set('duplicate', (outcome.dropped.get('duplicate') ?? 0) + series);
  const remarks = [...(outcome.remarks ?? []), ...losses.map(({ remark }) => remark)];
  return { ...outcome, samples: outcome.samples - series, dropped, remarks };
}
