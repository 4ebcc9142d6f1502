import { countText, durationText, timeText } from '../../core/words.ts';
import type { StatusDrill, StatusDrills } from '../schema.ts';
import { chartHtml, type Lane } from './chart.ts';
import { html, type Html } from './html.ts';
import { round, type TimeAxis, xOf } from './time-axis.ts';

const HEIGHT = 76;
/** Above what is highest, for its mark. */
const HEADROOM = 1.15;
const MARGIN = 0.03;
const DAY_SECONDS = 86_400;

export interface DrillChartContext {
  /** Unique in the page. */
  readonly id: string;
  /** Unix seconds. */
  readonly now: number;
  /** What the policy allows; null if nothing is asked for. */
  readonly rto: number | null;
}

/** A drill with its moment, Unix seconds. */
interface Placed {
  readonly at: number;
  readonly run: StatusDrill;
}

/** How long each drill took to get to the moment that was wanted, and those that did not get there. */
export function drillChart({ runs }: StatusDrills, { id, now, rto }: DrillChartContext): Html | false {
  const placed = runs.flatMap((run): readonly Placed[] =>
    run.ended_at === null ? [] : [{ at: Date.parse(run.ended_at) / 1_000, run }],
  );
  if (placed.length < 2) return false;
  const oldest = Math.min(now - DAY_SECONDS, ...placed.map(({ at }) => at));
  return chartHtml({
    id,
    from: oldest - (now - oldest) * MARGIN,
    to: now + (now - oldest) * MARGIN,
    now,
    lanes: [timesLane(placed, rto), ...missedLanes(placed)],
    title: 'Recovery times of the drills',
    description: describe(placed, rto),
  });
}

function isMeasured({ run }: Placed): boolean {
  return run.outcome === 'success' && run.rto_seconds !== null;
}

function timesLane(placed: readonly Placed[], rto: number | null): Lane {
  const measured = placed.filter(isMeasured);
  const most = Math.max(0, ...measured.map(({ run }) => run.rto_seconds ?? 0));
  // A limit far above all that was measured would press everything to the ground: it is said, and not drawn.
  const limit = rto !== null && rto <= 4 * most ? rto : null;
  const top = Math.max(most, limit ?? 0, 0.001) * HEADROOM;
  return {
    label: 'recovery time',
    height: HEIGHT,
    draw(axis, begin) {
      const bottom = begin + HEIGHT;
      const yOf = (seconds: number): number => round(bottom - (seconds / top) * HEIGHT);
      return [
        ...measured.map((one) => stemHtml(one, axis, { y: yOf(one.run.rto_seconds ?? 0), bottom, rto })),
        ...(limit === null ? [] : [limitHtml(limit, axis, yOf(limit))]),
      ];
    },
  };
}

interface StemPlace {
  readonly y: number;
  readonly bottom: number;
  readonly rto: number | null;
}

function stemHtml({ at, run }: Placed, axis: TimeAxis, { y, bottom, rto }: StemPlace): Html {
  const x = xOf(axis, at);
  const seconds = run.rto_seconds ?? 0;
  const isOver = rto !== null && seconds > rto;
  const title = `${timeText(run.ended_at)}: ${durationText(seconds)}${isOver ? ', more than the rto allows' : ''}`;
  return html`<g class="drill ${isOver ? 'over' : 'within'}"><title>${title}</title><path d="M${x} ${bottom}V${y}"/><circle cx="${x}" cy="${y}" r="4"/></g>`;
}

function limitHtml(rto: number, { left, right }: TimeAxis, y: number): Html {
  return html`<g class="limit"><path d="M${left} ${y}H${right}"/><text x="${left + 4}" y="${y - 3}">rto ${durationText(rto)}</text></g>`;
}

/** Those without a time: a cross that failed, a ring that was interrupted. */
function missedLanes(placed: readonly Placed[]): readonly Lane[] {
  const missed = placed.filter((one) => !isMeasured(one) && one.run.outcome !== 'success');
  if (missed.length === 0) return [];
  const draw = (axis: TimeAxis, top: number): readonly Html[] =>
    missed.map(({ at, run }) => {
      const [x, y] = [xOf(axis, at), top + 9];
      const title = `${timeText(run.ended_at)}: ${run.outcome}`;
      return run.outcome === 'failed'
        ? html`<g class="drill failed"><title>${title}</title><path d="M${x - 5} ${y - 5}L${x + 5} ${y + 5}M${x + 5} ${y - 5}L${x - 5} ${y + 5}"/></g>`
        : html`<g class="drill interrupted"><title>${title}</title><circle cx="${x}" cy="${y}" r="4"/></g>`;
    });
  return [{ label: 'no success', height: 18, draw }];
}

/** The drawing in words; the table below it has the rest. */
function describe(placed: readonly Placed[], rto: number | null): string {
  const times = placed.filter(isMeasured).map(({ run }) => run.rto_seconds ?? 0);
  const range =
    times.length === 0
      ? 'None measured a recovery time.'
      : `Recovery times from ${durationText(Math.min(...times))} to ${durationText(Math.max(...times))}.`;
  const allowed = rto === null ? '' : ` The rto allows ${durationText(rto)}.`;
  const missed = placed.filter(({ run }) => run.outcome !== 'success').length;
  return `${countText(placed.length, 'drill')}, ${missed} without success. ${range}${allowed}`;
}
