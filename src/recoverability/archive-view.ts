import type { ArchiveContents } from '../core/catalogue.ts';
import type { RepositoryInput, ServerView } from '../core/recoverability.ts';
import { DEFAULT_SEGMENT_BYTES, type SegmentNumber, segmentOf } from '../core/segments.ts';
import { type Coverage, coverageOf, type TimelineRuns } from './coverage.ts';
import { type Path, pathTo } from './paths.ts';
import { runsOf } from './runs.ts';

/** What an archive holds, made ready for questions. */
export interface ArchiveView {
  readonly contents: ArchiveContents;
  readonly segmentBytes: number;
  readonly runs: ReadonlyMap<number, TimelineRuns>;
  /** To the timeline of the server, as far as the archive knows it, else to the newest one. */
  readonly main: Path;
  /** All timelines that one can recover to. */
  readonly paths: readonly Path[];
  readonly coverageOf: (path: Path) => Coverage;
  /** Timelines with WAL, but without the file that tells where they begin. */
  readonly unplaced: readonly number[];
  readonly orphanSegments: number;
}

/** Undefined if there is no archive, or it was never read. */
export function viewArchive({ archive }: RepositoryInput, server: ServerView | undefined): ArchiveView | undefined {
  if (archive === undefined) return undefined;
  const segmentBytes = archive.segmentBytes ?? server?.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
  const runs = new Map(
    archive.timelines.map(({ timeline, segments, times }) => [timeline, { runs: runsOf(segments), times }]),
  );
  const held = archive.timelines.filter(({ segments }) => segments.length > 0).map(({ timeline }) => timeline);
  const known = [...new Set([...held, ...archive.histories.keys()])].toSorted((a, b) => a - b);
  const toPath = (timeline: number): Path => pathTo(timeline, archive.histories.get(timeline) ?? [], segmentBytes);
  const paths = known.map(toPath);
  const newest = mainTimeline(known, sameCluster(archive, server) ? server?.timeline : undefined);
  const main = paths.find(({ timeline }) => timeline === newest) ?? toPath(newest);
  const unplaced = held.filter((timeline) => timeline > 1 && !archive.histories.has(timeline));
  const orphanSegments = countOrphans(archive, main, segmentBytes);
  const coverages = new Map<Path, Coverage>();
  return {
    contents: archive,
    segmentBytes,
    runs,
    main,
    paths,
    unplaced,
    orphanSegments,
    coverageOf(path) {
      const coverage = coverages.get(path) ?? coverageOf(path, runs, segmentBytes);
      coverages.set(path, coverage);
      return coverage;
    },
  };
}

/** The archive's segments are not those of another cluster, as far as is known. */
export function sameCluster(
  archive: ArchiveContents,
  server: Pick<ServerView, 'systemIdentifier'> | undefined,
): boolean {
  const { systemIdentifier } = archive;
  return systemIdentifier === undefined || (server?.systemIdentifier ?? systemIdentifier) === systemIdentifier;
}

/** A restored copy may have begun a newer timeline and archived it: what counts is where the server is. */
function mainTimeline(known: readonly number[], ofServer: number | undefined): number {
  const reached = ofServer === undefined ? undefined : known.findLast((timeline) => timeline <= ofServer);
  return reached ?? known.at(-1) ?? ofServer ?? 1;
}

/** Segments of branches that were left; none while it is not known where the main timeline comes from. */
function countOrphans({ timelines, histories }: ArchiveContents, main: Path, segmentBytes: number): number {
  if (main.timeline > 1 && !histories.has(main.timeline)) return 0;
  let count = 0;
  for (const { timeline, segments } of timelines) {
    const piece = main.pieces.find((one) => one.timeline === timeline);
    if (piece === undefined) count += histories.has(timeline) || timeline === 1 ? segments.length : 0;
    // The segment with the switch stays of use: it stands in for the child's while that is not there.
    else if (piece.end !== undefined) count += countFrom(segments, segmentOf(piece.end - 1n, segmentBytes) + 1);
  }
  return count;
}

function countFrom(segments: Float64Array, first: SegmentNumber): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] ?? Infinity) < first) low = middle + 1;
    else high = middle;
  }
  return segments.length - low;
}
