import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseExposition } from '../support/exposition.ts';
import { fetchRaw, fetchText, openMetricsAccept, samplesOf, scrape, valueOf, type Scrape } from '../support/http.ts';
import { failedIn, serverFamiliesOf, succeededIn } from '../support/outcomes.ts';
import { newestSharedServer, sharedServers } from '../support/shared-servers.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

function sampleNamesOf({ families }: Scrape): ReadonlySet<string> {
  return new Set([...families.values()].flatMap(({ samples }) => samples.map(({ name }) => name)));
}

describe('the metrics page', () => {
  let walguard: Walguard;
  let metrics: string;

  beforeAll(async () => {
    walguard = await startWalguard({ dataSourceName: newestSharedServer().monitorUrl });
    metrics = `${walguard.url}/metrics`;
    await scrape(metrics);
  });
  afterAll(() => walguard[Symbol.asyncDispose]());

  it('has the same samples in the text format and in OpenMetrics', async () => {
    const differing = async () => {
      const text = await scrape(metrics);
      const openMetrics = await scrape(metrics, { Accept: openMetricsAccept });
      expect([text.format, openMetrics.format]).toEqual(['text', 'openmetrics']);
      const [names, sameNames] = [sampleNamesOf(text), sampleNamesOf(openMetrics)];
      expect(names.size).toBeGreaterThan(300);
      return [...names, ...sameNames].filter((name) => !names.has(name) || !sameNames.has(name));
    };

    // Some samples come and go with the server (a segment waits to be archived): between two scrapes, not for long.
    await expect.poll(differing, { timeout: 20_000 }).toEqual([]);
  });

  it('has the same labels and values in both formats, where nothing moves', async () => {
    const still = `${metrics}?collect[]=settings&collect[]=server_info`;
    const linesOf = (page: Scrape) => page.text.split('\n').filter((line) => /^pg_(settings|server_info)/.test(line));

    const text = linesOf(await scrape(still));
    const openMetrics = linesOf(await scrape(still, { Accept: openMetricsAccept }));

    expect(text.length).toBeGreaterThan(200);
    expect(text).toContainEqual(expect.stringMatching(/^pg_server_info\{server_version="/));
    expect(openMetrics).toEqual(text);
  });

  it('is compressed for who accepts gzip, and has its length for who does not', async () => {
    const compressed = await fetchRaw(metrics, { 'Accept-Encoding': 'gzip' });
    const plain = await fetchRaw(metrics, { 'Accept-Encoding': 'br, gzip;q=0' });

    const text = (await promisify(gunzip)(compressed.body)).toString('utf8');
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(compressed.headers['vary']).toBe('Accept, Accept-Encoding');
    expect(valueOf(parseExposition(text, 'text'), 'pg_up')).toBe(1);
    expect(compressed.body.length * 4).toBeLessThan(text.length);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers['content-length']).toBe(String(plain.body.length));
    expect(valueOf(parseExposition(plain.body.toString('utf8'), 'text'), 'pg_up')).toBe(1);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { status, headers, body } = await fetchRaw(metrics, {}, 'HEAD');

    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(Number(headers['content-length'])).toBeGreaterThan(10_000);
    expect(body.length).toBe(0);
  });

  it('holds only the collectors that collect[] names', async () => {
    const { families } = await scrape(`${metrics}?collect[]=roles&collect[]=wal`);

    expect(succeededIn(families)).toEqual(['facts', 'roles', 'wal']);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(valueOf(families, 'walguard_collector_rows', { collector: 'wal' })).toBe(1);
    const stillThere = serverFamiliesOf(families).filter((name) => name !== 'pg_static');
    expect(stillThere).toEqual(['pg_roles_connection_limit', 'pg_wal_segments', 'pg_wal_size_bytes']);
  });

  it('lacks the collectors that exclude[] names, of all or of those that collect[] names', async () => {
    const all = succeededIn((await scrape(metrics)).families);

    const without = await scrape(`${metrics}?exclude[]=settings&exclude[]=archiver`);
    const both = await scrape(`${metrics}?collect[]=roles&collect[]=wal&exclude[]=wal`);

    expect(all).toContain('settings');
    expect(succeededIn(without.families)).toEqual(all.filter((name) => name !== 'settings' && name !== 'archiver'));
    expect([...without.families.keys()].filter((name) => /^pg_(settings|archiver)_/.test(name))).toEqual([]);
    expect(succeededIn(both.families)).toEqual(['facts', 'roles']);
  });

  it('is refused with 400 and the nearest name where a collector is asked for that is not there', async () => {
    const collect = await fetchText(`${metrics}?collect[]=roles&collect[]=setings`);
    const exclude = await fetchText(`${metrics}?exclude[]=archivr`);

    expect([collect.status, exclude.status]).toEqual([400, 400]);
    expect(collect.text).toContain('"setings"');
    expect(collect.text).toContain('Did you mean settings?');
    expect(exclude.text).toContain('Did you mean archiver?');
  });

  it('counts the scrapes and not the requests for other pages', async () => {
    const first = await scrape(metrics);
    await fetchText(`${walguard.url}/`);
    const second = await scrape(metrics);

    const counted = ({ families }: Scrape, name: string) => valueOf(families, name) ?? NaN;
    const grownBy = (name: string) => counted(second, name) - counted(first, name);
    expect(grownBy('walguard_scrapes_total')).toBe(1);
    expect(grownBy('walguard_scrapes_shared_total')).toBe(0);
    expect(grownBy('walguard_scrape_duration_seconds_count')).toBe(1);
  });
});

describe('the other pages', () => {
  let walguard: Walguard;

  beforeAll(async () => {
    walguard = await startWalguard({
      dataSourceName: 'postgresql://walguard:walguard@127.0.0.1:1/postgres',
      args: ['--web.telemetry-path=/elsewhere'],
    });
  });
  afterAll(() => walguard[Symbol.asyncDispose]());

  it('say that walguard is healthy and ready whether or not the server can be reached', async () => {
    const [healthy, ready] = [await fetchText(`${walguard.url}/-/healthy`), await fetchText(`${walguard.url}/-/ready`)];

    expect([healthy.status, healthy.text]).toEqual([200, 'walguard is healthy.\n']);
    expect([ready.status, ready.text]).toEqual([200, 'walguard is ready.\n']);
  });

  it('lead from / to the metrics, under the path that was set', async () => {
    const landing = await fetchText(`${walguard.url}/`);

    expect(landing.status).toBe(200);
    expect(landing.headers.get('content-type')).toContain('text/html');
    expect(landing.text).toContain('<a href="./elsewhere">');
    expect(valueOf((await scrape(`${walguard.url}/elsewhere`)).families, 'pg_up')).toBe(0);
  });

  it('are no others: what is not there is 404 and says where the metrics are', async () => {
    const { status, text } = await fetchText(`${walguard.url}/metrics`);

    expect(status).toBe(404);
    expect(text).toContain('/elsewhere');
  });
});

/** From the contract of metrics: name of a sample's family, its type in the text format, its labels. */
const ownFamilies = [
  ['walguard_build_info', 'gauge', ['version', 'revision', 'node_version']],
  ['walguard_collector_success', 'gauge', ['collector', 'datname']],
  ['walguard_collector_duration_seconds', 'gauge', ['collector', 'datname']],
  ['walguard_collector_rows', 'gauge', ['collector', 'datname']],
  ['walguard_collector_samples', 'gauge', ['collector', 'datname']],
  ['walguard_collector_last_success_timestamp_seconds', 'gauge', ['collector', 'datname']],
  ['walguard_collector_failures_total', 'counter', ['collector', 'reason']],
  ['walguard_samples_dropped_total', 'counter', ['collector', 'reason']],
  ['walguard_collector_skipped', 'gauge', ['collector', 'reason']],
  ['walguard_scrape_duration_seconds', 'histogram', []],
  ['walguard_scrapes_total', 'counter', []],
  ['walguard_scrapes_shared_total', 'counter', []],
  ['walguard_postgres_connections', 'gauge', ['target']],
  ['walguard_config_last_reload_successful', 'gauge', []],
  ['walguard_config_last_reload_success_timestamp_seconds', 'gauge', []],
] as const;

describe.each(sharedServers())(
  'a scrape of PostgreSQL $major as a role with pg_monitor',
  ({ major, monitorUrl, port }) => {
    let page: Scrape;

    beforeAll(async () => {
      await using walguard = await startWalguard({ dataSourceName: monitorUrl });
      page = await scrape(`${walguard.url}/metrics`);
    });

    it('succeeds with every collector', () => {
      expect(valueOf(page.families, 'pg_up')).toBe(1);
      expect(failedIn(page.families)).toEqual([]);
      expect(succeededIn(page.families).length).toBeGreaterThan(25);
      const failures = samplesOf(page.families, 'walguard_collector_failures_total');
      expect(failures.length).toBeGreaterThan(100);
      expect(failures.filter(({ value }) => value !== 0)).toEqual([]);
    });

    it('tells of walguard itself by the families of the contract', () => {
      const wanted = ownFamilies.filter(([name]) => major < 15 || name !== 'walguard_collector_skipped');

      for (const [name, type, labels] of wanted) {
        const family = page.families.get(name);
        expect([name, family?.type]).toEqual([name, type]);
        const labelNames = Object.keys(family?.samples[0]?.labels ?? {}).filter((label) => label !== 'le');
        expect([name, labelNames]).toEqual([name, labels]);
        expect(family?.help).toMatch(/\w\.$/);
      }
      expect(valueOf(page.families, 'walguard_postgres_connections', { target: `127.0.0.1:${port}` })).toBe(2);
      expect(valueOf(page.families, 'walguard_config_last_reload_successful')).toBe(1);
    });
  },
);
