import { type Bounded, createBounded } from './bounded.ts';
import type { Counts, ReportedSessionGroup } from './document.ts';
import { rounded } from './part.ts';

/** Names that clients choose are many if somebody wants so. */
const MOST_NAMES = 1_000;

interface Group {
  count: number;
  seconds: number;
}

/** Counts and times by names of which there may be any number. */
export interface Groups {
  readonly add: (name: string, seconds: number) => void;
  readonly report: (top: number) => readonly ReportedSessionGroup[];
  readonly counts: (top: number) => Counts;
}

export function createGroups(): Groups {
  const groups: Bounded<Group> = createBounded<Group>({
    create: () => ({ count: 0, seconds: 0 }),
    scores: [({ count }) => count, ({ seconds }) => seconds],
    most: MOST_NAMES,
  });
  const sorted = (top: number): readonly (readonly [string, Group])[] =>
    groups
      .entries()
      .toSorted(([, a], [, b]) => b.count - a.count || b.seconds - a.seconds)
      .slice(0, top);
  return {
    add(name, seconds) {
      const group = groups.of(name);
      group.count += 1;
      group.seconds += seconds;
    },
    report: (top) => sorted(top).map(([name, { count, seconds }]) => ({ name, count, seconds: rounded(seconds) })),
    counts: (top) => Object.fromEntries(sorted(top).map(([name, { count }]) => [name, count])),
  };
}
