import { html, type Html } from './html.ts';
import { round, ticksOf, type TimeAxis, xOf } from './time-axis.ts';

/** One line of a chart: what it is called, and what is drawn in it. */
export interface Lane {
  readonly label: string;
  readonly height: number;
  /** @param top of the lane */
  readonly draw: (axis: TimeAxis, top: number) => readonly Html[];
}

export interface Chart {
  /** Unique in the page. */
  readonly id: string;
  /** Of the axis, Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** The present, if a line is to be drawn for it. */
  readonly now: number | undefined;
  readonly lanes: readonly Lane[];
  readonly title: string;
  /** All of it in words. */
  readonly description: string;
}

/** How a chart is laid out: wide with labels beside the lanes, or for a phone with labels above them. */
interface Layout {
  readonly name: 'wide' | 'narrow';
  readonly width: number;
  readonly gutter: number;
  /** Of a label above its lane. */
  readonly labelHeight: number;
  readonly tickSpacing: number;
}

const LAYOUTS: readonly Layout[] = [
  { name: 'wide', width: 1_000, gutter: 128, labelHeight: 0, tickSpacing: 84 },
  { name: 'narrow', width: 340, gutter: 4, labelHeight: 15, tickSpacing: 76 },
];
const RIGHT = 26;
const TOP = 20;
const LANE_GAP = 8;
const AXIS_HEIGHT = 34;

/** Twice, of which the width of the page shows one: text that grows and shrinks with a drawing is not readable. */
export function chartHtml(chart: Chart): Html {
  return html`<div class="chart">\n${LAYOUTS.map((layout) => svgOf(chart, layout))}</div>\n`;
}

function svgOf(chart: Chart, layout: Layout): Html {
  const { width, gutter, labelHeight } = layout;
  const axis = { from: chart.from, to: chart.to, left: gutter, right: width - RIGHT };
  const id = `${chart.id}-${layout.name}`;
  let top = TOP;
  const lanes = chart.lanes.map((lane) => {
    const drawn = laneHtml(lane, { axis, layout, top });
    top += labelHeight + lane.height + LANE_GAP;
    return drawn;
  });
  const height = top + AXIS_HEIGHT;
  return html`<svg class="${layout.name}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-text">
<title id="${id}-title">${chart.title}</title>
<desc id="${id}-text">${chart.description}</desc>
${axisHtml(axis, { layout, bottom: top })}
${lanes}${nowHtml(chart.now, axis, top)}</svg>\n`;
}

interface Place {
  readonly axis: TimeAxis;
  readonly layout: Layout;
  readonly top: number;
}

function laneHtml({ label, height, draw }: Lane, { axis, layout, top }: Place): Html {
  const begin = top + layout.labelHeight;
  const text =
    layout.labelHeight === 0
      ? html`<text class="lane" x="${layout.gutter - 10}" y="${begin + height / 2 + 4}" text-anchor="end">${label}</text>`
      : html`<text class="lane" x="${layout.gutter}" y="${top + 10}">${label}</text>`;
  const back = html`<rect class="track" x="${axis.left}" y="${begin}" width="${axis.right - axis.left}" height="${height}"/>`;
  return html`<g>${text}${back}${draw(axis, begin)}</g>\n`;
}

function axisHtml(axis: TimeAxis, { layout, bottom }: { readonly layout: Layout; readonly bottom: number }): Html {
  const ticks = ticksOf(axis, layout.tickSpacing);
  return html`<g class="axis"><path d="M${axis.left} ${bottom}H${axis.right}"/>${ticks.map(
    ({ x, text, below }) =>
      html`<path class="grid" d="M${x} ${TOP - 4}V${bottom}"/><text x="${x}" y="${bottom + 14}" text-anchor="${anchorOf(x, axis)}">${text}</text>${
        below !== '' &&
        html`<text class="below" x="${x}" y="${bottom + 28}" text-anchor="${anchorOf(x, axis)}">${layout.name === 'narrow' ? shortDay(below) : below}</text>`
      }`,
  )}</g>`;
}

/** A phone has no room for the year of a day. */
function shortDay(text: string): string {
  return text.length === 10 ? text.slice(5) : text;
}

/** Where there is no room in front of it, a label begins at its mark. */
function anchorOf(x: number, { left }: TimeAxis): string {
  return x - left < 32 && left < 32 ? 'start' : 'middle';
}

function nowHtml(now: number | undefined, axis: TimeAxis, bottom: number): Html | false {
  if (now === undefined) return false;
  const x = xOf(axis, now);
  return html`<g class="now"><path d="M${x} ${TOP - 6}V${bottom}"/><text x="${x}" y="${TOP - 9}" text-anchor="middle">now</text></g>\n`;
}

export interface Bar {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Of the style sheet. */
  readonly kind: string;
  /** What it says when it is pointed at. */
  readonly title: string;
  /** Written into it where there is room. */
  readonly text?: string;
}

export interface BarPlace {
  readonly top: number;
  readonly height: number;
  /** No bar is drawn narrower: a gap of one second among months is still a gap. */
  readonly leastWidth: number;
}

const CHARACTER_WIDTH = 6.6;

export function barHtml({ from, to, kind, title, text = '' }: Bar, axis: TimeAxis, place: BarPlace): Html {
  const begin = xOf(axis, from);
  const end = xOf(axis, to);
  const width = round(Math.max(place.leastWidth, end - begin));
  // What is widened stays around its middle, and on the axis.
  const x = round(Math.max(axis.left, Math.min(axis.right - width, (begin + end - width) / 2)));
  const hasRoom = text !== '' && width > text.length * CHARACTER_WIDTH + 8;
  const middle = place.top + place.height / 2 + 4;
  return html`<g class="${kind}"><title>${title}</title><rect x="${x}" y="${place.top}" width="${width}" height="${place.height}"/>${
    hasRoom && html`<text x="${round(x + width / 2)}" y="${middle}" text-anchor="middle">${text}</text>`
  }</g>`;
}
