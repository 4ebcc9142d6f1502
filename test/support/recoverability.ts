import type { RepositoryPolicy } from '../../src/core/recoverability.ts';
import { samplesOf, type Scrape } from './http.ts';

/** A policy that asks for nothing. */
export const NOTHING_WANTED: RepositoryPolicy = {
  backupIntervalSeconds: undefined,
  drillIntervalSeconds: undefined,
  retention: {
    daily: undefined,
    weekly: undefined,
    monthly: undefined,
    pitrSeconds: undefined,
    minimumRedundancy: undefined,
  },
  timeZone: 'UTC',
  acceptedGaps: [],
  restoreBytesPerSecond: undefined,
  replayBytesPerSecond: undefined,
  pendingAfterSeconds: 120,
};

/** The verdict on a page; undefined unless exactly one of the states is 1. */
export function verdictOf({ families }: Pick<Scrape, 'families'>): string | undefined {
  const [status, ...others] = samplesOf(families, 'pg_recoverability_status').filter(({ value }) => value === 1);
  return others.length === 0 ? status?.labels['status'] : undefined;
}

/** The findings that are present on a page. */
export function findingsOf({ families }: Pick<Scrape, 'families'>): readonly (string | undefined)[] {
  return samplesOf(families, 'pg_recoverability_finding')
    .filter(({ value }) => value === 1)
    .map(({ labels }) => labels['finding']);
}
