import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { type DashboardLab, startDashboardLab } from '../support/dashboard-lab.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';

/** Made for docs/dashboards.md by `npm run pictures`; nothing of it is a test that CI runs. */
const FOLDER = join(projectDirectory, 'docs/pictures');
const PREVIEW = join(projectDirectory, 'grafana/preview');

/** How long the servers work before the pictures are made, and what these show. */
const MINUTES = Number(process.env['PICTURES_MINUTES'] ?? '6');

const EVERY_SECONDS = 5;

const CLUSTERS = [
  { name: 'shop', major: 18 },
  { name: 'ledger', major: 13 },
] as const;

let labs: readonly (DashboardLab & AsyncDisposable)[] = [];
let prometheus: Prometheus;

beforeAll(async () => {
  const started = await Promise.allSettled(CLUSTERS.map(({ major }) => startDashboardLab(major)));
  labs = started.flatMap((lab) => (lab.status === 'fulfilled' ? [lab.value] : []));
  for (const lab of started) if (lab.status === 'rejected') throw lab.reason;
  const targets = labs.flatMap(({ major, walguards }) =>
    walguards.map(({ url }) => ({
      address: new URL(url).host,
      labels: { cluster: CLUSTERS.find((cluster) => cluster.major === major)?.name ?? '' },
    })),
  );
  prometheus = await startPrometheus('', [{ name: 'postgresql', targets, everySeconds: EVERY_SECONDS }]);
  console.log(`dashboards: Prometheus is at ${prometheus.url} for ${MINUTES} minutes`);
}, 300_000);

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  for (const lab of labs) await lab[Symbol.asyncDispose]();
}, 60_000);

it('of dashboards are made of two clusters at work', async () => {
  expect(existsSync(join(PREVIEW, 'node_modules')), 'Run npm ci in grafana/preview first.').toBe(true);
  await waitFor(
    `${MINUTES} minutes of scrapes`,
    async () =>
      (await prometheus.query(`max(count_over_time(up[3h])) * ${EVERY_SECONDS} >= ${MINUTES * 60}`)).length > 0,
    MINUTES * 90_000,
  );
  const args = [
    join(PREVIEW, 'preview.mjs'),
    prometheus.url,
    FOLDER,
    `--range=${MINUTES}m`,
    `--scrape=${EVERY_SECONDS}s`,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  console.log(stdout);
}, 7_200_000);
