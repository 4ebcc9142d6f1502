import type { Finding } from './figures.ts';
import type { SubjectName } from './subject.ts';

/** A point of the plot: samples of the page, and the median latency, ms. */
interface Point {
  readonly samples: number;
  readonly ms: number;
}

const WIDTH = 720;
const HEIGHT = 440;
const MARGIN = { left: 70, right: 150, top: 30, bottom: 50 } as const;
/** Told apart without colours too, by their names at the end of each line. */
const COLOURS: Readonly<Record<SubjectName, string>> = {
  walguard: '#1b7f4d',
  pg_exporter: '#b3541e',
  postgres_exporter: '#3455a4',
  'bare client': '#777777',
  'bare page': '#999999',
};

/** Draws latency over samples, both axes by powers of ten; undefined where no two points are to be seen. */
export function drawGrowth(findings: readonly Finding[]): string | undefined {
  const lines = linesOf(findings);
  const points = [...lines.values()].flat();
  if (points.length < 2) return undefined;
  const x = axis(
    points.map(({ samples }) => samples),
    MARGIN.left,
    WIDTH - MARGIN.right,
  );
  const y = axis(
    points.map(({ ms }) => ms),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const parts = [
    ...x.powers.map((power) => verticalLine(x.place(power), power)),
    ...y.powers.map((power) => horizontalLine(y.place(power), power)),
    ...[...lines].map(([subject, of]) =>
      curve(
        subject,
        of.map(({ samples, ms }) => [x.place(samples), y.place(ms)]),
      ),
    ),
    text({ x: MARGIN.left, y: MARGIN.top - 12, anchor: 'start' }, 'ms (p50), local'),
    text({ x: (WIDTH - MARGIN.right + MARGIN.left) / 2, y: HEIGHT - 10, anchor: 'middle' }, 'samples of the page'),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>Latency of a scrape over the samples of its page</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

/** The bare client makes no page; what it takes is drawn at the samples that walguard makes of the same rows. */
function linesOf(findings: readonly Finding[]): ReadonlyMap<SubjectName, readonly Point[]> {
  const growth = findings.filter(({ scenario, delayMs }) => scenario === 'growth' && delayMs === 0);
  const lines = new Map<SubjectName, readonly Point[]>();
  for (const { subject, tables, latencyMs, samples } of growth) {
    const page = samples ?? growth.find((each) => each.subject === 'walguard' && each.tables === tables)?.samples;
    if (page === undefined) continue;
    lines.set(subject, [...(lines.get(subject) ?? []), { samples: page, ms: latencyMs.p50 }]);
  }
  return lines;
}

interface Axis {
  readonly powers: readonly number[];
  readonly place: (value: number) => number;
}

function axis(values: readonly number[], from: number, to: number): Axis {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    powers: Array.from({ length: most - least + 1 }, (_, index) => 10 ** (least + index)),
    place: (value) => from + ((Math.log10(value) - least) / (most - least)) * (to - from),
  };
}

function curve(subject: SubjectName, places: readonly (readonly [number, number])[]): string {
  const [endX, endY] = places.at(-1) ?? [0, 0];
  const path = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const colour = COLOURS[subject];
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...places.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`),
    text({ x: endX + 8, y: endY + 4, anchor: 'start', colour }, subject),
  ].join('\n');
}

function verticalLine(x: number, value: number): string {
  const bottom = HEIGHT - MARGIN.bottom;
  return `<line x1="${x}" y1="${MARGIN.top}" x2="${x}" y2="${bottom}" stroke="#dddddd"/>${text({ x, y: bottom + 18, anchor: 'middle' }, label(value))}`;
}

function horizontalLine(y: number, value: number): string {
  const right = WIDTH - MARGIN.right;
  return `<line x1="${MARGIN.left}" y1="${y}" x2="${right}" y2="${y}" stroke="#dddddd"/>${text({ x: MARGIN.left - 8, y: y + 4, anchor: 'end' }, label(value))}`;
}

function label(value: number): string {
  return value >= 1_000 ? `${value / 1_000},000` : String(value);
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly colour?: string;
}

function text({ x, y, anchor, colour = '#333333' }: Place, words: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;
}
