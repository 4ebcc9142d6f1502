import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { type Prometheus, startPrometheusWith } from '../support/prometheus.ts';
import { type SharedServer, sharedServers } from '../support/shared-servers.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const [oldest, newest] = [sharedServers()[0], sharedServers().at(-1)] as [SharedServer, SharedServer];
/** Enough that each of two walguards has some of them. */
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

let folder: TemporaryFolder;
let walguards: readonly Walguard[];
let prometheus: Prometheus;

beforeAll(async () => {
  folder = await temporaryFolder();
  const targets = Object.fromEntries(
    NAMES.map((name, index) => [
      name,
      { data_source: { name: (index % 2 === 0 ? oldest : newest).monitorUrl }, labels: { cluster: `of ${name}` } },
    ]),
  );
  const path = await folder.write('walguard.yml', JSON.stringify({ targets }));
  const started = await Promise.all([0, 1].map(() => startWalguard({ args: [`--config.file=${path}`] })));
  walguards = started;
  prometheus = await startPrometheusWith(await documented(started.map(({ port }) => `127.0.0.1:${port}`)));
});
afterAll(async () => {
  for (const each of [prometheus, ...(walguards ?? []), folder]) await each?.[Symbol.asyncDispose]();
});

/** The jobs that docs/targets.md gives: the one of a single walguard, and the one that shards, of these addresses. */
async function documented(addresses: readonly string[]): Promise<string> {
  const page = await readFile(join(projectDirectory, 'docs/targets.md'), 'utf8');
  const examples = [...page.matchAll(/^```yaml\n(scrape_configs:[^]*?)^```$/gm)].map(([, text]) => text ?? '');
  const jobs = examples.map((text) => text.replace('scrape_configs:\n', ''));
  const [single = '', sharded = ''] = jobs;
  const here = (text: string): string =>
    text
      .replaceAll('walguard-0:9187', addresses[0] ?? '')
      .replaceAll('walguard-1:9187', addresses[1] ?? '')
      .replaceAll('walguard:9187', addresses[0] ?? '');
  const global = 'global: {scrape_interval: 10s, scrape_timeout: 10s}\n';
  return `${global}scrape_configs:\n${here(single)}${here(sharded).replace('postgres', 'sharded')}`;
}

async function labelsOf(query: string, label: string): Promise<readonly (string | undefined)[]> {
  const series = await prometheus.query(query);
  return series.map(({ labels }) => labels[label]).toSorted((a = '', b = '') => (a < b ? -1 : 1));
}

describe('Prometheus with the jobs of docs/targets.md', () => {
  it('finds all targets by itself, each with its instance and its labels', async () => {
    const isThere = async () => (await labelsOf('pg_up{job="postgres"} == 1', 'instance')).length === NAMES.length;
    await waitFor('all targets to be scraped', isThere, 90_000);
    expect(await labelsOf('pg_up{job="postgres"} == 1', 'instance')).toEqual(NAMES);
    expect(await labelsOf('pg_up{job="postgres"} == 1', 'cluster')).toEqual(NAMES.map((name) => `of ${name}`));
  });

  it('has the process of walguard as a job of its own', async () => {
    const isThere = async () => (await labelsOf('walguard_build_info{job="walguard"}', 'instance')).length === 1;
    await waitFor('walguard to be scraped', isThere, 60_000);
    expect(await labelsOf('{job="walguard", __name__=~"pg_.+"}', '__name__')).toEqual([]);
    expect(await labelsOf('walguard_build_info{job="postgres"}', 'instance')).toEqual([]);
  });

  it('shares the targets out among several, each to one', async () => {
    const isThere = async () => (await labelsOf('pg_up{job="sharded"} == 1', 'instance')).length === NAMES.length;
    await waitFor('all targets to be scraped', isThere, 90_000);
    const { activeTargets } = (await prometheus.api('targets')) as {
      readonly activeTargets: readonly { readonly scrapePool: string; readonly scrapeUrl: string }[];
    };
    const asked = activeTargets.filter(({ scrapePool }) => scrapePool === 'sharded').map(({ scrapeUrl }) => scrapeUrl);
    expect(asked).toHaveLength(NAMES.length);
    const hosts = asked.map((url) => new URL(url).host);
    for (const { port } of walguards) expect(hosts).toContain(`127.0.0.1:${port}`);
  });
});
