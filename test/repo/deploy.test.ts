import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { readCommandLine } from '../../src/cli/program.ts';
import { type ConfigFile, readConfigFile } from '../../src/config/config-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readProjectFile } from './project.ts';

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

/** Of what Kubernetes is told, what these tests look at. */
interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly concurrencyPolicy?: string;
    readonly jobTemplate?: { readonly spec: JobSpec };
  };
}

interface JobSpec {
  readonly backoffLimit: number;
  readonly template: { readonly spec: PodSpec };
}

interface PodSpec {
  readonly restartPolicy: string;
  readonly securityContext: { readonly runAsNonRoot: boolean };
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly resources: { readonly limits: object };
    readonly securityContext: object;
    readonly volumeMounts: readonly Mount[];
  }[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

/** What the words of a command line ask walguard for. */
function invocationOf(words: readonly string[]): unknown {
  let complaint = '';
  const output = { out: () => undefined, err: (text: string) => void (complaint += text) };
  const invocation = readCommandLine(words, { version: '0', collectors: [] }, output);
  return complaint === '' ? invocation : complaint;
}

function wordsOf(line: string): readonly string[] {
  return line.split('walguard drill ')[1]?.split(/\s+(?=\S)/) ?? [];
}

async function configOf(text: string): Promise<ConfigFile> {
  await using folder = await temporaryFolder();
  return readConfigFile(await folder.write('walguard.yaml', text));
}

describe('the systemd units of drills', () => {
  const service = readProjectFile('deploy/systemd/walguard-drill@.service');
  const valueOf = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(service)?.[1];

  it('run a drill of the repository they are named by, as a user who is not root', () => {
    expect(invocationOf(['drill', ...wordsOf(valueOf('ExecStart') ?? '')])).toMatchObject({
      kind: 'drill',
      repository: '%i',
      dryRun: false,
    });
    expect(valueOf('User')).toBe('walguard-drill');
    expect(valueOf('Type')).toBe('oneshot');
  });

  it('let it write to the two folders that the documentation configures, and to nothing else', async () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(readProjectFile('docs/drills.md')) ?? [];
    const { drills } = await configOf(example);
    const folders = (valueOf('StateDirectory') ?? '').split(' ').map((name) => `/var/lib/${name}`);
    expect(folders).toEqual([drills?.directory, drills?.reportsDirectory]);
    expect(valueOf('ProtectSystem')).toBe('strict');
    expect(service).not.toMatch(/^(ReadWritePaths|BindPaths)=/m);
  });
});

describe('the line for cron', () => {
  it('is one of walguard, with six fields in front', () => {
    const lines = readProjectFile('deploy/cron/walguard-drill')
      .split('\n')
      .filter((line) => /^\d/.test(line));
    expect(lines).toHaveLength(1);
    const [line = ''] = lines;
    expect(line).toMatch(/^\d+ \d+ \S+ \S+ \S+ +walguard-drill +walguard drill /);
    const [command = ''] = line.split(' 2>&1');
    expect(invocationOf(['drill', ...wordsOf(command)])).toMatchObject({ kind: 'drill', repository: 'main' });
  });
});

describe('the CronJob', () => {
  const documents = parseAllDocuments(readProjectFile('deploy/kubernetes/walguard-drill.yaml'));
  const resources = documents.map((document) => document.toJS() as Resource);
  const job = resources.find(({ kind }) => kind === 'CronJob')?.spec;
  const pod = job?.jobTemplate?.spec.template.spec;
  const [container] = pod?.containers ?? [];

  it('is sound YAML, with the resources that it needs', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(resources.map(({ kind }) => kind)).toEqual(['ConfigMap', 'PersistentVolumeClaim', 'CronJob']);
    const volumes = pod?.volumes ?? [];
    expect(container?.volumeMounts.map(({ name }) => name)).toEqual(volumes.map(({ name }) => name));
  });

  it('runs one drill at a time, once, without a right that it does not need', () => {
    expect(job?.concurrencyPolicy).toBe('Forbid');
    expect(job?.jobTemplate?.spec.backoffLimit).toBe(0);
    expect(pod).toMatchObject({ restartPolicy: 'Never', securityContext: { runAsNonRoot: true } });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container?.resources.limits).toHaveProperty('memory');
    expect(invocationOf(container?.args ?? [])).toMatchObject({ kind: 'drill', repository: 'main' });
  });

  it('has a configuration that walguard takes, and mounts all it names: the repository read-only', async () => {
    const text = resources.find(({ kind }) => kind === 'ConfigMap')?.data?.['walguard.yaml'] ?? '';
    const { repositories, drills } = await configOf(text);
    const mountOf = (path: string | undefined): Mount | undefined =>
      container?.volumeMounts.find(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`));
    const read = repositories.flatMap(({ archive, backups }) => [archive, ...backups]);
    const paths = read.map((source) => (source !== undefined && 'path' in source ? source.path : undefined));
    expect(paths.map((path) => mountOf(path)?.readOnly)).toEqual([true, true]);
    for (const path of [drills?.directory, drills?.reportsDirectory])
      expect(mountOf(path)).toEqual({ name: path?.slice(1), mountPath: path });
    expect(text).toContain('drill_interval');
  });
});
