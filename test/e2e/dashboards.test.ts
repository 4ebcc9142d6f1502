import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { BOARDS, boardFile } from '../../grafana/boards.ts';
import { type DashboardLab, startDashboardLab } from '../support/dashboard-lab.ts';
import { type DashboardJson, queriesOf } from '../support/dashboard-model.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';

const MAJORS = [13, 18] as const;

/** A query as it stands in a dashboard. */
interface Asked {
  readonly place: string;
  readonly expr: string;
}

const dashboards = BOARDS.map((board) => JSON.parse(boardFile(board).text) as DashboardJson);
const queries: readonly Asked[] = dashboards.flatMap((dashboard) =>
  queriesOf(dashboard).map(({ panel, target, expr }) => ({
    place: `${dashboard.uid} ${panel.id} ${target.refId}`,
    expr,
  })),
);
const annotations: readonly Asked[] = Array.from(
  new Map(dashboards.flatMap(({ annotations: all }) => (all?.list ?? []).map(({ name, expr = '' }) => [name, expr]))),
  ([place, expr]) => ({ place, expr }),
);

/** Queries that stay empty on a major, with the reason. */
const exceptions = readFileSync(new URL('../support/dashboard-exceptions.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [place = '', majors = '', reason = ''] = line.split('\t');
    return { place, majors: majors.split(',').map(Number), reason };
  });

let labs: readonly (DashboardLab & AsyncDisposable)[] = [];
let prometheus: Prometheus;

beforeAll(async () => {
  const started = await Promise.allSettled(MAJORS.map((major) => startDashboardLab(major)));
  labs = started.flatMap((lab) => (lab.status === 'fulfilled' ? [lab.value] : []));
  for (const lab of started) if (lab.status === 'rejected') throw lab.reason;
  const targets = labs.flatMap(({ major, walguards }) =>
    walguards.map(({ url }) => ({ address: new URL(url).host, labels: { cluster: `pg${major}` } })),
  );
  const unlabelled = targets.map(({ address }) => ({ address, labels: {} }));
  prometheus = await startPrometheus('', [
    { name: 'postgresql', targets, everySeconds: 5 },
    { name: 'unlabelled', targets: unlabelled, everySeconds: 5 },
  ]);
}, 300_000);

afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  for (const lab of labs) await lab[Symbol.asyncDispose]();
}, 60_000);

/** What Grafana sends for scrapes every 5 seconds with a job and a cluster chosen, and everything else. */
function filledIn(expr: string, job: string, cluster: string): string {
  const values = {
    $__rate_interval: '20s',
    $__range: '5m',
    $job: job,
    $cluster: cluster,
    $instance: '.+',
    $datname: '.+',
  };
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), expr);
}

/** Waits until each query gave a number once, and returns those that never did. */
async function stillEmpty(asked: readonly Asked[], major: number, timeoutMs: number): Promise<readonly string[]> {
  let open = asked;
  const isAnswered = async (): Promise<boolean> => {
    const answers = await Promise.all(
      open.map(async ({ expr }) =>
        (await prometheus.query(filledIn(expr, 'postgresql', `pg${major}`))).some(({ value }) => !Number.isNaN(value)),
      ),
    );
    open = open.filter((_, index) => answers[index] !== true);
    return open.length === 0;
  };
  await waitFor('every query to give a number', isAnswered, timeoutMs).catch((error: unknown) => {
    if (open.length === 0) throw error;
  });
  return open.map(({ place, expr }) => `${place}: ${filledIn(expr, 'postgresql', `pg${major}`)}`);
}

it('the queries that may stay empty are few, not about recoverability, and all have a reason', () => {
  const places = queries.map(({ place }) => place);
  expect(exceptions.filter(({ place }) => !places.includes(place))).toEqual([]);
  expect(exceptions.filter(({ place }) => place.startsWith('walguard-recoverability'))).toEqual([]);
  expect(exceptions.filter(({ reason, majors }) => reason.length < 10 || majors.length === 0)).toEqual([]);
  console.log(`dashboards: ${queries.length} queries, of which ${exceptions.length} may stay empty`);
  expect(exceptions.length / queries.length).toBeLessThan(0.05);
});

describe.each(MAJORS)('on PostgreSQL %i', (major) => {
  it('every query of every dashboard gives a number', async () => {
    const excepted = exceptions.filter(({ majors }) => majors.includes(major)).map(({ place }) => place);
    const asked = queries.filter(({ place }) => !excepted.includes(place));
    expect(await stillEmpty(asked, major, 150_000)).toEqual([]);
  }, 180_000);

  it('what every variable lists is there', async () => {
    const listed = dashboards.flatMap(({ uid, templating }) =>
      (templating?.list ?? []).flatMap(({ name, query = '' }) => {
        const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
        return selector === '' ? [] : [{ place: `${uid} ${name}`, expr: `count by (${label}) (${selector}) > 0` }];
      }),
    );
    expect(listed.length).toBeGreaterThan(20);
    expect(await stillEmpty(listed, major, 60_000)).toEqual([]);
  }, 90_000);

  it('every annotation marks something, once the standby has become a primary', async () => {
    await labs.find((lab) => lab.major === major)?.standby.promote();
    expect(annotations.length).toBeGreaterThan(3);
    expect(await stillEmpty(annotations, major, 120_000)).toEqual([]);
  }, 180_000);
});

it.each([
  ['everything is chosen', '.+'],
  ['targets have no label cluster', 'unlabelled'],
])(
  'no query is refused when %s',
  async (_situation, job) => {
    const filled = queries.map(({ expr }) => filledIn(expr, job, '.*'));
    const answers = await Promise.all(filled.map((expr) => prometheus.query(expr)));
    expect(answers.filter((answer) => answer.length > 0).length).toBeGreaterThan(0.9 * queries.length);
  },
  60_000,
);

it('a query that asks for what is not there is noticed', async () => {
  expect(await stillEmpty([{ place: 'nowhere', expr: 'pg_never{}' }], 18, 1_000)).toEqual(['nowhere: pg_never{}']);
});
