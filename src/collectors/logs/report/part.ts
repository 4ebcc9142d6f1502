import type { LogRecord } from '../../../core/log-record.ts';
import type { LogEvent } from '../event-kinds.ts';
import type { Counts } from './document.ts';

/** A message with what it says has happened, if anything counts it. */
export interface ReadMessage {
  readonly record: LogRecord;
  readonly event: LogEvent | undefined;
}

/** A section of the report as it grows. */
export interface Part<T> {
  readonly add: (message: ReadMessage) => void;
  /** @param top the most entries of a list */
  readonly report: (top: number) => T;
}

/** Sums of milliseconds and thousandths of seconds, without what adding them as binary fractions left. */
export function rounded(value: number): number {
  return Number(value.toFixed(6));
}

export function zeros(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name) => [name, 0]));
}

export function increase(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

/** @param top the most frequent that are told; all by default */
export function countsOf(counts: ReadonlyMap<string, number>, top = counts.size): Counts {
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a).slice(0, top));
}

/** RFC 3339 in UTC. */
export function timeOf(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
