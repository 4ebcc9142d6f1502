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
}

export interface CollectorFailed {
  readonly status: 'failed';
  readonly collector: string;
  readonly seconds: number;
  readonly error: WalguardError;
}

export interface CollectorSkipped {
  readonly status: 'skipped';
  readonly collector: string;
  readonly reason: SkipReason;
}
