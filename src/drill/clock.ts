import { setTimeout as sleep } from 'node:timers/promises';

import type { DrillPhase } from '../core/drill-report.ts';
import { asWalguardError, WalguardError } from '../core/error.ts';
import { durationText } from '../core/words.ts';
import type { PhaseEvent } from './machine.ts';

/** How a phase ended. */
export interface PhaseEnd {
  readonly event: PhaseEvent;
  readonly seconds: number;
  /** Undefined if it did what it should. */
  readonly error: WalguardError | undefined;
}

/** The longest that a timer waits. */
const LONGEST_MS = 2 ** 31 - 1;
/** What was told to stop may finish what it is at; who does not obey is left behind. */
const GRACE_MS = 10_000;

export interface PhaseLimits {
  readonly limitSeconds: number;
  readonly stop: AbortSignal;
}

/** Runs a phase until it ends by itself, its time is over, or the drill is stopped. Never rejects. */
export async function runPhase(
  phase: DrillPhase,
  { limitSeconds, stop }: PhaseLimits,
  run: (signal: AbortSignal) => Promise<'done' | 'settings'>,
): Promise<PhaseEnd> {
  const started = performance.now();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.min(limitSeconds * 1_000, LONGEST_MS));
  const signal = AbortSignal.any([stop, late.signal]);
  const seconds = (): number => (performance.now() - started) / 1_000;
  try {
    const event = await unlessLeftBehind(run(signal), signal);
    return { event, seconds: seconds(), error: undefined };
  } catch (thrown) {
    if (stop.aborted) return { event: 'interrupted', seconds: seconds(), error: interrupted(phase, stop) };
    if (late.signal.aborted) return { event: 'too_late', seconds: seconds(), error: tooLate(phase, limitSeconds) };
    return { event: 'failed', seconds: seconds(), error: asWalguardError(thrown) };
  } finally {
    clearTimeout(timer);
  }
}

function unlessLeftBehind<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    const leave = (): void =>
      void sleep(GRACE_MS, undefined, { signal: settled.signal, ref: false }).then(
        () => reject(new Error('it did not stop')),
        () => undefined,
      );
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    running.then(resolve, reject).finally(() => {
      settled.abort();
      signal.removeEventListener('abort', leave);
    });
  });
}

function interrupted(phase: DrillPhase, { reason }: AbortSignal): WalguardError {
  const by = typeof reason === 'string' ? ` by ${reason}` : '';
  return new WalguardError('DRILL_INTERRUPTED', `the drill was stopped${by} in the phase ${phase}`, {
    hint: 'Start it again.',
  });
}

function tooLate(phase: DrillPhase, limitSeconds: number): WalguardError {
  const message = `the phase ${phase} was not over after ${durationText(limitSeconds)}`;
  return new WalguardError('DRILL_TIME_LIMIT', message, {
    hint: `See what kept it in the log of the report. If it is only slow, raise drills.time_limits.${phase}.`,
  });
}
