import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { CronJob } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { ConfigMap, PersistentVolumeClaim, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

import { projectFolder } from '../repo/project.ts';

/** An object as Kubernetes is given it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

/** Where the models of a version are imported from, and those of the kinds that are shipped. */
const MODULES = {
  v1: ['kubernetes-models/v1', [ConfigMap, PersistentVolumeClaim, Secret, Service, ServiceAccount]],
  'apps/v1': ['kubernetes-models/apps/v1', [Deployment]],
  'batch/v1': ['kubernetes-models/batch/v1', [CronJob]],
  'networking.k8s.io/v1': ['kubernetes-models/networking.k8s.io/v1', [NetworkPolicy]],
  'monitoring.coreos.com/v1': [
    '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
    [PrometheusRule, ServiceMonitor],
  ],
} as const;

/** The objects of a file; throws for what is no sound YAML. */
export function readObjects(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}

/**
 * What is wrong with objects: by the schemas of Kubernetes and of the Prometheus operator, and by the types made from
 * the same, which also know which fields there are not.
 */
export async function complaintsOf(all: readonly KubernetesObject[]): Promise<readonly string[]> {
  const objects = all.map(withoutNewer);
  return [...objects.flatMap(schemaComplaints), ...(await typeComplaints(objects))];
}

/**
 * Without what the operator takes since its version 0.67, and models know that want a newer Node; that the rules
 * themselves are sound promtool says.
 */
function withoutNewer(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'PrometheusRule') return object;
  const text = JSON.stringify(object, (key, value: unknown) => (key === 'keep_firing_for' ? undefined : value));
  return JSON.parse(text) as KubernetesObject;
}

function schemaComplaints(object: KubernetesObject): readonly string[] {
  const [, models = []] = modelsOf(object.apiVersion) ?? [];
  const Model = models.find(({ kind }) => kind === object.kind);
  if (Model === undefined) return [`${object.apiVersion} ${object.kind}: no schema`];
  try {
    new Model(object as never).validate();
    return [];
  } catch (error) {
    return [`${object.kind} ${object.metadata.name}: ${(error as Error).message}`];
  }
}

function modelsOf(apiVersion: string) {
  return apiVersion in MODULES ? MODULES[apiVersion as keyof typeof MODULES] : undefined;
}

/** Lets the compiler say of each object whether it is what its interface admits: a literal may have no other field. */
async function typeComplaints(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const known = objects.filter(({ apiVersion }) => modelsOf(apiVersion) !== undefined);
  const lines = known.map((object) => {
    const type = `import('${modelsOf(object.apiVersion)?.[0]}').I${object.kind}`;
    return `export const ${object.kind}_${object.metadata.name.replaceAll(/\W/g, '_')}: ${type} = ${JSON.stringify(object)};`;
  });
  const build = join(projectFolder, 'build');
  await mkdir(build, { recursive: true });
  const folder = await mkdtemp(join(build, 'kubernetes-'));
  try {
    await writeFile(join(folder, 'objects.mts'), lines.join('\n'));
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--ignoreConfig',
      '--pretty',
      'false',
    ];
    const compiler = join(projectFolder, 'node_modules/.bin/tsc');
    await promisify(execFile)(compiler, [...options, 'objects.mts'], { cwd: folder });
    return [];
  } catch (error) {
    const { stdout = String(error) } = error as { readonly stdout?: string };
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
