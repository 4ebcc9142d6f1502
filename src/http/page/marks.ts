import { html, type Html } from './html.ts';
import { type TimeAxis, xOf } from './time-axis.ts';

/** Something that is at one moment. */
export interface Moment {
  /** Unix seconds. */
  readonly at: number;
  readonly title: string;
}

export interface MarkStyle {
  readonly shape: 'square' | 'diamond' | 'triangle' | 'cross';
  /** Of the style sheet. */
  readonly kind: string;
}

/** Marks that stand together, at the place of the first. */
export interface Cluster {
  readonly x: number;
  readonly moments: readonly Moment[];
}

/** Closer to each other, marks with their numbers would cover one another. */
const APART = 32;
const SIZE = 6;

/** Puts together what would overlap, so that no two clusters are closer than what a mark and its number take. */
export function clustersOf(moments: readonly Moment[], axis: TimeAxis): readonly Cluster[] {
  const clusters: { readonly x: number; readonly moments: Moment[] }[] = [];
  for (const moment of moments.toSorted((a, b) => a.at - b.at)) {
    const x = xOf(axis, moment.at);
    const last = clusters.at(-1);
    if (last !== undefined && x - last.x < APART) last.moments.push(moment);
    else clusters.push({ x, moments: [moment] });
  }
  return clusters;
}

/** @param middle of the lane */
export function marksHtml(
  moments: readonly Moment[],
  axis: TimeAxis,
  { shape, kind, middle }: MarkStyle & { readonly middle: number },
): readonly Html[] {
  return clustersOf(moments, axis).map(({ x, moments: held }) => {
    const title =
      held.length === 1 ? (held[0]?.title ?? '') : `${held.length}: ${held.map((one) => one.title).join('; ')}`;
    const count =
      held.length > 1 && html`<text class="count" x="${x + SIZE + 2}" y="${middle + 4}">${countOf(held.length)}</text>`;
    return html`<g class="${kind}"><title>${title.slice(0, 500)}</title><path d="${pathOf(shape, x, middle)}"/>${count}</g>`;
  });
}

/** Three characters fit between two marks. */
function countOf(count: number): string {
  return count > 99 ? '99+' : `×${count}`;
}

/** Each type has a shape of its own: the colour alone would say nothing to some. */
function pathOf(shape: MarkStyle['shape'], x: number, y: number): string {
  const near = { left: x - SIZE + 1, right: x + SIZE - 1, top: y - SIZE + 1, bottom: y + SIZE - 1 };
  if (shape === 'square') return `M${near.left} ${near.top}H${near.right}V${near.bottom}H${near.left}Z`;
  if (shape === 'diamond') return `M${x} ${y - SIZE}L${x + SIZE} ${y}L${x} ${y + SIZE}L${x - SIZE} ${y}Z`;
  if (shape === 'triangle') return `M${x} ${y - SIZE}L${x + SIZE} ${near.bottom}H${x - SIZE}Z`;
  return `M${near.left} ${near.top}L${near.right} ${near.bottom}M${near.right} ${near.top}L${near.left} ${near.bottom}`;
}
