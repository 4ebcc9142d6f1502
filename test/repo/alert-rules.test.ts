import { describe, expect, it } from 'vitest';
import { shippedCollectors } from '../../src/app/collectors.ts';
import { TALLY_FAMILIES } from '../../src/scrape/tally.ts';
import { TARGET_FAMILIES } from '../../src/scrape/target.ts';
import { createInstruments } from '../../src/self/instruments.ts';
import { alertRules, recordingRules, ruleFiles, ruleTests } from '../support/alert-rules.ts';
import { promqlNames } from '../support/promql-names.ts';
import { readHeadings } from './markdown.ts';
import { listProjectFiles, readProjectFile } from './project.ts';

const alerts = alertRules();
const names = alerts.map(({ alert }) => alert);
const DASHBOARDS = ['fleet', 'recoverability', 'replication', 'wal', 'instance', 'vacuum', 'sessions', 'exporter'];

/** Names that Prometheus itself gives, and their labels. */
const OF_PROMETHEUS: readonly (readonly [string, readonly string[]])[] = [
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate']],
];
const OF_TARGETS = ['job', 'instance', 'cluster'];

const labelsOf = new Map<string, readonly string[]>(await knownMetrics());

async function knownMetrics(): Promise<readonly (readonly [string, readonly string[]])[]> {
  const own = await createInstruments({ version: '0', revision: '0' }).read();
  const families = [
    ...shippedCollectors().flatMap((collector) => collector.families),
    ...TALLY_FAMILIES,
    ...TARGET_FAMILIES,
    ...own.map(({ family }) => family),
  ];
  const settings = readProjectFile('test/golden/pg18-primary.metrics').matchAll(/^# TYPE (pg_settings_\w+) gauge$/gm);
  return [
    ...OF_PROMETHEUS,
    ...Array.from(settings, ([, name = '']) => [name, []] as const),
    ...recordingRules().map(({ record }) => [record, ['repository']] as const),
    ...families.flatMap(({ name, type, labelNames }) =>
      type === 'histogram'
        ? ['_sum', '_count', '_bucket'].map((suffix) => [`${name}${suffix}`, labelNames] as const)
        : [[name, labelNames] as const],
    ),
  ];
}

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

  it('use no metric that walguard does not have', () => {
    const dead = expressions.flatMap(({ where, expr }) =>
      promqlNames(expr)
        .metrics.filter((metric) => !labelsOf.has(metric))
        .map((metric) => `${where}: ${metric}`),
    );
    expect(dead).toEqual([]);
  });

  it('use no label that a metric does not have', () => {
    const dead = expressions.flatMap(({ where, expr }) => {
      const { metrics, matched, listed } = promqlNames(expr);
      const all = new Set([...OF_TARGETS, ...metrics.flatMap((metric) => labelsOf.get(metric) ?? [])]);
      return [
        ...matched.filter(({ metric, label }) => ![...OF_TARGETS, ...(labelsOf.get(metric) ?? [])].includes(label)),
        ...listed.filter((label) => !all.has(label)),
      ].map((found) => `${where}: ${JSON.stringify(found)}`);
    });
    expect(dead).toEqual([]);
  });

  it('name their own alerts where they ask whether one stands', () => {
    const asked = alerts.flatMap(({ expr }) => Array.from(expr.matchAll(/alertname="(\w+)"/g), ([, name]) => name));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !names.includes(name ?? ''))).toEqual([]);
  });
});

describe('promqlNames', () => {
  it('tells metrics and labels from functions, keywords, numbers and texts', () => {
    const expr = `max by (job, le) (rate(a_total{x="b{", y=~"c"}[5m] offset 1d)) > on (z) 1e9 unless a:b == bool 2`;
    expect(promqlNames(expr)).toEqual({
      metrics: ['a_total', 'a:b'],
      matched: [
        { metric: 'a_total', label: 'x' },
        { metric: 'a_total', label: 'y' },
      ],
      listed: ['job', 'le', 'z'],
    });
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
