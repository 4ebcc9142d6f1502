import { type DashboardJson, type PanelJson, queriesOf, type TargetJson } from './dashboard-model.ts';
import type { KnownSeries } from './known-families.ts';
import { nameOf } from './lint-dashboard.ts';
import { type Analysed, analyse, type Selector } from './promql.ts';

/** What Grafana puts in the place of its own variables; no query has these windows by itself. */
const WINDOWS: Readonly<Record<string, string>> = { $__rate_interval: '311s', $__range: '313s', $__interval: '317s' };

const CHOSEN = ['job=~"$job"', 'cluster=~"$cluster"', 'instance=~"$instance"'];
const OF_TARGETS = ['job', 'cluster', 'instance'];
const RATES = ['rate', 'irate', 'increase'];

/** Where counters may stand: nothing else is right over a restart. */
const OVER_COUNTERS = [...RATES, 'changes', 'resets', 'timestamp'];

export interface QueryKnowledge {
  readonly series: ReadonlyMap<string, KnownSeries>;
  /** Those that newer versions of PostgreSQL alone have. */
  readonly newer: ReadonlySet<string>;
}

/** Says what is wrong with the queries of a dashboard, its annotations' too, each as `place: rule: what`. */
export function lintQueries(dashboard: DashboardJson, knowledge: QueryKnowledge): readonly string[] {
  const ofPanels = queriesOf(dashboard).flatMap(({ panel, target, expr }) => {
    const said = panel.description ?? '';
    const complaints = [...lintQuery(expr, knowledge, said), ...lintNames(panel, target, knowledge)];
    return complaints.map((complaint) => `${nameOf(panel)} ${target.refId}: ${complaint}`);
  });
  const ofAnnotations = (dashboard.annotations?.list ?? []).flatMap(({ name, expr = '' }) =>
    lintQuery(expr, knowledge, '').map((complaint) => `annotation ${name}: ${complaint}`),
  );
  return [...ofPanels, ...ofAnnotations];
}

/** A query as a parser can read it. */
export function analyseQuery(expr: string): Analysed {
  let text = expr;
  for (const [variable, window] of Object.entries(WINDOWS)) text = text.replaceAll(variable, window);
  return analyse(text);
}

function lintQuery(expr: string, { series, newer }: QueryKnowledge, said: string): readonly string[] {
  const { errors, selectors, grouping } = analyseQuery(expr);
  if (errors.length > 0) return errors.map((error) => `promql: ${error}`);
  const labels = labelsOf(selectors, series);
  return [
    ...selectors.flatMap((selector) => lintSelector(selector, series, said)),
    ...grouping.filter((label) => !labels.has(label)).map((label) => `label: nothing in it has ${label}`),
    ...selectors
      .filter(({ name }) => newer.has(name) && !/PostgreSQL 1\d/.test(said) && said !== '')
      .map(({ name }) => `version: PostgreSQL 13 has no ${name}, which the description does not say`),
  ];
}

function lintSelector(selector: Selector, series: QueryKnowledge['series'], said: string): readonly string[] {
  const { name, labels, matchers, calledBy = '', range } = selector;
  const known = series.get(name);
  if (known === undefined) return [`metric: walguard has no ${name}`];
  const isCounter = known.type === 'counter' && !known.isCounterByNameOnly;
  const own = labels.filter((label) => !OF_TARGETS.includes(label) && !known.labels.includes(label));
  const missing = CHOSEN.filter((matcher) => !matchers.includes(matcher));
  const window = range?.slice(1, -1);
  const mayBeWhole = calledBy === 'increase' && window === WINDOWS['$__range'];
  const { switchedOnBy } = known;
  return [
    ...own.map((label) => `label: ${name} has no ${label}`),
    ...missing.map((matcher) => `target: ${name} lacks ${matcher}`),
    ...when(isCounter && !OVER_COUNTERS.includes(calledBy), `counter: ${name} is not under rate or increase`),
    ...when(!isCounter && RATES.includes(calledBy), `rate: ${name} is no counter`),
    ...when(
      RATES.includes(calledBy) && window !== WINDOWS['$__rate_interval'] && !mayBeWhole,
      `rate-interval: ${name} has a window of its own`,
    ),
    ...when(
      switchedOnBy !== undefined && !said.includes('--collector.'),
      `collector: ${name} needs --collector.${switchedOnBy}, which the description does not say`,
    ),
  ];
}

/** Labels in the names of series, and in the columns of a table. */
function lintNames(panel: PanelJson, target: TargetJson, { series }: QueryKnowledge): readonly string[] {
  const legend = Array.from(
    (target.legendFormat ?? '').matchAll(/\{\{(?<label>\w+)\}\}/g),
    ({ groups }) => groups?.['label'],
  );
  const columns = target.refId === 'A' ? columnsOf(panel) : [];
  const all = (panel.targets ?? []).flatMap(({ expr = '' }) => analyseQuery(expr).selectors);
  const ofLegend = labelsOf(analyseQuery(target.expr ?? '').selectors, series);
  const ofTable = labelsOf(all, series);
  return [
    ...legend.filter((label = '') => !ofLegend.has(label)).map((label) => `legend: no series has ${label}`),
    ...columns.filter((label) => !ofTable.has(label)).map((label) => `column: no series has ${label}`),
  ];
}

function columnsOf({ transformations = [] }: PanelJson): readonly string[] {
  const organize = transformations.find(({ id }) => id === 'organize');
  const names = Object.keys(organize?.options['renameByName'] ?? {});
  return names.filter((name) => !name.startsWith('Value'));
}

function labelsOf(selectors: readonly Selector[], series: QueryKnowledge['series']): ReadonlySet<string> {
  return new Set([...OF_TARGETS, ...selectors.flatMap(({ name }) => series.get(name)?.labels ?? [])]);
}

function when(holds: boolean, complaint: string): readonly string[] {
  return holds ? [complaint] : [];
}
