import type { Recoverability } from '../../../src/core/recoverability.ts';

/** Tiny, so that recovery can be acted out byte by byte. */
export const TINY_SEGMENT = 4;
export const SEGMENTS = 12;

/** How timelines really came about; number 1 has no parent. */
export interface Tree {
  readonly parentOf: ReadonlyMap<number, number>;
  /** First byte that is the timeline's own. */
  readonly beginOf: ReadonlyMap<number, number>;
}

export interface TinyBackup {
  readonly label: string;
  readonly timeline: number;
  readonly start: number;
  readonly stop: number;
  readonly included: boolean;
}

export interface TinyWorld {
  readonly tree: Tree;
  /** `timeline/segment` */
  readonly held: ReadonlySet<string>;
  /** Timelines whose `.history` is in the archive. */
  readonly histories: ReadonlySet<number>;
  readonly backups: readonly TinyBackup[];
}

export interface Outcome {
  readonly recoverability: Recoverability;
  /** First byte that was not replayed; undefined if nothing was. */
  readonly end: number | undefined;
  /** The file that was read last. */
  readonly file: string | undefined;
}

/** Which timeline wrote the byte that a file of a timeline has at a position: a child's first file copies its parent's. */
function writerOf({ parentOf, beginOf }: Tree, timeline: number, position: number): number {
  let writer = timeline;
  while (position < (beginOf.get(writer) ?? 0)) writer = parentOf.get(writer) ?? 1;
  return writer;
}

/** The timelines that recovery knows of when it is to get to one, the newest first. */
function expected({ tree, histories }: TinyWorld, target: number): readonly number[] {
  if (!histories.has(target)) return [target];
  const timelines = [target];
  for (let next = tree.parentOf.get(target); next !== undefined; next = tree.parentOf.get(next)) timelines.push(next);
  return timelines;
}

/** A file may be asked for if its timeline had begun when its segment was written. */
function mayHold(world: TinyWorld, target: number, timeline: number, segment: number): boolean {
  const hasParent = world.histories.has(target) && timeline !== 1;
  return !hasParent || (world.tree.beginOf.get(timeline) ?? 0) < (segment + 1) * TINY_SEGMENT;
}

export function knownTimelines({ held, histories }: TinyWorld): readonly number[] {
  const named = [...held].map((name) => Number(name.split('/')[0]));
  return [...new Set([...named, ...histories])].toSorted((a, b) => a - b);
}

/** PostgreSQL refuses a target that the backup is not on the way to. */
function accepts(world: TinyWorld, target: number, { timeline, start, stop }: TinyBackup): boolean {
  if (!world.histories.has(target)) return target === timeline;
  const { tree } = world;
  return writerOf(tree, target, start) === timeline && writerOf(tree, target, stop - 1) === timeline;
}

export function restore(world: TinyWorld, main: number, backup: TinyBackup): Outcome {
  const target = [...knownTimelines(world), main].findLast((one) => accepts(world, one, backup));
  if (target === undefined)
    return { recoverability: backup.included ? 'consistent_only' : 'broken', end: undefined, file: undefined };
  const { end, file } = replay(world, target, backup.included ? backup.stop : backup.start);
  if (!backup.included && (end === undefined || end < backup.stop)) return { recoverability: 'broken', end, file };
  if (end === undefined) return { recoverability: 'consistent_only', end, file };
  if (!goesOnBehind(world, target, end)) return { recoverability: target === main ? 'pitr' : 'limited', end, file };
  const endOfStop = (Math.floor((backup.stop - 1) / TINY_SEGMENT) + 1) * TINY_SEGMENT;
  return { recoverability: end <= endOfStop ? 'consistent_only' : 'limited', end, file };
}

function replay(world: TinyWorld, target: number, from: number): Pick<Outcome, 'end' | 'file'> {
  let position = from;
  let file: string | undefined;
  for (;;) {
    const segment = Math.floor(position / TINY_SEGMENT);
    const timeline = expected(world, target)
      .filter((one) => mayHold(world, target, one, segment))
      .find((one) => world.held.has(`${one}/${segment}`));
    if (timeline === undefined || !isRight(world, target, timeline, position)) break;
    file = `${timeline}/${segment}`;
    while (Math.floor(position / TINY_SEGMENT) === segment && isRight(world, target, timeline, position)) position += 1;
    if (Math.floor(position / TINY_SEGMENT) === segment) break;
  }
  return { end: file === undefined ? undefined : position, file };
}

function isRight({ tree, histories }: TinyWorld, target: number, timeline: number, position: number): boolean {
  if (!histories.has(target)) return true;
  return writerOf(tree, timeline, position) === writerOf(tree, target, position);
}

/** The archive has a file that recovery would take first for a segment that it did not get through. */
function goesOnBehind(world: TinyWorld, target: number, end: number): boolean {
  for (let segment = Math.floor(end / TINY_SEGMENT); segment < SEGMENTS; segment++) {
    if (isFirstChoiceHeld(world, target, segment)) return true;
  }
  return false;
}

function isFirstChoiceHeld(world: TinyWorld, target: number, segment: number): boolean {
  const [first] = expected(world, target).filter((one) => mayHold(world, target, one, segment));
  return world.held.has(`${first}/${segment}`);
}

/** `timeline/segment` of what is missing, first choices only, between the first that a backup needs and the last held. */
export function missing(world: TinyWorld, main: number): readonly string[] {
  const all = Array.from({ length: SEGMENTS }, (_, segment) => segment);
  const held = all.filter((segment) => isFirstChoiceHeld(world, main, segment));
  const needed = world.backups
    .filter((backup) => accepts(world, main, backup))
    .map(({ start, stop, included }) => Math.floor((included ? stop : start) / TINY_SEGMENT))
    .filter((segment) => held.some((one) => one <= segment) && held.some((one) => one >= segment));
  const from = Math.min(...needed);
  const lost = all.filter((segment) => segment >= from && !held.includes(segment) && held.some((one) => one > segment));
  return lost
    .slice(expired(lost, world, main))
    .map((segment) => `${expected(world, main).find((one) => mayHold(world, main, one, segment))}/${segment}`);
}

/** How many of the oldest ones were expired: all between the last file of a backup and the first of another. */
function expired(lost: readonly number[], world: TinyWorld, main: number): number {
  const backups = world.backups.filter((backup) => accepts(world, main, backup));
  const ends = backups.map(({ stop }) => Math.floor((stop - 1) / TINY_SEGMENT));
  const starts = backups.map(({ start }) => Math.floor(start / TINY_SEGMENT));
  let count = 0;
  for (let next = 0; next < lost.length;) {
    const first = lost[next] ?? 0;
    while (lost[next + 1] === (lost[next] ?? 0) + 1) next += 1;
    const last = lost[next] ?? 0;
    if (last === first || !ends.includes(first - 1) || !starts.includes(last + 1)) return count;
    next += 1;
    count = next;
  }
  return count;
}

/** Files of which recovery to a timeline cannot use a single byte, or which it never asks for. */
export function orphans(world: TinyWorld, main: number): number {
  const asked = expected(world, main);
  return [...world.held].filter((name) => {
    const [timeline = 0, segment = 0] = name.split('/').map(Number);
    if (!asked.includes(timeline)) return true;
    const bytes = Array.from({ length: TINY_SEGMENT }, (_, offset) => segment * TINY_SEGMENT + offset);
    return bytes.every((position) => writerOf(world.tree, timeline, position) !== writerOf(world.tree, main, position));
  }).length;
}
