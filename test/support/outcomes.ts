import type { Family } from './exposition.ts';
import { samplesOf, valueOf } from './http.ts';

type Families = ReadonlyMap<string, Family>;

/** How often a collector failed since walguard started, by reason; reasons that never came up are left out. */
export function failuresOf(families: Families, collector: string): Readonly<Record<string, number>> {
  return countsOf(families, 'walguard_collector_failures_total', collector);
}

/** How many samples of a collector were left out since walguard started, by reason; without zeros. */
export function dropsOf(families: Families, collector: string): Readonly<Record<string, number>> {
  return countsOf(families, 'walguard_samples_dropped_total', collector);
}

/** 1 or 0; undefined for a collector that did not run. */
export function successOf(families: Families, collector: string): number | undefined {
  return valueOf(families, 'walguard_collector_success', { collector });
}

/** Names of the collectors that ran in this scrape and succeeded, sorted. */
export function succeededIn(families: Families): readonly string[] {
  return collectorsWith(families, 1);
}

/** Names of the collectors that ran in this scrape and failed, sorted. */
export function failedIn(families: Families): readonly string[] {
  return collectorsWith(families, 0);
}

/** Names of the families that tell of the server, not of scraping it, in the order of the page. */
export function serverFamiliesOf(families: Families): readonly string[] {
  const withoutServer = /^pg_(up|exporter_\w+|scrape_collector_\w+|recoverability_\w+)$/;
  return [...families.keys()].filter((name) => name.startsWith('pg_') && !withoutServer.test(name));
}

function collectorsWith(families: Families, success: number): readonly string[] {
  return samplesOf(families, 'walguard_collector_success')
    .filter(({ value }) => value === success)
    .map(({ labels }) => labels['collector'] ?? '')
    .toSorted();
}

function countsOf(families: Families, name: string, collector: string): Readonly<Record<string, number>> {
  const counts = samplesOf(families, name, { collector }).filter(({ value }) => value > 0);
  return Object.fromEntries(counts.map(({ labels, value }) => [labels['reason'] ?? '', value]));
}
