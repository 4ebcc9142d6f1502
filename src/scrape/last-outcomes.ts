import type { SkipReason } from '../core/reasons.ts';
import type { Outcome } from './outcome.ts';

/** What became of one collector when it last ran, in all its databases together. */
export interface LastOutcome {
  readonly collector: string;
  /** Failed if it did in one of them, skipped if it ran in none. */
  readonly status: Outcome['status'];
  /** Unix seconds by walguard's clock. */
  readonly atSeconds: number;
  /** The longest of its runs; undefined if it was skipped. */
  readonly seconds: number | undefined;
  /** How often it ran, or was to run: once a server, or once a database. */
  readonly runs: number;
  readonly failed: number;
  /** Of the first run that was skipped. */
  readonly skipReason: SkipReason | undefined;
  /** Of the first run that failed, without secrets. */
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | undefined } | undefined;
}

/** Keeps the last outcome of each collector. */
export interface LastOutcomes {
  readonly take: (outcomes: readonly Outcome[]) => void;
  /** By name. */
  readonly list: () => readonly LastOutcome[];
}

/** @param wallSeconds walguard's clock, Unix seconds */
export function createLastOutcomes(wallSeconds = (): number => Date.now() / 1_000): LastOutcomes {
  const last = new Map<string, LastOutcome>();
  return {
    take(outcomes) {
      const atSeconds = wallSeconds();
      const byCollector = new Map<string, Outcome[]>();
      for (const outcome of outcomes) {
        const others = byCollector.get(outcome.collector);
        if (others === undefined) byCollector.set(outcome.collector, [outcome]);
        else others.push(outcome);
      }
      for (const [collector, all] of byCollector) last.set(collector, together(collector, all, atSeconds));
    },
    list: () => [...last.values()].toSorted((a, b) => (a.collector < b.collector ? -1 : 1)),
  };
}

function together(collector: string, outcomes: readonly Outcome[], atSeconds: number): LastOutcome {
  const failed = outcomes.filter((outcome) => outcome.status === 'failed');
  const skipped = outcomes.find((outcome) => outcome.status === 'skipped');
  const ran = outcomes.filter((outcome) => outcome.status !== 'skipped');
  const error = failed[0]?.error;
  return {
    collector,
    status: failed.length > 0 ? 'failed' : ran.length > 0 ? 'ok' : 'skipped',
    atSeconds,
    seconds: ran.length === 0 ? undefined : Math.max(...ran.map(({ seconds }) => seconds)),
    runs: outcomes.length,
    failed: failed.length,
    skipReason: skipped?.reason,
    error: error === undefined ? undefined : { code: error.code, message: error.message, hint: error.hint },
  };
}
