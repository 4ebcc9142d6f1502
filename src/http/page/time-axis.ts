/** A span of time, drawn from left to right. */
export interface TimeAxis {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Where they stand. */
  readonly left: number;
  readonly right: number;
}

/** A mark of an axis with two lines of text. */
export interface Tick {
  readonly x: number;
  readonly text: string;
  /** The day, or the year; empty where it is that of the tick before. */
  readonly below: string;
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const STEPS = [
  1,
  5,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14].map((count) => count * DAY),
] as const;
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 600, 1_200] as const;
const MONTH_SECONDS = 30.4 * DAY;
/** Day 0 of Unix time was a Thursday; weeks begin on Mondays. */
const MONDAY_SECONDS = 4 * DAY;
/** A label may reach as far over the end of the axis. */
const HALF_LABEL = 20;

/** Where a moment stands; at the end that it is beyond. */
export function xOf({ from, to, left, right }: TimeAxis, seconds: number): number {
  const share = (seconds - from) / (to - from);
  return round(left + Math.min(1, Math.max(0, share)) * (right - left));
}

/** Tenths: finer does not show. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Marks at round moments of UTC, no closer to each other than `spacing`. */
export function ticksOf(axis: TimeAxis, spacing: number): readonly Tick[] {
  const most = Math.max(1, Math.floor((axis.right - axis.left) / spacing));
  const wanted = (axis.to - axis.from) / most;
  const step = STEPS.find((one) => one >= wanted);
  const moments = step === undefined ? monthsIn(axis, wanted) : momentsIn(axis, step);
  const shown = moments.filter((moment) => xOf(axis, moment) <= axis.right - HALF_LABEL);
  return shown.map((moment, index) => toTick(axis, moment, { step, before: shown[index - 1] }));
}

function momentsIn({ from, to }: TimeAxis, step: number): readonly number[] {
  const offset = step % (7 * DAY) === 0 ? MONDAY_SECONDS : 0;
  const moments: number[] = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) moments.push(at);
  return moments;
}

function monthsIn({ from, to }: TimeAxis, wanted: number): readonly number[] {
  const step = MONTHS.find((count) => count * MONTH_SECONDS >= wanted) ?? 1_200;
  const begin = new Date(from * 1_000);
  const first = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / step) * step;
  const moments: number[] = [];
  for (let month = first; ; month += step) {
    const at = Date.UTC(Math.floor(month / 12), month % 12) / 1_000;
    if (at > to) return moments;
    if (at >= from) moments.push(at);
  }
}

function toTick(
  axis: TimeAxis,
  moment: number,
  { step, before }: { readonly step: number | undefined; readonly before: number | undefined },
): Tick {
  const [text, below] = texts(moment, step);
  const [, belowBefore] = before === undefined ? [] : texts(before, step);
  return { x: xOf(axis, moment), text, below: below === belowBefore ? '' : below };
}

function texts(moment: number, step: number | undefined): readonly [string, string] {
  const iso = new Date(moment * 1_000).toISOString();
  if (step === undefined) return [iso.slice(0, 7), ''];
  if (step >= DAY) return [iso.slice(5, 10), iso.slice(0, 4)];
  return [iso.slice(11, step < MINUTE ? 19 : 16), iso.slice(0, 10)];
}
