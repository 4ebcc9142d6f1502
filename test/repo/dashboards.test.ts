import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { type DashboardJson, queriesOf } from '../support/dashboard-model.ts';
import { knownSeries } from '../support/known-families.ts';
import { lintDashboard } from '../support/lint-dashboard.ts';
import { analyseQuery, lintQueries, type QueryKnowledge } from '../support/lint-queries.ts';
import { PLANTED } from './planted-dashboards.ts';
import { projectFolder, readProjectFile } from './project.ts';

const FOLDER = 'grafana/dashboards';

const files = readdirSync(join(projectFolder, FOLDER)).filter((name) => name.endsWith('.json'));
const dashboards = files.map((name) => JSON.parse(readProjectFile(`${FOLDER}/${name}`)) as DashboardJson);
const uids = dashboards.map(({ uid = '' }) => uid);
const series = await knownSeries();
const knowledge: QueryKnowledge = { series, newer: newerThan13() };

/** Series that the pages of PostgreSQL 18 have and those of 13 have not. */
function newerThan13(): ReadonlySet<string> {
  const [old, recent] = [13, 18].map(
    (major) => new Set(['primary', 'standby'].flatMap((role) => namesOf(major, role))),
  );
  return new Set([...(recent ?? [])].filter((name) => old?.has(name) === false));
}

function namesOf(major: number, role: string): readonly string[] {
  return readProjectFile(`test/golden/pg${major}-${role}.metrics`).match(/^\w+/gm) ?? [];
}

describe('the dashboards', () => {
  it('are eight, under the names that links rely on', () => {
    expect(uids.toSorted()).toEqual([
      'walguard-exporter',
      'walguard-fleet',
      'walguard-instance',
      'walguard-recoverability',
      'walguard-replication',
      'walguard-sessions',
      'walguard-vacuum',
      'walguard-wal',
    ]);
    expect(files.toSorted()).toEqual(uids.map((uid) => `${uid}.json`).toSorted());
  });

  it.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
    '%s keeps the rules of dashboards',
    (_uid, dashboard) => {
      expect(lintDashboard(dashboard, uids)).toEqual([]);
    },
  );

  it.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
    '%s asks only for what walguard has, as PromQL wants it',
    (_uid, dashboard) => {
      expect(lintQueries(dashboard, knowledge)).toEqual([]);
      expect(queriesOf(dashboard).length).toBeGreaterThan(10);
    },
  );
});

describe('the linter of dashboards', () => {
  const [sound] = dashboards.filter(({ uid }) => uid === 'walguard-recoverability');

  it.each(PLANTED.map(({ title, ...planted }) => [title, planted] as const))('objects to %s', (_title, planted) => {
    const spoilt = planted.spoil(structuredClone(sound ?? {}));
    const complaints = [...lintDashboard(spoilt, uids), ...lintQueries(spoilt, knowledge)];
    const ofRule = new RegExp(`(?:^|: )${planted.rule}: `);
    expect(complaints.filter((complaint) => ofRule.test(complaint))).not.toEqual([]);
  });
});

describe('what is not in any dashboard', () => {
  const charted = new Set(
    dashboards.flatMap((dashboard) =>
      [...queriesOf(dashboard).map(({ expr }) => expr), ...annotationsOf(dashboard)].flatMap((expr) =>
        analyseQuery(expr).selectors.map(({ name }) => series.get(name)?.family ?? name),
      ),
    ),
  );
  const families = [...new Set(Array.from(series.values(), ({ family }) => family))];
  const missing = families.filter((family) => !charted.has(family));
  const lines = readProjectFile('grafana/not-charted.tsv').trimEnd().split('\n').slice(1);
  const listed = lines.map((line) => {
    const [pattern = '', reason = ''] = line.split('\t');
    return { pattern, reason, expression: new RegExp(`^${pattern.replaceAll('*', '.*')}$`) };
  });

  it('is listed with a reason', () => {
    expect(missing.filter((family) => !listed.some(({ expression }) => expression.test(family)))).toEqual([]);
    expect(listed.filter(({ reason }) => reason.length < 10)).toEqual([]);
  });

  it('is listed only as long as it is there and not charted', () => {
    expect(listed.filter(({ expression }) => !missing.some((family) => expression.test(family)))).toEqual([]);
    const exact = listed.map(({ pattern }) => pattern).filter((pattern) => !pattern.includes('*'));
    expect(exact.filter((pattern) => charted.has(pattern))).toEqual([]);
  });
});

function annotationsOf(dashboard: DashboardJson): readonly string[] {
  return (dashboard.annotations?.list ?? []).map(({ expr = '' }) => expr);
}

describe('what Grafana is told to read', () => {
  it('is a folder of dashboards and a data source, as its provisioning has them', () => {
    const provider = readProjectFile('grafana/provisioning/dashboards/walguard.yaml');
    const source = readProjectFile('grafana/provisioning/datasources/walguard.yaml');
    expect(provider).toMatch(/^apiVersion: 1$/m);
    expect(provider).toMatch(/^ {4}type: file$/m);
    expect(provider).toMatch(/^ {6}path: \S+$/m);
    expect(source).toMatch(/^ {4}type: prometheus$/m);
    expect(source).toMatch(/^ {6}timeInterval: \d+s$/m);
  });

  it('is the page of dashboards, which names each of them', () => {
    const page = readProjectFile('docs/dashboards.md');
    expect(uids.filter((uid) => !page.includes(`\`${uid}\``))).toEqual([]);
    expect(existsSync(join(projectFolder, 'docs/dashboards.md'))).toBe(true);
    expect(readFileSync(join(projectFolder, 'grafana/README.md'), 'utf8')).toContain('docs/dashboards.md');
  });
});
