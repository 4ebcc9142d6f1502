import { readdirSync, readFileSync } from 'node:fs';

import { shippedCollectors } from '../../src/app/collectors.ts';
import { type Family, type FamilyType, seriesNames } from '../../src/core/family.ts';
import { TALLY_FAMILIES } from '../../src/scrape/tally.ts';
import { TARGET_FAMILIES } from '../../src/scrape/target.ts';
import { createInstruments } from '../../src/self/instruments.ts';

/** A series name that walguard's pages, or Prometheus itself, can have. */
export interface KnownSeries {
  readonly name: string;
  /** The family's; a histogram has several series. */
  readonly family: string;
  readonly type: FamilyType;
  readonly labels: readonly string[];
  /** The collector that must be switched on first; undefined if it is on, or there is none. */
  readonly switchedOnBy: string | undefined;
  /** It has the TYPE of a counter, but is a moment or a position. */
  readonly isCounterByNameOnly: boolean;
}

const GOLDEN = new URL('../golden/', import.meta.url);

/** What Prometheus adds to what it scrapes. */
const OF_PROMETHEUS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'ALERTS alertname alertstate severity topic',
];

/** All series by their names: those of every shipped collector, of walguard itself, and of Prometheus. */
export async function knownSeries(): Promise<ReadonlyMap<string, KnownSeries>> {
  const own = await createInstruments({ version: '0', revision: '0' }).read();
  const instruments = own.map(({ family, samples: [sample] }) => ({
    ...family,
    labelNames: family.type === 'histogram' ? [] : Object.keys(sample?.labels ?? {}),
  }));
  const collected = shippedCollectors().flatMap(({ name, enabledByDefault, families }) =>
    families.flatMap((family) => toSeries(family, enabledByDefault ? undefined : name)),
  );
  const others = [...TARGET_FAMILIES, ...TALLY_FAMILIES, ...instruments].flatMap((family) =>
    toSeries(family, undefined),
  );
  const prometheus = OF_PROMETHEUS.flatMap((line) => {
    const [name = '', ...labelNames] = line.split(' ');
    return toSeries({ name, type: 'gauge', help: '', labelNames }, undefined);
  });
  return new Map([...settings(), ...prometheus, ...others, ...collected].map((series) => [series.name, series]));
}

function toSeries(family: Family, switchedOnBy: string | undefined): readonly KnownSeries[] {
  const { name, type, labelNames, help } = family;
  return seriesNames(family).map((series) => ({
    name: series,
    family: name,
    type: series === name ? type : 'counter',
    labels: series.endsWith('_bucket') && type === 'histogram' ? [...labelNames, 'le'] : labelNames,
    switchedOnBy,
    isCounterByNameOnly: help.includes('by name only'),
  }));
}

/** Settings have no list: those that the pages of real servers of all majors have. */
function settings(): readonly KnownSeries[] {
  const pages = readdirSync(GOLDEN).filter((name) => name.endsWith('.metrics'));
  const texts = pages.map((name) => readFileSync(new URL(name, GOLDEN), 'utf8'));
  const names = texts.flatMap((text) => text.match(/^pg_settings_\w+/gm) ?? []);
  return [...new Set(names)].map((name) => ({
    name,
    family: name,
    type: 'gauge',
    labels: [],
    switchedOnBy: undefined,
    isCounterByNameOnly: false,
  }));
}
