import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Family } from '../support/exposition.ts';
import { openMetricsAccept, type Scrape, scrape } from '../support/http.ts';
import { sharedServers } from '../support/shared-servers.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** What a page in the text format and one in OpenMetrics are expected to have in common, as lines. */
type Aspect = (scrape: Scrape) => readonly string[];

describe.each(sharedServers())('the page of PostgreSQL $major', ({ monitorUrl }) => {
  let walguard: Walguard;
  beforeAll(async () => {
    walguard = await startWalguard({ dataSourceName: new URL('/shop', monitorUrl).href });
  });
  afterAll(() => walguard[Symbol.asyncDispose]());

  /**
   * What only one of the two formats has. From one scrape to the next a session may come, go or change its state, so a
   * line counts only if it is missing every time: what a format leaves out or renames is.
   */
  const differences = (ofText: Aspect, ofOpenMetrics: Aspect) => {
    let always: readonly string[] | undefined;
    return async () => {
      const text = await scrape(`${walguard.url}/metrics`);
      const openMetrics = await scrape(`${walguard.url}/metrics`, { accept: openMetricsAccept });
      expect([text.format, openMetrics.format]).toEqual(['text', 'openmetrics']);
      const [a, b] = [ofText(text), ofOpenMetrics(openMetrics)];
      expect(Math.min(a.length, b.length)).toBeGreaterThan(300);
      const now = [...missing(a, b, 'OpenMetrics'), ...missing(b, a, 'text')];
      always = always === undefined ? now : always.filter((line) => now.includes(line));
      return always;
    };
  };

  it('has the same series in the text format and in OpenMetrics', async () => {
    await expect.poll(differences(seriesOf, seriesOf), { timeout: 20_000 }).toEqual([]);
  });

  it('says of each family in OpenMetrics what it says in the text format', async () => {
    await expect.poll(differences(renamedFamiliesOf, familiesOf), { timeout: 20_000 }).toEqual([]);
  });
});

/** A family of the text format as OpenMetrics calls it: the names of its samples stay as they are. */
function inOpenMetrics(family: Family): Family {
  const { name, type } = family;
  if (/^(pg|walguard)_\w+_info$/.test(name)) return { ...family, name: without(name, '_info'), type: 'info' };
  if (type !== 'counter') return family;
  return name.endsWith('_total') ? { ...family, name: without(name, '_total') } : { ...family, type: 'unknown' };
}

function without(name: string, ending: string): string {
  return name.slice(0, -ending.length);
}

function renamedFamiliesOf({ families }: Scrape): readonly string[] {
  return [...families.values()].map(inOpenMetrics).map(describeFamily);
}

function familiesOf({ families }: Scrape): readonly string[] {
  return [...families.values()].map(describeFamily);
}

function describeFamily({ name, type, help }: Family): string {
  return `${name} ${type} ${help}`;
}

/** Every series as its name and labels. */
function seriesOf({ families }: Scrape): readonly string[] {
  const samples = [...families.values()].flatMap((family) => family.samples);
  return samples.map(({ name, labels }) => {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    return `${name}{${pairs.toSorted().join(',')}}`;
  });
}

function missing(from: readonly string[], within: readonly string[], format: string): readonly string[] {
  const known = new Set(within);
  return from.filter((line) => !known.has(line)).map((line) => `not in ${format}: ${line}`);
}
