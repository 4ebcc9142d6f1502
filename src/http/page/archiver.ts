import { durationText, timeText } from '../../core/words.ts';
import type { StatusDocument } from '../schema.ts';
import { barHtml, type Bar, chartHtml } from './chart.ts';
import { html, type Html } from './html.ts';
import { badge, detailsHtml, moreHtml, tableHtml, timeHtml, type Tone } from './parts.ts';

type State = StatusDocument['archiver_states'][number];

const DAY_SECONDS = 86_400;
const MOST_ROWS = 20;

/** What is not in it is bad. */
const TONES: Readonly<Partial<Record<string, Tone>>> = {
  ok: 'good',
  disabled: 'neutral',
  standby: 'neutral',
  lagging: 'warning',
  not_configured: 'warning',
};

/** The state of the archiver now and over the last day, as far as walguard saw it. */
export function archiverHtml(status: StatusDocument): Html {
  const { archiver_states: states, archiver_states_omitted: omitted, assessed_at: at } = status;
  const now = Date.parse(at) / 1_000;
  const [first, last] = [states[0], states.at(-1)];
  const heading = html`<h2 id="archiver">Archiver over the last day</h2>\n`;
  if (first === undefined || last === undefined)
    return html`<section aria-labelledby="archiver">\n${heading}<p>Not known: the server was not asked yet.</p>\n</section>\n`;
  return html`<section aria-labelledby="archiver">
${heading}<p>${badge(toneOf(last.state), last.state)} since ${timeHtml(last.from_at)}${sinceText(first, omitted, now)}</p>
${dayChart(states, last, now)}${changesHtml(states, omitted)}</section>\n`;
}

function dayChart(states: readonly State[], last: State, now: number): Html {
  return chartHtml({
    id: 'archiver-chart',
    from: now - DAY_SECONDS,
    to: now,
    now: undefined,
    lanes: [
      {
        label: 'archiver',
        height: 26,
        draw: (axis, top) =>
          states.map((state) => barHtml(toBar(state), axis, { top: top + 2, height: 22, leastWidth: 3 })),
      },
    ],
    title: 'States of the archiver over the last 24 hours',
    description: `Now ${last.state}, since ${timeText(last.from_at)}.`,
  });
}

function changesHtml(states: readonly State[], omitted: number): Html {
  const shown = states.toReversed().slice(0, MOST_ROWS);
  return detailsHtml(
    'archiver-states',
    'Changes of state',
    html`${tableHtml({
      caption: 'States, the newest first',
      columns: [
        { head: 'state', cell: ({ state }) => badge(toneOf(state), state) },
        { head: 'seen from', cell: ({ from_at: from }) => timeHtml(from) },
        { head: 'to', cell: ({ to_at: to }) => timeHtml(to) },
        { head: 'for', cell: lengthOf },
      ],
      rows: shown,
    })}${moreHtml(states.length + omitted - shown.length, 'older states')}`,
  );
}

function toneOf(state: string): Tone {
  return TONES[state] ?? 'bad';
}

function secondsOf(time: string | null): number {
  return time === null ? 0 : Date.parse(time) / 1_000;
}

function lengthOf({ from_at: from, to_at: to }: State): string {
  return durationText(secondsOf(to) - secondsOf(from));
}

function toBar(state: State): Bar {
  const { state: text, from_at: from, to_at: to } = state;
  const title = `${text} from ${timeText(from)}, for ${lengthOf(state)}`;
  return { from: secondsOf(from), to: secondsOf(to), kind: `state ${toneOf(text)}`, title, text };
}

/** What was before walguard started, nobody knows. */
function sinceText(first: State, omitted: number, now: number): Html | false {
  const isWhole = now - secondsOf(first.from_at) >= DAY_SECONDS;
  return !isWhole && omitted === 0 && html`; known since ${timeHtml(first.from_at)}, when walguard first saw it`;
}
