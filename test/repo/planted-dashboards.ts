import type { DashboardJson, PanelJson } from '../support/dashboard-model.ts';

/** A way to spoil a sound dashboard, and the rule that must object. */
interface Planted {
  readonly title: string;
  readonly rule: string;
  readonly spoil: (dashboard: DashboardJson) => DashboardJson;
}

/** Spoils a panel of this type, the first there is. */
function panel(type: string, change: (panel: PanelJson) => PanelJson): Planted['spoil'] {
  return (dashboard) => {
    const index = (dashboard.panels ?? []).findIndex((each) => each.type === type);
    return { ...dashboard, panels: (dashboard.panels ?? []).map((each, at) => (at === index ? change(each) : each)) };
  };
}

/** Puts another query into the place of the first of a panel. */
function query(expr: string, legendFormat = 'x'): Planted['spoil'] {
  return panel('timeseries', (each) => ({
    ...each,
    targets: (each.targets ?? []).map((target, index) => (index === 0 ? { ...target, expr, legendFormat } : target)),
  }));
}

function lacking(each: PanelJson, key: keyof PanelJson): PanelJson {
  return Object.fromEntries(Object.entries(each).filter(([name]) => name !== key)) as unknown as PanelJson;
}

function defaults(change: object): Planted['spoil'] {
  return panel('stat', (each) => ({
    ...each,
    fieldConfig: { ...each.fieldConfig, defaults: { ...each.fieldConfig?.defaults, ...change } },
  }));
}

function variable(name: string, change: object): Planted['spoil'] {
  return (dashboard) => ({
    ...dashboard,
    templating: {
      list: (dashboard.templating?.list ?? []).map((each) => (each.name === name ? { ...each, ...change } : each)),
    },
  });
}

function without(name: string): Planted['spoil'] {
  return (dashboard) => ({
    ...dashboard,
    templating: { list: (dashboard.templating?.list ?? []).filter((each) => each.name !== name) },
  });
}

const CHOSEN = 'job=~"$job",cluster=~"$cluster",instance=~"$instance"';

export const PLANTED: readonly Planted[] = [
  { title: 'a number of its own in the database', rule: 'id', spoil: (each) => ({ ...each, id: 38 }) },
  { title: 'inputs of an export', rule: 'inputs', spoil: (each) => ({ ...each, __inputs: [] }) },
  { title: 'a newer schema', rule: 'schema', spoil: (each) => ({ ...each, schemaVersion: 42 }) },
  { title: 'a dashboard that can be changed', rule: 'editable', spoil: (each) => ({ ...each, editable: true }) },
  { title: 'a uid that is too long', rule: 'uid', spoil: (each) => ({ ...each, uid: 'w'.repeat(41) }) },
  { title: 'a dashboard without the tag', rule: 'tags', spoil: (each) => ({ ...each, tags: [] }) },
  { title: 'no variable for the data source', rule: 'template-datasource', spoil: without('datasource') },
  { title: 'no variable for jobs', rule: 'template-job', spoil: without('job') },
  { title: 'a variable that is used and not there', rule: 'variables', spoil: without('instance') },
  { title: 'a variable that stays as it was', rule: 'template-refresh', spoil: variable('job', { refresh: 1 }) },
  { title: 'a variable without a label', rule: 'template-label', spoil: variable('job', { label: 'job' }) },
  { title: 'a variable that is no list of values', rule: 'template-query', spoil: variable('job', { query: 'up' }) },
  { title: 'a variable that offers one value', rule: 'template-all', spoil: variable('job', { multi: false }) },
  { title: 'no link to the others', rule: 'links', spoil: (each) => ({ ...each, links: [] }) },
  {
    title: 'a link that leads nowhere',
    rule: 'links',
    spoil: panel('stat', (each) => ({
      ...each,
      links: [{ title: 'x', url: '/d/gone?${__all_variables}&${__url_time_range}' }],
    })),
  },
  {
    title: 'a link that drops what was chosen',
    rule: 'links',
    spoil: panel('stat', (each) => ({ ...each, links: [{ title: 'x', url: '/d/walguard-fleet?x=1' }] })),
  },
  { title: 'an id that is there twice', rule: 'ids', spoil: panel('stat', (each) => ({ ...each, id: 201 })) },
  { title: 'a panel without an id', rule: 'ids', spoil: panel('stat', (each) => lacking(each, 'id')) },
  {
    title: 'panels that overlap',
    rule: 'grid',
    spoil: panel('table', (each) => ({ ...each, gridPos: { x: 0, y: 0, w: 24, h: 20 } })),
  },
  {
    title: 'a panel off the grid',
    rule: 'grid',
    spoil: panel('stat', (each) => ({ ...each, gridPos: { x: 22, y: 400, w: 4, h: 4 } })),
  },
  {
    title: 'a panel without a description',
    rule: 'title-description',
    spoil: panel('stat', (each) => lacking(each, 'description')),
  },
  {
    title: 'a description that does not say what good looks like',
    rule: 'description',
    spoil: panel('stat', (each) => ({ ...each, description: 'The exposure, in seconds of commits.' })),
  },
  {
    title: 'a data source that is written down',
    rule: 'datasource',
    spoil: panel('stat', (each) => ({ ...each, datasource: { uid: 'prometheus' } })),
  },
  { title: 'a panel without a query', rule: 'targets', spoil: panel('stat', (each) => ({ ...each, targets: [] })) },
  {
    title: 'two queries of one id',
    rule: 'ref-ids',
    spoil: panel('stat', (each) => ({ ...each, targets: [...(each.targets ?? []), ...(each.targets ?? [])] })),
  },
  {
    title: 'a type of panel of another time',
    rule: 'type',
    spoil: panel('stat', (each) => ({ ...each, type: 'graph' })),
  },
  {
    title: 'an option that Grafana 10.4 does not have',
    rule: 'options',
    spoil: panel('stat', (each) => ({ ...each, options: { ...each.options, percentChangeColorMode: 'standard' } })),
  },
  { title: 'a unit that is none', rule: 'unit', spoil: defaults({ unit: 'furlongs' }) },
  { title: 'a panel without a unit', rule: 'unit', spoil: defaults({ unit: undefined }) },
  { title: 'no thresholds, so those of Grafana', rule: 'thresholds', spoil: defaults({ thresholds: undefined }) },
  {
    title: 'the thresholds that Grafana begins with',
    rule: 'thresholds',
    spoil: defaults({ thresholds: { steps: [{ value: null }, { value: 80 }] } }),
  },
  { title: 'a number that may be nothing', rule: 'no-value', spoil: defaults({ noValue: '' }) },
  {
    title: 'series without a name',
    rule: 'legend',
    spoil: query(`pg_recovery_point_exposure_seconds{${CHOSEN}}`, ''),
  },
  {
    title: 'a name of series by a label that they lack',
    rule: 'legend',
    spoil: query(`pg_recovery_point_exposure_seconds{${CHOSEN}}`, '{{slot_name}}'),
  },
  {
    title: 'a column for a label that no series has',
    rule: 'column',
    spoil: panel('table', (each) => ({
      ...each,
      transformations: [{ id: 'organize', options: { renameByName: { colour: 'Colour' } } }],
    })),
  },
  { title: 'a query that is cut off', rule: 'promql', spoil: query(`sum(pg_up{${CHOSEN}}`) },
  { title: 'a rate without a range', rule: 'promql', spoil: query(`rate(pg_wal_bytes_total{${CHOSEN}})`) },
  { title: 'a sum over a range', rule: 'promql', spoil: query(`sum(pg_up{${CHOSEN}}[5m])`) },
  { title: 'a set with a number', rule: 'promql', spoil: query(`pg_up{${CHOSEN}} or 0`) },
  { title: 'a metric that walguard does not have', rule: 'metric', spoil: query(`pg_replication_lag{${CHOSEN}}`) },
  { title: 'a label in a selector that the metric lacks', rule: 'label', spoil: query(`pg_up{${CHOSEN},state="x"}`) },
  {
    title: 'a grouping by a label that the metric lacks',
    rule: 'label',
    spoil: query(`sum by (host) (pg_up{${CHOSEN}})`),
  },
  { title: 'a selector that ignores what was chosen', rule: 'target', spoil: query('pg_up') },
  { title: 'a counter as it is', rule: 'counter', spoil: query(`pg_wal_bytes_total{${CHOSEN}}`) },
  {
    title: 'a counter of a compatible name as it is',
    rule: 'counter',
    spoil: query(`pg_stat_database_xact_commit{${CHOSEN}}`),
  },
  { title: 'the rate of a gauge', rule: 'rate', spoil: query(`rate(pg_wal_lsn_bytes{${CHOSEN}}[$__rate_interval])`) },
  {
    title: 'a rate over a window of its own',
    rule: 'rate-interval',
    spoil: query(`rate(pg_wal_bytes_total{${CHOSEN}}[5m])`),
  },
  {
    title: 'a collector that is off, without a word',
    rule: 'collector',
    spoil: query(`rate(pg_stat_statements_seconds_total{${CHOSEN}}[$__rate_interval])`),
  },
  {
    title: 'what PostgreSQL 13 does not have, without a word',
    rule: 'version',
    spoil: query(`rate(pg_stat_wal_records_total{${CHOSEN}}[$__rate_interval])`),
  },
];
