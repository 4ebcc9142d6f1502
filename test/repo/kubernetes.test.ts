import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { boardFile, BOARDS } from '../../grafana/boards.ts';
import { readConfigFile } from '../../src/config/config-file.ts';
import { complaintsOf, type KubernetesObject, readObjects } from '../support/kubernetes-objects.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { listProjectFiles, readProjectFile } from './project.ts';

interface Kustomization {
  readonly resources?: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
}

const manifests = listProjectFiles().filter(
  (path) => /^deploy\/kubernetes\/.*\.yaml$/.test(path) && !path.endsWith('kustomization.yaml'),
);
const walguard = readObjects(readProjectFile('deploy/kubernetes/walguard.yaml'));

const KINDS = [
  'ConfigMap',
  'CronJob',
  'Deployment',
  'NetworkPolicy',
  'PersistentVolumeClaim',
  'PrometheusRule',
  'Secret',
  'Service',
  'ServiceAccount',
  'ServiceMonitor',
];

function objectOf(kind: string): KubernetesObject {
  const found = walguard.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`There is no ${kind}.`);
  return found;
}

/** The same objects after a change to their text. */
function changed(from: string, to: string): readonly KubernetesObject[] {
  const text = readProjectFile('deploy/kubernetes/walguard.yaml');
  expect(text).toContain(from);
  return readObjects(text.replace(from, to));
}

describe('the manifests of Kubernetes', () => {
  it('are what its schemas and those of the Prometheus operator admit', async () => {
    const files = [...manifests, 'prometheus/walguard.prometheusrule.yaml'];
    const objects = files.flatMap((path) => readObjects(readProjectFile(path)));
    expect(new Set(objects.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    expect(await complaintsOf(objects)).toEqual([]);
  });

  it.each([
    ['a field that there is not', 'replicas: 1', 'replica: 1', /"replica"' does not exist/],
    ['one that there is elsewhere', 'readOnlyRootFilesystem', 'runAsRoot', /"runAsRoot"' does not exist/],
    ['a text for a number', 'containerPort: 9187', 'containerPort: metrics', /containerPort must be integer/],
    ['a word that is none of a list', '[Ingress, Egress]', '{}', /policyTypes must be array/],
    [
      'what has to be there and is not',
      '          image: walguard\n          args',
      '          image: 1\n          args',
      /image/,
    ],
  ])('would not be admitted with %s', async (_what, from, to, complaint) => {
    expect((await complaintsOf(changed(from, to))).join('\n')).toMatch(complaint);
  });

  it('would not be admitted of a kind that has no schema', async () => {
    expect(await complaintsOf(changed('kind: Service\n', 'kind: Servise\n'))).toContain('v1 Servise: no schema');
  });

  it('give walguard no right that it does not need', () => {
    const { template } = objectOf('Deployment')['spec'] as {
      readonly template: {
        readonly spec: Readonly<Record<string, unknown>> & { readonly containers: readonly object[] };
      };
    };
    expect(template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(template.spec.containers).toMatchObject([
      {
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        livenessProbe: { httpGet: { path: '/-/healthy' } },
        readinessProbe: { httpGet: { path: '/-/ready' } },
      },
    ]);
    expect(objectOf('ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
  });

  it('have a configuration that walguard takes, with the password where the Secret is mounted', async () => {
    const data = objectOf('ConfigMap')['data'] as Readonly<Record<string, string>>;
    await using folder = await temporaryFolder();
    const config = readConfigFile(await folder.write('walguard.yaml', data['walguard.yaml'] ?? ''));
    expect(config).toBeDefined();
    expect(data['walguard.yaml']).toContain('pass_file: /run/secrets/walguard/password');
    expect(readProjectFile('deploy/kubernetes/secret.example.yaml')).toMatch(/stringData:\n {2}password:/);
  });

  it('are put together with the rules and with each dashboard', () => {
    const all = parse(readProjectFile('deploy/kubernetes/kustomization.yaml')) as Kustomization;
    expect(all.resources).toEqual([
      'walguard.yaml',
      'servicemonitor.yaml',
      '../../prometheus',
      '../../grafana/dashboards',
    ]);
    const dashboards = parse(readProjectFile('grafana/dashboards/kustomization.yaml')) as Kustomization;
    const files = (dashboards.configMapGenerator ?? []).flatMap((map) => map.files);
    expect(files.toSorted()).toEqual(BOARDS.map((board) => boardFile(board).name).toSorted());
  });
});
