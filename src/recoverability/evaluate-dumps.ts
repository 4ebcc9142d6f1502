import { printable } from '../core/printable.ts';
import type { DumpSeries } from '../core/dumps.ts';
import { ABSENT, counted, type Evaluation, type FindingContext, inWords, someOf, UNKNOWN } from './evaluation.ts';
import type { JudgedRepository } from './repository.ts';

/** A dump smaller than this part of the one before has lost something, or much was deleted. */
const SHRUNK_RATIO = 0.5;
/** Of a dump that small a few rows are half. */
const SHRUNK_BYTES = 1_048_576;

/** A series, and whose it is. */
interface Held {
  readonly repository: JudgedRepository;
  readonly series: DumpSeries;
}

export function dumpTooOld({ repositories, input }: FindingContext): Evaluation {
  const asked = repositories.filter((one) => one.input.policy.dumpIntervalSeconds !== undefined);
  const held = heldIn(asked, input.sources);
  if (held === undefined) return UNKNOWN;
  const late = held
    .map((one) => ({
      ...one,
      age: input.nowSeconds - (one.series.lastGood?.timeSeconds ?? -Infinity),
      interval: one.repository.input.policy.dumpIntervalSeconds ?? Infinity,
    }))
    .filter(({ age, interval }) => age > interval && Number.isFinite(age))
    .toSorted((a, b) => b.age - b.interval - (a.age - a.interval));
  const [worst] = late;
  if (worst === undefined) return { present: false, threshold: smallestInterval(asked) };
  const { age, interval } = worst;
  const message = `The newest good dump of ${nameOf(worst)} is ${inWords(age)} old, one is wanted every ${inWords(interval)}${more(late.length - 1)}.`;
  return { present: true, value: age, threshold: interval, message, evidence: someOf(late.map(nameOf)) };
}

function smallestInterval(asked: readonly JudgedRepository[]): number | undefined {
  const intervals = asked.flatMap(({ input }) => input.policy.dumpIntervalSeconds ?? []);
  return intervals.length === 0 ? undefined : Math.min(...intervals);
}

export function dumpInvalid({ repositories, input }: FindingContext): Evaluation {
  return troubled(heldIn(repositories, input.sources), ({ newest }) => newest.valid === false, 'is no good');
}

export function dumpUnchecked({ repositories, input }: FindingContext): Evaluation {
  return troubled(heldIn(repositories, input.sources), cannotTell, 'could not be checked');
}

function cannotTell({ newest }: DumpSeries): boolean {
  return newest.valid === undefined && newest.problem !== undefined;
}

function troubled(held: readonly Held[] | undefined, isSo: (series: DumpSeries) => boolean, what: string): Evaluation {
  if (held === undefined) return UNKNOWN;
  const found = held.filter(({ series }) => isSo(series));
  const [first] = found;
  if (first === undefined) return { present: false, value: 0 };
  const { problem } = first.series.newest;
  const message = `The newest dump of ${nameOf(first)} ${what}${more(found.length - 1)}.`;
  return {
    present: true,
    value: found.length,
    message,
    evidence: someOf(found.map(({ series: { newest } }) => newest.problem?.message ?? printable(newest.file))),
    ...(problem?.hint === undefined ? {} : { cure: problem.hint }),
  };
}

export function dumpShrunk({ repositories, input }: FindingContext): Evaluation {
  const held = heldIn(repositories, input.sources);
  if (held === undefined) return UNKNOWN;
  const shrunk = held
    .flatMap((one) => {
      const { bytes, beforeBytes } = one.series.shrinkage ?? { bytes: 1, beforeBytes: 1 };
      const isShrunk = bytes < SHRUNK_RATIO * beforeBytes && beforeBytes - bytes >= SHRUNK_BYTES;
      return isShrunk ? [{ ...one, bytes, beforeBytes }] : [];
    })
    .toSorted((a, b) => a.bytes / a.beforeBytes - b.bytes / b.beforeBytes);
  const [worst] = shrunk;
  if (worst === undefined) return { present: false };
  const { bytes, beforeBytes } = worst;
  const message = `The newest dump of ${nameOf(worst)} has ${bytes} bytes, the one before had ${beforeBytes}${more(shrunk.length - 1)}.`;
  return {
    present: true,
    value: bytes,
    threshold: SHRUNK_RATIO * beforeBytes,
    message,
    evidence: someOf(shrunk.map(({ series }) => printable(series.lastGood?.file ?? ''))),
  };
}

export function databaseWithoutDump({ repositories, input }: FindingContext): Evaluation {
  if (heldIn(repositories, input.sources) === undefined) return UNKNOWN;
  const known = repositories.flatMap(({ dumps, input: { name } }) =>
    dumps?.missing === undefined ? [] : [{ name, missing: dumps.missing }],
  );
  if (known.length === 0) return repositories.some(({ dumps }) => dumps !== undefined) ? UNKNOWN : ABSENT;
  const lacking = known.filter(({ missing }) => missing.length > 0);
  const value = new Set(lacking.flatMap(({ missing }) => missing)).size;
  const [first] = lacking;
  if (first === undefined) return { present: false, value };
  const message = `${counted(first.missing.length, 'database')} of the server ${first.missing.length === 1 ? 'has' : 'have'} no good dump in repository ${first.name}.`;
  return { present: true, value, message, evidence: someOf(lacking.flatMap(({ missing }) => missing.map(printable))) };
}

/**
 * The dumps that somebody cares for: not those of databases that the server does not have, or that are excluded.
 * Undefined if there are sources of dumps, but none of these repositories' was read yet.
 */
function heldIn(
  repositories: readonly JudgedRepository[],
  sources: FindingContext['input']['sources'],
): readonly Held[] | undefined {
  const read = repositories.filter(({ dumps }) => dumps !== undefined);
  const names = new Set(repositories.map(({ input }) => input.name));
  if (read.length === 0 && sources.some((one) => one.source === 'dump' && names.has(one.repository))) return undefined;
  return read.flatMap((repository) =>
    (repository.dumps?.series ?? [])
      .filter(({ isWanted }) => isWanted !== false)
      .map((series) => ({ repository, series })),
  );
}

function nameOf({ repository: { input }, series: { scope, datname, newest } }: Held): string {
  const names = { database: `database ${printable(datname ?? '')}`, cluster: 'the cluster', globals: 'the globals' };
  const what =
    scope === 'database' && datname === undefined ? `an unknown database (${printable(newest.file)})` : names[scope];
  return `${what} in repository ${input.name}`;
}

function more(count: number): string {
  return count === 0 ? '' : `; and so it is with ${count} more`;
}
