import {
  allOf,
  type DashboardJson,
  type LinkJson,
  type PanelJson,
  panelsOf,
  type VariableJson,
} from './dashboard-model.ts';

/** Ids of units that Grafana 10.4 knows, as far as they are in use. */
const UNITS = [
  'Bps',
  'bool_yes_no',
  'bytes',
  'cps',
  'dateTimeFromNow',
  'none',
  'ops',
  'percentunit',
  'reqps',
  's',
  'short',
  'string',
];

/** Types of panels in Grafana 10.4, with the options and the settings of fields that they have there. */
const OPTIONS: Readonly<Record<string, { readonly options: string; readonly custom: string }>> = {
  stat: { options: 'colorMode graphMode justifyMode orientation reduceOptions text textMode', custom: '' },
  timeseries: {
    options: 'legend tooltip timezone',
    custom:
      'drawStyle fillOpacity gradientMode hideFrom lineInterpolation lineStyle lineWidth pointSize showPoints spanNulls stacking thresholdsStyle',
  },
  'state-timeline': {
    options: 'alignValue legend mergeValues rowHeight showValue timezone tooltip',
    custom: 'fillOpacity hideFrom lineWidth',
  },
  table: {
    options: 'cellHeight footer frameIndex showHeader showTypeIcons sortBy',
    custom: 'align cellOptions filterable hidden inspect minWidth width',
  },
  bargauge: {
    options: 'displayMode minVizHeight minVizWidth orientation reduceOptions showUnfilled text valueMode',
    custom: '',
  },
};

const TRANSFORMATIONS = ['merge', 'organize'];

/** Says what is wrong with a dashboard but for its queries, each as `place: rule: what`. */
export function lintDashboard(dashboard: DashboardJson, uids: readonly string[]): readonly string[] {
  return [
    ...lintHead(dashboard),
    ...lintVariables(dashboard),
    ...lintLinks(dashboard, uids),
    ...lintIds(dashboard),
    ...lintGrid(dashboard),
    ...panelsOf(dashboard).flatMap((panel) => lintPanel(panel).map((complaint) => `${nameOf(panel)}: ${complaint}`)),
  ];
}

export function nameOf({ id, title }: PanelJson): string {
  return `panel ${id} ${title}`;
}

function lintHead(dashboard: DashboardJson): readonly string[] {
  const { uid = '', title = '', description = '', schemaVersion, tags = [], editable } = dashboard;
  return [
    ...when(!/^[\w-]{1,40}$/.test(uid), `uid: ${uid} is none`),
    ...when(title === '' || description === '', 'title: title or description is missing'),
    ...when(schemaVersion !== 36, `schema: ${schemaVersion} is not 36`),
    ...when(!tags.includes('walguard'), 'tags: walguard is missing, by which the dashboards find each other'),
    ...when(editable !== false, 'editable: changes would be lost with the next version'),
    ...when(dashboard.id !== undefined, 'id: the database of each Grafana has its own'),
    ...when('__inputs' in dashboard, 'inputs: provisioning does not fill them'),
  ];
}

function lintVariables(dashboard: DashboardJson): readonly string[] {
  const variables = dashboard.templating?.list ?? [];
  const names = variables.map(({ name }) => name);
  const [first] = variables;
  const wanted = ['job', 'cluster', 'instance'].filter((name) => !names.includes(name));
  const used = Array.from(
    JSON.stringify(dashboard).matchAll(/\$\{?(?<name>[a-zA-Z_]\w*)/g),
    ({ groups }) => groups?.['name'],
  );
  const unknown = new Set(used.filter((name = '') => !name.startsWith('__') && !names.includes(name)));
  const isFirst = first?.type === 'datasource' && first.name === 'datasource' && first.label === 'Data source';
  return [
    ...when(!isFirst, 'template-datasource: the first variable must be the data source'),
    ...wanted.map((name) => `template-${name}: there is no such variable`),
    ...Array.from(unknown, (name) => `variables: ${name} is used and not defined`),
    ...variables.filter(({ type }) => type === 'query').flatMap(lintQueryVariable),
  ];
}

function lintQueryVariable(variable: VariableJson): readonly string[] {
  const { name, label = '', query = '', refresh, multi, includeAll, allValue, datasource } = variable;
  const all = name === 'cluster' ? '.*' : '.+';
  return [
    ...when(!/^[A-Z]/.test(label), `template-label: variable ${name} has no label`),
    ...when(!/^label_values\(\w+(?:\{.*\})?, \w+\)$/.test(query), `template-query: ${query} lists no values`),
    ...when(refresh !== 2, `template-refresh: ${name} must follow the time that is shown`),
    ...when(multi !== true || includeAll !== true || allValue !== all, `template-all: ${name} must offer all, ${all}`),
    ...when(datasource?.uid !== '${datasource}', `template-source: ${name} asks another data source`),
  ];
}

function lintLinks(dashboard: DashboardJson, uids: readonly string[]): readonly string[] {
  const [main] = dashboard.links ?? [];
  const leads = main?.tags?.includes('walguard') === true && main.includeVars === true && main.keepTime === true;
  const urls = Array.from(
    JSON.stringify(dashboard).matchAll(/"url":"(?<url>[^"]*)"/g),
    ({ groups }) => groups?.['url'] ?? '',
  );
  return [
    ...when(!leads, 'links: there is no link to the others that keeps variables and time'),
    ...urls.flatMap((url) => lintUrl(url, uids)),
  ];
}

function lintUrl(url: string, uids: readonly string[]): readonly string[] {
  const uid = /^\/d\/(?<uid>[\w-]+)\?/.exec(url)?.groups?.['uid'] ?? '';
  const carries = url.includes('${__all_variables}') || url.includes('${job:queryparam}');
  return [
    ...when(!uids.includes(uid), `links: ${url} leads nowhere`),
    ...when(!carries || !url.includes('${__url_time_range}'), `links: ${url} drops what was chosen`),
  ];
}

function lintIds(dashboard: DashboardJson): readonly string[] {
  const ids = allOf(dashboard).map(({ id }) => id ?? 0);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  return [
    ...ids.filter((id) => !Number.isInteger(id) || id < 1).map((id) => `ids: ${id} is none`),
    ...twice.map((id) => `ids: ${id} is there twice`),
  ];
}

/** Panels must not overlap nor stand off the grid; those of a closed row are looked at by themselves. */
function lintGrid({ panels = [] }: DashboardJson): readonly string[] {
  return [panels, ...panels.map(({ panels: inner = [] }) => inner)].flatMap((group) => [
    ...group.filter(isOffGrid).map((panel) => `grid: ${nameOf(panel)} stands off the grid`),
    ...group.flatMap((panel, index) =>
      group
        .slice(index + 1)
        .filter((other) => overlap(panel, other))
        .map((other) => `grid: ${nameOf(panel)} and ${nameOf(other)} overlap`),
    ),
  ]);
}

function isOffGrid({ gridPos }: PanelJson): boolean {
  if (gridPos === undefined) return true;
  const { x, y, w, h } = gridPos;
  return x < 0 || y < 0 || w < 1 || h < 1 || x + w > 24;
}

function overlap({ gridPos: a }: PanelJson, { gridPos: b }: PanelJson): boolean {
  if (a === undefined || b === undefined) return false;
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function lintPanel(panel: PanelJson): readonly string[] {
  const { title = '', description = '', datasource, targets = [], type } = panel;
  const refIds = targets.map(({ refId }) => refId);
  const foreign = [datasource, ...targets.map((target) => target.datasource)].filter(
    (each) => each?.uid !== '${datasource}',
  );
  return [
    ...when(title === '' || description.length < 20, 'title-description: one of them is missing'),
    ...when(!/Good: /.test(description), 'description: it does not say what good looks like'),
    ...when(foreign.length > 0, 'datasource: it is not the one that the variable chooses'),
    ...when(targets.length === 0, 'targets: it asks nothing'),
    ...when(new Set(refIds).size < refIds.length, 'ref-ids: two queries have one id'),
    ...(type in OPTIONS ? lintLooks(panel) : [`type: ${type} is not in Grafana 10.4, or not in use`]),
  ];
}

function lintLooks(panel: PanelJson): readonly string[] {
  const { options = {}, fieldConfig = {}, transformations = [], type, targets = [], links = [] } = panel;
  const { defaults = {}, overrides = [] } = fieldConfig;
  const properties = overrides.flatMap((override) => override.properties);
  const units = [defaults.unit, ...properties.filter(({ id }) => id === 'unit').map(({ value }) => value)];
  const known = OPTIONS[type];
  const steps = [defaults.thresholds, ...properties.filter(({ id }) => id === 'thresholds').map(({ value }) => value)];
  const custom = [
    ...Object.keys(defaults.custom ?? {}),
    ...properties.flatMap(({ id }) => (id.startsWith('custom.') ? [id.slice('custom.'.length)] : [])),
  ];
  return [
    ...unknownOf(Object.keys(options), known?.options).map((name) => `options: Grafana 10.4 has no option ${name}`),
    ...unknownOf(custom, known?.custom).map((name) => `options: Grafana 10.4 has no setting ${name}`),
    ...units
      .filter((unit) => !(UNITS as readonly unknown[]).includes(unit) && !(unit === undefined && type === 'table'))
      .map((unit) => `unit: ${String(unit)} is none`),
    ...when(defaults.thresholds === undefined, 'thresholds: without any Grafana makes what is above 80 red'),
    ...when(steps.some(isDefault), 'thresholds: 80 is what Grafana begins with'),
    ...when(
      type !== 'timeseries' && type !== 'state-timeline' && (defaults.noValue ?? '') === '',
      'no-value: it says nothing where there is none',
    ),
    ...when(
      type !== 'table' && targets.some(({ legendFormat = '' }) => legendFormat === ''),
      'legend: a series has no name',
    ),
    ...transformations
      .filter(({ id }) => !TRANSFORMATIONS.includes(id))
      .map(({ id }) => `transformations: ${id} was not looked up in Grafana 10.4`),
    ...links.filter((link: LinkJson) => (link.title ?? '') === '').map(() => 'links: one has no title'),
  ];
}

function unknownOf(names: readonly string[], known = ''): readonly string[] {
  return names.filter((name) => !known.split(' ').includes(name));
}

function isDefault(thresholds: unknown): boolean {
  const { steps = [] } = (thresholds ?? {}) as { readonly steps?: readonly { readonly value: number | null }[] };
  return steps.some(({ value }) => value === 80);
}

function when(holds: boolean, complaint: string): readonly string[] {
  return holds ? [complaint] : [];
}
