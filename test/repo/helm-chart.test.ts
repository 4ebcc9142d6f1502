import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { BOARDS } from '../../grafana/boards.ts';
import { renderTemplates } from '../support/go-template.ts';
import { complaintsOf, type KubernetesObject, readObjects } from '../support/kubernetes-objects.ts';
import { projectFolder, readProjectFile } from './project.ts';

type Values = Readonly<Record<string, unknown>>;

const CHART = 'deploy/helm/walguard';
const PACKED = join(projectFolder, 'build/chart/walguard');

const EVERYTHING: Values = {
  imagePullSecrets: [{ name: 'registry' }],
  extraArgs: ['--collector.stat_statements', '--log.level=debug'],
  extraVolumes: [{ name: 'archive', persistentVolumeClaim: { claimName: 'archive', readOnly: true } }],
  extraVolumeMounts: [{ name: 'archive', mountPath: '/archive', readOnly: true }],
  service: { port: 9187, annotations: { a: 'b' } },
  podAnnotations: { c: 'd' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  serviceMonitor: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
  prometheusRule: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
  dashboards: { enabled: true },
  drill: { enabled: true },
};

/** As Helm does: what is given goes into the defaults. */
function merged(defaults: Values, given: Values): Values {
  const isObject = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.fromEntries(
    [...new Set([...Object.keys(defaults), ...Object.keys(given)])].map((key) => {
      const [old, fresh] = [defaults[key], given[key]];
      return [key, isObject(old) && isObject(fresh) ? merged(old, fresh) : (fresh ?? old)];
    }),
  );
}

const DEFAULTS = parse(readProjectFile(`${CHART}/values.yaml`)) as Values;
const isValid = new Ajv({ strictRequired: false }).compile(
  JSON.parse(readProjectFile(`${CHART}/values.schema.json`)) as object,
);

describe('the Helm chart', () => {
  beforeAll(() => {
    execFileSync('npm', ['run', '--silent', 'chart'], { cwd: projectFolder });
  });

  function render(given: Values, name: string): string {
    const read = (path: string): string => readFileSync(join(PACKED, path), 'utf8');
    const dashboards = readdirSync(join(PACKED, 'files/dashboards')).map((each) => `files/dashboards/${each}`);
    const data = {
      Values: merged(DEFAULTS, given),
      Release: { Name: 'metrics', Namespace: 'databases', Service: 'Helm' },
      Chart: { AppVersion: (parse(read('Chart.yaml')) as { readonly appVersion: string }).appVersion },
      Files: { Get: read, Glob: () => new Map(dashboards.map((path) => [path, ''])) },
    };
    return renderTemplates([read('templates/_helpers.tpl')], read(`templates/${name}`), data);
  }

  function objectsOf(given: Values): readonly KubernetesObject[] {
    const files = readdirSync(join(PACKED, 'templates')).filter((name) => name.endsWith('.yaml'));
    return files.flatMap((name) => readObjects(render(given, name)));
  }

  it.each([
    ['as it is', {}, 5],
    ['with everything', EVERYTHING, 9 + BOARDS.length],
    ['without a NetworkPolicy', { networkPolicy: { enabled: false } }, 4],
  ])('%s gives objects that Kubernetes admits', async (_what, given, count) => {
    const objects = objectsOf(given);
    expect(objects).toHaveLength(count);
    expect(await complaintsOf(objects)).toEqual([]);
    expect(new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(count);
    expect(objects.every(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === 'metrics')).toBe(true);
  });

  it('has the rules, the dashboards and the version of walguard', () => {
    const objects = objectsOf(EVERYTHING);
    const rules = objects.find(({ kind }) => kind === 'PrometheusRule');
    const [shipped] = readObjects(readProjectFile('prometheus/walguard.prometheusrule.yaml'));
    expect(rules?.['spec']).toEqual(shipped?.['spec']);
    const boards = objects.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');
    const texts = boards.flatMap(({ data }) => Object.values(data as Readonly<Record<string, string>>));
    expect(texts.map((text) => (JSON.parse(text) as { readonly uid: string }).uid).toSorted()).toEqual(
      BOARDS.map(({ uid }) => uid).toSorted(),
    );
    const { version } = JSON.parse(readProjectFile('package.json')) as { readonly version: string };
    expect(readFileSync(join(PACKED, 'Chart.yaml'), 'utf8')).toContain(
      `\nversion: ${version}\nappVersion: ${version}\n`,
    );
    expect(JSON.stringify(objects)).toContain(`"walguard:${version}"`);
  });

  it('has in its Deployment what it was told', () => {
    const text = JSON.stringify(objectsOf(EVERYTHING).find(({ kind }) => kind === 'Deployment'));
    for (const told of [
      '--collector.stat_statements',
      '"claimName":"archive"',
      '"mountPath":"/archive"',
      '"disk":"ssd"',
    ])
      expect(text).toContain(told);
    expect(render({ existingSecret: 'mine' }, 'NOTES.txt')).toContain(
      'metrics:9187/metrics in the namespace databases',
    );
  });

  it('admits the values that it has, and all that it is shown with', () => {
    for (const given of [{}, EVERYTHING])
      expect([isValid(merged(DEFAULTS, given)), isValid.errors]).toEqual([true, null]);
  });

  it.each([
    ['a word that is misspelled', { serviceMonitr: { enabled: true } }],
    ['a port that there is not', { service: { port: 99_999 } }],
    ['an argument that is none', { extraArgs: ['collector.wal'] }],
    ['a schedule that is none', { drill: { schedule: 'daily' } }],
    ['no configuration', { config: 'none' }],
    ['a text for a switch', { networkPolicy: { enabled: 'yes' } }],
  ])('refuses %s', (_what, given) => {
    expect(isValid(merged(DEFAULTS, given))).toBe(false);
  });
});
