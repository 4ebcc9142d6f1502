import type { Finding } from '../../core/finding.ts';

export const PEERS = ['postgres_exporter', 'pg_exporter'] as const;
export type PeerName = (typeof PEERS)[number];

/** What becomes of something that the other exporter was told; only `attention` asks for a person. */
export const FATES = ['same', 'renamed', 'not_needed', 'attention'] as const;
export type Fate = (typeof FATES)[number];

/** Something that the other exporter was told, and what becomes of it. No value in it is a secret. */
export interface Migrated {
  /** The flag or the variable, without its value. */
  readonly said: string;
  readonly fate: Fate;
  /** Arguments of walguard. */
  readonly becomes: readonly string[];
  /** Empty where the same flag does the same. */
  readonly why: string;
}

/** Where a metric of rules or dashboards comes from with walguard. */
export interface UsedMetric {
  readonly name: string;
  /** Where it is used first: an alert, a record, a panel. */
  readonly where: string;
  /** Undefined: walguard has no such family. */
  readonly collector: string | undefined;
  readonly isOn: boolean;
}

/** What one page has and another has not. */
export interface PageDifference {
  readonly kind: 'gone' | 'type' | 'labels' | 'new';
  readonly family: string;
  readonly old: string;
  readonly new: string;
}

export interface MigrationReport {
  readonly schema: 1;
  readonly from: PeerName;
  readonly migrated: readonly Migrated[];
  /** All arguments of walguard, in an order that does not matter. */
  readonly command: readonly string[];
  /** Of the query files. */
  readonly findings: readonly Finding[];
  /** Undefined: no rules or dashboards were named. */
  readonly metrics: readonly UsedMetric[] | undefined;
  /** Undefined: no pages were named. */
  readonly pages: readonly PageDifference[] | undefined;
}

/** Whether a person has to look at something before walguard takes over. */
export function needsAttention({ migrated, findings, metrics = [], pages = [] }: MigrationReport): boolean {
  return (
    migrated.some(({ fate }) => fate === 'attention') ||
    findings.some(({ severity }) => severity === 'error') ||
    metrics.some(({ isOn }) => !isOn) ||
    pages.some(({ kind }) => kind !== 'new')
  );
}
