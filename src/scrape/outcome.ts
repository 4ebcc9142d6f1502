import type { Remark } from '../core/collector.ts';
import type { WalguardError } from '../core/error.ts';
import type { DropReason, SkipReason } from '../core/reasons.ts';

/** What became of one collector in one scrape. */
export type Outcome = CollectorRan | CollectorFailed | CollectorSkipped;

export interface CollectorRan {
  readonly status: 'ok';
  readonly collector: string;
  readonly seconds: number;
  readonly rows: number;
  readonly samples: number;
  readonly dropped: ReadonlyMap<DropReason, number>;
  readonly remarks?: readonly Remark[];
  /** It ran in an earlier scrape, and its result is served again. */
  readonly cached?: boolean;
}

export interface CollectorFailed {
  readonly status: 'failed';
  readonly collector: string;
  readonly seconds: number;
  readonly error: WalguardError;
  /** The server counts as down for it. */
  readonly fatal?: boolean;
}

export interface CollectorSkipped {
  readonly status: 'skipped';
  readonly collector: string;
  readonly reason: SkipReason;
}
