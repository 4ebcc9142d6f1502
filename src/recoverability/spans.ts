import type { WalSpan } from '../core/picture.ts';
import type { ArchiveSummary } from '../core/recoverability.ts';
import { segmentName } from '../core/segments.ts';
import type { ArchiveView } from './archive-view.ts';
import type { TimelineRuns } from './coverage.ts';
import type { Run } from './runs.ts';

/** An archive may have a hole behind every other segment. */
const MOST_OF_A_TIMELINE = 100;

/** What an archive holds without a hole, of each timeline the newest. */
export function spansOf({ runs, segmentBytes }: ArchiveView): Required<Pick<ArchiveSummary, 'spans' | 'olderSpans'>> {
  const spans: WalSpan[] = [];
  let olderSpans = 0;
  for (const timeline of [...runs.keys()].toSorted((a, b) => a - b)) {
    const held = runs.get(timeline);
    if (held === undefined) continue;
    const shown = held.runs.slice(-MOST_OF_A_TIMELINE);
    spans.push(...shown.map((run) => toSpan(run, { timeline, held, segmentBytes })));
    olderSpans += held.runs.length - shown.length;
  }
  return { spans, olderSpans };
}

interface SpanContext {
  readonly timeline: number;
  readonly held: TimelineRuns;
  readonly segmentBytes: number;
}

function toSpan({ first, last, index }: Run, { timeline, held, segmentBytes }: SpanContext): WalSpan {
  const [begin = 0, end = 0] = [held.times[index], held.times[index + last - first]];
  return {
    timeline,
    first,
    last,
    firstName: segmentName(timeline, first, segmentBytes),
    lastName: segmentName(timeline, last, segmentBytes),
    // A segment that was copied later, to fill a hole, is newer than the one behind it.
    fromSeconds: Math.min(begin, end),
    toSeconds: Math.max(begin, end),
  };
}
