import type { Remark } from '../core/collector.ts';
import type { WalguardError } from '../core/error.ts';
import type { DropReason, SkipReason } from '../core/reasons.ts';

/** What became of one collector in one scrape. */
export type Outcome = CollectorRan | CollectorFailed | CollectorSkipped;

/** Whose outcome it is. */
export interface Ran {
  readonly collector: string;
  /** The one of several databases in which it ran; undefined for what runs once a server. */
  readonly database?: string;
}

export interface CollectorRan extends Ran {
  readonly status: 'ok';
  readonly seconds: number;
  readonly rows: number;
  readonly samples: number;
  readonly dropped: ReadonlyMap<DropReason, number>;
  readonly remarks?: readonly Remark[];
  /** It ran in an earlier scrape, and its result is served again. */
  readonly cached?: boolean;
}

export interface CollectorFailed extends Ran {
  readonly status: 'failed';
  readonly seconds: number;
  readonly error: WalguardError;
  /** The server counts as down for it. */
  readonly fatal?: boolean;
}

export interface CollectorSkipped extends Ran {
  readonly status: 'skipped';
  readonly reason: SkipReason;
}
