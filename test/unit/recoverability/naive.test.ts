import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveContents, TimelineSwitch } from '../../../src/core/catalogue.ts';
import type { RepositoryAssessment } from '../../../src/core/recoverability.ts';
import {
  knownTimelines,
  missing,
  orphans,
  restore,
  SEGMENTS,
  TINY_SEGMENT,
  type TinyBackup,
  type TinyWorld,
  type Tree,
} from './naive.ts';
import { archiveOf, assessOne, backupOf, gapTexts, serverOf } from './world.ts';

const END = SEGMENTS * TINY_SEGMENT;
const RUNS = 1_000;

interface Raw {
  readonly branches: readonly { readonly parent: number; readonly length: number }[];
  readonly lost: readonly boolean[];
  readonly histories: readonly boolean[];
  readonly backups: readonly {
    readonly timeline: number;
    readonly start: number;
    readonly length: number;
    readonly included: boolean;
  }[];
}

const branch = fc.record({
  parent: fc.nat(9),
  length: fc.oneof(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 * TINY_SEGMENT + 1 })),
});
const backup = fc.record({
  timeline: fc.nat(9),
  start: fc.nat(END / 2),
  length: fc.integer({ min: 1, max: 2 * TINY_SEGMENT }),
  included: fc.boolean(),
});
/** Few segments are lost, so that there is something to replay. */
const isLost = fc.nat(9).map((number) => number === 0);

function worlds(histories: fc.Arbitrary<boolean>): fc.Arbitrary<TinyWorld> {
  const timelines = 5;
  return fc
    .record<Raw>({
      branches: fc.array(branch, { maxLength: timelines - 1 }),
      lost: fc.array(isLost, { minLength: timelines * SEGMENTS, maxLength: timelines * SEGMENTS }),
      histories: fc.array(histories, { minLength: timelines, maxLength: timelines }),
      backups: fc.array(backup, { minLength: 1, maxLength: 4 }),
    })
    .chain((raw) =>
      fc.array(fc.nat(END + 12), { minLength: timelines, maxLength: timelines }).map((ends) => toWorld(raw, ends)),
    );
}

/** @param ends up to where each timeline was archived */
function toWorld(raw: Raw, ends: readonly number[]): TinyWorld {
  const tree = toTree(raw);
  const held = new Set<string>();
  for (const [index, end] of ends.entries()) {
    const timeline = index + 1;
    const begin = timeline === 1 ? 0 : tree.beginOf.get(timeline);
    if (begin === undefined) continue;
    for (let segment = Math.floor(begin / TINY_SEGMENT); segment < SEGMENTS; segment++) {
      const lost = raw.lost[index * SEGMENTS + segment] === true;
      if (!lost && (segment + 1) * TINY_SEGMENT <= end) held.add(`${timeline}/${segment}`);
    }
  }
  const histories = new Set([...tree.beginOf.keys()].filter((timeline) => raw.histories[timeline - 2] === true));
  return { tree, held, histories, backups: raw.backups.map((one, index) => toBackup(one, index, tree)) };
}

function toTree({ branches }: Raw): Tree {
  const parentOf = new Map<number, number>();
  const beginOf = new Map<number, number>();
  for (const [index, { parent: pick, length }] of branches.entries()) {
    const parent = 1 + (pick % (index + 1));
    parentOf.set(index + 2, parent);
    beginOf.set(index + 2, Math.min(END - 2, (beginOf.get(parent) ?? 0) + length));
  }
  return { parentOf, beginOf };
}

function toBackup(
  { timeline: pick, start: offset, length, included }: Raw['backups'][number],
  index: number,
  tree: Tree,
): TinyBackup {
  const timeline = 1 + (pick % (tree.beginOf.size + 1));
  const start = (tree.beginOf.get(timeline) ?? 0) + offset;
  return { label: `b${index}`, timeline, start, stop: start + length, included };
}

/** As the file of a timeline tells it. */
function historyOf({ parentOf, beginOf }: Tree, timeline: number): readonly TimelineSwitch[] {
  const parent = parentOf.get(timeline);
  if (parent === undefined) return [];
  return [...historyOf({ parentOf, beginOf }, parent), { parent, switchLsn: BigInt(beginOf.get(timeline) ?? 0) }];
}

function toArchive({ held, histories, tree }: TinyWorld): ArchiveContents {
  const byTimeline: Record<number, string> = {};
  for (const name of [...held].toSorted((a, b) => Number(a.split('/')[1]) - Number(b.split('/')[1]))) {
    const [timeline = 0, segment = 0] = name.split('/').map(Number);
    byTimeline[timeline] = [byTimeline[timeline], segment].filter((part) => part !== undefined).join(' ');
  }
  return archiveOf(byTimeline, {
    segmentBytes: TINY_SEGMENT,
    histories: Object.fromEntries([...histories].map((timeline) => [timeline, historyOf(tree, timeline)])),
    timeOf: () => 1,
  });
}

function assessWorld(world: TinyWorld, timeline: number): RepositoryAssessment {
  const backups = world.backups.map(({ label, timeline: on, start, stop, included }) =>
    backupOf({
      label,
      stopTimeSeconds: stop,
      wal: { timeline: on, start: BigInt(start), stop: BigInt(stop), included },
    }),
  );
  return assessOne({ archive: toArchive(world), backups, server: serverOf({ timeline, segmentBytes: TINY_SEGMENT }) });
}

/** The server's timeline as far as the archive knows it. */
function mainOf(world: TinyWorld, timeline: number): number {
  const known = knownTimelines(world);
  return known.findLast((one) => one <= timeline) ?? known.at(-1) ?? timeline;
}

const anyTimeline = fc.integer({ min: 1, max: 5 });

describe('the engine and recovery acted out byte by byte', { timeout: 60_000 }, () => {
  it.each([
    ['all history files', fc.constant(true)],
    ['some history files', fc.boolean()],
  ])('agree on each backup, where the archive has %s', (_, histories) => {
    fc.assert(
      fc.property(worlds(histories), anyTimeline, (world, timeline) => {
        const assessed = assessWorld(world, timeline);
        const main = mainOf(world, timeline);
        for (const one of world.backups) {
          const outcome = restore(world, main, one);
          const found = assessed.backups.find(({ backup: { label } }) => label === one.label);
          expect(found?.recoverability).toBe(outcome.recoverability);
          if (outcome.recoverability === 'broken') continue;
          const reaches = found?.reaches;
          expect(reaches === undefined ? undefined : `${reaches.timeline}/${reaches.last}`).toBe(outcome.file);
          const window = assessed.windows.find(({ backups }) => backups.includes(one.label));
          if (outcome.recoverability === 'consistent_only') expect(window).toBeUndefined();
          else expect(`${window?.timeline} ${window?.latestLsn}`).toBe(`${outcome.file?.split('/')[0]} ${outcome.end}`);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('agree on what is missing and on what nobody can use, where the archive has all history files', () => {
    fc.assert(
      fc.property(worlds(fc.constant(true)), anyTimeline, (world, timeline) => {
        const main = mainOf(world, timeline);
        const { gaps, archive } = assessWorld(world, timeline);
        const named = gaps.flatMap((gap) =>
          Array.from({ length: gap.last - gap.first + 1 }, (_, index) => `${gap.timeline}/${gap.first + index}`),
        );
        expect(named).toEqual(missing(world, main));
        expect(archive?.orphanSegments).toBe(orphans(world, main));
      }),
      { numRuns: RUNS },
    );
  });

  it('never call a segment missing that the archive holds, nor two times the same', () => {
    fc.assert(
      fc.property(worlds(fc.boolean()), anyTimeline, (world, timeline) => {
        const texts = gapTexts(assessWorld(world, timeline));
        const segments = texts.flatMap((text) => {
          const [on, range = ''] = text.split('/');
          const [first = 0, last = 0] = range.split('-').map(Number);
          return Array.from({ length: last - first + 1 }, (_, index) => `${on}/${first + index}`);
        });
        expect(segments.filter((segment) => world.held.has(segment))).toEqual([]);
        expect(new Set(segments).size).toBe(segments.length);
      }),
      { numRuns: RUNS },
    );
  });
});
