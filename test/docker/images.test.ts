import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable, goldenText, prepareForGolden } from '../support/golden.ts';
import { type Scrape, samplesOf, scrape } from '../support/http.ts';
import { checkMeaning } from '../support/meaning.ts';
import { imageMajors, type PostgresImage, startPostgresImage } from '../support/postgres-image.ts';
import { checkMetrics, readAllowList } from '../support/promtool.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** Made from npm's binaries by the integration tests; undefined for a major that npm does not have. */
function goldenOf(major: number): string | undefined {
  const file = new URL(`../golden/pg${major}-primary.metrics`, import.meta.url);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

describe.each(imageMajors)('a primary from the image of PostgreSQL %i', (major) => {
  let server: PostgresImage;
  let walguard: Walguard;
  /** The second page: counters and the history have a first scrape behind them. */
  let page: Scrape;

  beforeAll(async () => {
    server = await startPostgresImage(major);
    await prepareForGolden((text) => server.sql(text));
    walguard = await startWalguard({ dataSourceName: server.monitorUrl });
    await scrape(`${walguard.url}/metrics`);
    page = await scrape(`${walguard.url}/metrics`);
  });

  afterAll(async () => {
    await walguard?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  it('is of this major, and reached', () => {
    expect(samplesOf(page.families, 'pg_up').map(({ value }) => value)).toEqual([1]);
    const [info] = samplesOf(page.families, 'pg_server_info');
    expect(Number.parseInt(info?.labels['server_version'] ?? '', 10)).toBe(major);
  });

  it('lets every default collector succeed', () => {
    const runs = samplesOf(page.families, 'walguard_collector_success');
    const failed = runs.filter(({ value }) => value !== 1).map(({ labels }) => labels['collector']);
    expect(failed).toEqual([]);
    expect(runs.length).toBeGreaterThan(20);
    const skipped = samplesOf(page.families, 'walguard_collector_skipped');
    const reasons = new Set(skipped.map(({ labels }) => labels['reason']));
    expect([...reasons].filter((reason) => reason !== 'version' && reason !== 'role')).toEqual([]);
  });

  it('gives promtool a page to which it objects only as the allow-list says', async () => {
    const allowed = await readAllowList();
    const complaints = await checkMetrics(page.text);
    expect(complaints.filter((complaint) => !allowed.includes(complaint))).toEqual([]);
  });

  it('gives the golden page of its major, but for what depends on how the server was built', async () => {
    const structure = comparable(goldenText(page.families));
    const golden = goldenOf(major);
    if (golden === undefined) await expect(structure).toMatchFileSnapshot(`../golden/pg${major}-image.metrics`);
    else expect(structure).toBe(comparable(golden));
  });

  it('means by each metric what the other majors mean', async () => {
    const observed = { major, metricsUrl: `${walguard.url}/metrics`, sql: (text: string) => server.sql(text) };
    await expect(checkMeaning(observed)).resolves.toBeUndefined();
  });
});
