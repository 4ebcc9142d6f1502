import { countText, durationText, timeText } from '../../core/words.ts';
import type { StatusRepository } from '../schema.ts';
import { type Bar, barHtml, chartHtml, type Lane } from './chart.ts';
import type { Html } from './html.ts';
import { type MarkStyle, marksHtml, type Moment } from './marks.ts';

/** Older ones are in the table. */
const MOST_TIMELINES = 4;
/** Space for the present, and in front of what is oldest. */
const MARGIN = 0.02;
const LEAST_SPAN_SECONDS = 60;

type StatusBackup = StatusRepository['backups'][number];
type Gap = StatusRepository['gaps'][number];

export interface ChartContext {
  /** Unique in the page. */
  readonly id: string;
  /** Unix seconds. */
  readonly now: number;
  /** Where the axis begins; undefined for as early as anything that is shown. */
  readonly since?: number;
}

/** What was backed up, which WAL is there and which is not, and what can be restored. */
export function repositoryChart(repository: StatusRepository, { id, now, since }: ChartContext): Html {
  const from = since ?? oldestMoment(repository, now);
  const span = Math.max(LEAST_SPAN_SECONDS, now - from);
  return chartHtml({
    id,
    from: now - span * (1 + MARGIN),
    to: now + span * MARGIN,
    now,
    lanes: [windowLane(repository, now), ...walLanes(repository), ...backupLanes(repository, now)],
    title: `Timeline of repository ${repository.name}`,
    description: describe(repository),
  });
}

/** Where the axis begins that shows everything. Unix seconds. */
export function oldestMoment({ backups, windows, gaps, archive }: StatusRepository, now: number): number {
  const times = [
    ...backups.map(({ stopped_at: at }) => at),
    ...windows.map(({ earliest_at: at }) => at),
    ...gaps.map(({ after_at: at }) => at),
    ...(archive?.spans ?? []).map(({ from_at: at }) => at),
  ];
  return times.reduce((oldest, time) => (time === null ? oldest : Math.min(oldest, secondsOf(time))), now);
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1_000;
}

/** The last window is the newest; the others end at a gap or lead into a branch that was left. */
function windowLane({ windows }: StatusRepository, now: number): Lane {
  const bars = windows.map((window, index): Bar => {
    const { earliest_at: from, latest_at: to, timeline, latest_lsn: lsn } = window;
    const begin = from === null ? now : secondsOf(from);
    const end = to === null ? Math.max(begin, now) : secondsOf(to);
    const until = to === null ? `${lsn}, at an unknown time` : timeText(to);
    const isNewest = index === windows.length - 1;
    return {
      from: begin,
      to: end,
      kind: `window ${isNewest ? 'newest' : ''} ${to === null ? 'open' : ''}`,
      title: `restorable: ${timeText(from)} to ${until}, timeline ${timeline}`,
      text: durationText(end - begin),
    };
  });
  return lane('restorable', 22, bars, 3);
}

function lane(label: string, height: number, bars: readonly Bar[], leastWidth: number): Lane {
  return {
    label,
    height,
    draw: (axis, top) =>
      bars
        .filter(({ to }) => to >= axis.from)
        .map((bar) => barHtml(bar, axis, { top: top + 2, height: height - 4, leastWidth })),
  };
}

function walLanes({ archive, gaps }: StatusRepository): readonly Lane[] {
  const spans = archive?.spans ?? [];
  const timelines = [...new Set([...spans, ...gaps].map(({ timeline }) => timeline))].toSorted((a, b) => a - b);
  return timelines.slice(-MOST_TIMELINES).map((timeline) => {
    const held = spans
      .filter((span) => span.timeline === timeline)
      .flatMap(({ from_at: from, to_at: to, segments, first_file: first, last_file: last }): readonly Bar[] => {
        if (from === null || to === null) return [];
        const title = `${countText(segments, 'segment')} in the archive: ${first} to ${last}`;
        return [{ from: secondsOf(from), to: secondsOf(to), kind: 'wal', title }];
      });
    const missing = gaps.filter((gap) => gap.timeline === timeline).flatMap(gapBar);
    return walLane(`WAL, timeline ${timeline}`, held, missing);
  });
}

function walLane(label: string, held: readonly Bar[], missing: readonly Bar[]): Lane {
  const [wal, gaps] = [lane(label, 18, held, 2), lane(label, 18, missing, 7)];
  return { ...wal, draw: (axis, top) => [...wal.draw(axis, top), ...gaps.draw(axis, top)] };
}

function gapBar(gap: Gap): readonly Bar[] {
  const { after_at: after, before_at: before, accepted } = gap;
  const at = before ?? after;
  if (at === null) return [];
  return [
    {
      from: secondsOf(after ?? at),
      to: secondsOf(at),
      kind: accepted ? 'gap accepted' : 'gap',
      title: gapText(gap),
      text: accepted ? 'accepted' : 'gap',
    },
  ];
}

function gapText({ first_file: first, last_file: last, segments, accepted }: Gap): string {
  const names = first === last ? first : `${first} to ${last}`;
  return `missing: ${names} (${countText(segments, 'segment')}${accepted ? ', accepted' : ''})`;
}

const SHAPES: Readonly<Record<StatusBackup['type'], MarkStyle['shape']>> = {
  full: 'square',
  differential: 'diamond',
  incremental: 'triangle',
};

function backupLanes({ backups, running }: StatusRepository, now: number): readonly Lane[] {
  const usable = (['full', 'differential', 'incremental'] as const).flatMap((type) => {
    const held = backups.filter((backup) => backup.type === type && backup.recoverability !== 'broken');
    return held.length === 0 ? [] : [markLane(type, held, { shape: SHAPES[type], kind: 'backup' })];
  });
  const broken = backups.filter(({ recoverability }) => recoverability === 'broken');
  const bars = (running ?? []).map(({ started_at: at, method }): Bar => {
    return { from: at === null ? now : secondsOf(at), to: now, kind: 'running', title: `a backup of ${method} runs` };
  });
  return [
    ...usable,
    ...(broken.length === 0 ? [] : [markLane('cannot be used', broken, { shape: 'cross', kind: 'backup broken' })]),
    ...(bars.length === 0 ? [] : [lane('backup running', 14, bars, 4)]),
  ];
}

function markLane(label: string, backups: readonly StatusBackup[], style: MarkStyle): Lane {
  const moments = backups.flatMap(({ label: name, type, stopped_at: at, recoverability }): readonly Moment[] => {
    const title = `${type} backup ${name}, ended ${timeText(at)}: ${recoverability}`;
    return at === null ? [] : [{ at: secondsOf(at), title }];
  });
  return {
    label,
    height: 18,
    draw(axis, top) {
      const shown = moments.filter(({ at }) => at >= axis.from);
      return marksHtml(shown, axis, { ...style, middle: top + 9 });
    },
  };
}

/** The drawing in words; the tables below it have the rest. */
function describe({ backups, windows, gaps }: StatusRepository): string {
  const newest = windows.at(-1);
  const usable = backups.filter(({ recoverability }) => recoverability !== 'broken').length;
  const missing = gaps.filter(({ accepted }) => !accepted).length;
  const restorable =
    newest === undefined
      ? 'No span of time can be restored.'
      : `Any moment from ${timeText(newest.earliest_at)} to ${timeText(newest.latest_at)} can be restored.`;
  return [
    restorable,
    `${countText(usable, 'backup')} can be used, ${backups.length - usable} cannot.`,
    `${countText(missing, 'gap')} in the WAL, and ${gaps.length - missing} that were accepted.`,
  ].join(' ');
}
