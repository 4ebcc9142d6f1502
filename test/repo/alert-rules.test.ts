import { describe, expect, it } from 'vitest';
import { alertRules, recordingRules, ruleFiles, ruleTests } from '../support/alert-rules.ts';
import { knownSeries } from '../support/known-families.ts';
import { analyse } from '../support/promql.ts';
import { scaleDurations } from '../support/scaled-rules.ts';
import { readHeadings } from './markdown.ts';
import { listProjectFiles, readProjectFile } from './project.ts';

const alerts = alertRules();
const names = alerts.map(({ alert }) => alert);
const DASHBOARDS = ['fleet', 'recoverability', 'replication', 'wal', 'instance', 'vacuum', 'sessions', 'exporter'];

const OF_TARGETS = ['job', 'instance', 'cluster'];

const labelsOf = new Map<string, readonly string[]>([
  ...Array.from((await knownSeries()).values(), ({ name, labels }) => [name, labels] as const),
  ...recordingRules().map(({ record }) => [record, ['repository']] as const),
]);

/** The expressions of a rule: its own, those in its texts, and those of its runbook. */
const expressions = [
  ...recordingRules().map(({ record, expr }) => ({ where: record, expr })),
  ...alerts.flatMap(({ alert, expr, annotations }) => [
    { where: alert, expr },
    ...Object.values(annotations)
      .flatMap((text) =>
        Array.from(text.matchAll(/printf "((?:[^"\\]|\\.)*)"[^}]*\| query/g), ([, query = '']) => query),
      )
      .map((query) => ({ where: alert, expr: query.replaceAll('\\"', '"').replaceAll('%q', '""') })),
    ...Array.from(
      readProjectFile(`docs/runbooks/${alert}.md`).matchAll(/```promql\n([^]*?)```/g),
      ([, text = '']) => text,
    )
      .flatMap((text) => text.trim().split('\n'))
      .map((line) => ({ where: `docs/runbooks/${alert}.md`, expr: line })),
  ]),
];

const analysed = expressions.map(({ where, expr }) => ({ where, ...analyse(expr) }));

describe('the rules of prometheus/rules', () => {
  it('are found', () => {
    expect(names.length).toBeGreaterThan(40);
    expect(new Set(names).size).toBe(names.length);
    expect(expressions.length).toBeGreaterThan(2 * names.length);
  });

  it.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, of what, and what to do',
    (alert, rule) => {
      expect(['critical', 'warning', 'info']).toContain(rule.labels['severity']);
      expect(rule.labels['topic']).toMatch(/^[a-z]+$/);
      expect(Object.keys(rule.labels)).toHaveLength(2);
      expect(rule.annotations['runbook_url']).toBe(`docs/runbooks/${alert}.md`);
      const [, dashboard] = /^\/d\/walguard-(\w+)\?var-job=/.exec(rule.annotations['dashboard_url'] ?? '') ?? [];
      expect(DASHBOARDS).toContain(dashboard);
      expect(rule.annotations['summary']).toMatch(/\$labels\./);
      expect(rule.annotations['summary']?.length).toBeLessThan(130);
      expect(rule.annotations['description']).toMatch(/\$labels\.[^]*[.?]$/);
      expect(rule.annotations['description']?.split(/[.:;] /).length).toBeGreaterThan(1);
    },
  );

  it('have no expression that Prometheus would refuse', () => {
    const refused = analysed.flatMap(({ where, errors }) => errors.map((error) => `${where}: ${error}`));
    expect(refused).toEqual([]);
  });

  it('use no metric that walguard does not have', () => {
    const dead = analysed.flatMap(({ where, selectors }) =>
      selectors.filter(({ name }) => !labelsOf.has(name)).map(({ name }) => `${where}: ${name}`),
    );
    expect(dead).toEqual([]);
  });

  it('use no label that a metric does not have', () => {
    const dead = analysed.flatMap(({ where, selectors, grouping }) => {
      const ofEach = selectors.map(({ name, labels }) => ({
        labels,
        known: [...OF_TARGETS, ...(labelsOf.get(name) ?? [])],
      }));
      const matched = ofEach.flatMap(({ labels, known }) => labels.filter((label) => !known.includes(label)));
      const grouped = grouping.filter((label) => !ofEach.some(({ known }) => known.includes(label)));
      return [...matched, ...grouped].map((label) => `${where}: ${label}`);
    });
    expect(dead).toEqual([]);
  });

  it('name their own alerts where they ask whether one stands', () => {
    const asked = alerts.flatMap(({ expr }) => Array.from(expr.matchAll(/alertname="(\w+)"/g), ([, name]) => name));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !names.includes(name ?? ''))).toEqual([]);
  });
});

describe('the tests of the rules', () => {
  const tests = ruleTests();
  const cases = tests.flatMap((file) => file.tests.flatMap((test) => test.alert_rule_test));

  it('let every alert fire once and be quiet once', () => {
    const firing = new Set(cases.filter((one) => one.exp_alerts.length > 0).map((one) => one.alertname));
    const quiet = new Set(cases.filter((one) => one.exp_alerts.length === 0).map((one) => one.alertname));
    expect(names.filter((name) => !firing.has(name))).toEqual([]);
    expect(names.filter((name) => !quiet.has(name))).toEqual([]);
  });

  it('know no alert that is not there', () => {
    expect(cases.filter((one) => !names.includes(one.alertname))).toEqual([]);
  });

  it('use every file of rules', () => {
    const used = new Set(tests.flatMap((file) => file.rule_files.map((path) => path.replace('../', 'prometheus/'))));
    expect([...used].toSorted()).toEqual(ruleFiles().toSorted());
  });
});

describe('the runbooks', () => {
  const pages = listProjectFiles().filter((path) => path.startsWith('docs/runbooks/'));

  it('are one for each alert, and none besides', () => {
    expect(pages.toSorted()).toEqual(names.map((name) => `docs/runbooks/${name}.md`).toSorted());
  });

  it.each(pages)('%s has what one needs at night', (path) => {
    const text = readProjectFile(path);
    expect(text.split('\n', 1)).toEqual([`# ${path.replace(/.*\/|\.md$/g, '')}`]);
    expect(readHeadings(text, 2)).toEqual(['Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
    const [, ...sections] = text.split(/^## .*$/m);
    expect(sections.filter((section) => section.trim().length < 20)).toEqual([]);
    expect(text).toMatch(/Dashboard: `walguard-\w+`\./);
    expect(text.split('\n').length).toBeLessThan(80);
  });
});

describe('scaleDurations', () => {
  it('makes time pass faster, and leaves numbers, labels and texts', () => {
    const rules = `expr: |
  rate(a[30m]) > 900 and max_over_time(b[6h:5m] offset 1d) < 3 * 60
for: 15m
keep_firing_for: 5m
summary: 'within 30 minutes, at 12:05m'`;
    expect(scaleDurations(rules, 60)).toBe(`expr: |
  rate(a[30000ms]) > 900 and max_over_time(b[360000ms:5000ms] offset 1440000ms) < 3 * 60
for: 15000ms
keep_firing_for: 12000ms
summary: 'within 30 minutes, at 12:05m'`);
  });
});
