import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

import { BOARDS } from '../../grafana/boards.ts';
import { projectFolder, readProjectFile } from '../repo/project.ts';
import { complaintsOf, type KubernetesObject, readObjects } from '../support/kubernetes-objects.ts';

/** What an apply notes in an object may be as long as this, bytes. */
const LONGEST_NOTE = 262_144;

let objects: readonly KubernetesObject[];

beforeAll(async () => {
  const program = join(process.env['PEERS_DIRECTORY'] ?? '/', 'usr/bin/kustomize');
  const { stdout } = await promisify(execFile)(program, ['build', join(projectFolder, 'deploy/kubernetes')], {
    maxBuffer: 16 * 1024 * 1024,
  });
  objects = readObjects(stdout);
});

describe('what kustomize makes of deploy/kubernetes', () => {
  it('is admitted by the schemas, object by object', async () => {
    expect(objects.length).toBeGreaterThan(BOARDS.length + 5);
    expect(await complaintsOf(objects)).toEqual([]);
  });

  it('has each dashboard as it is, for a Grafana that looks for the label', () => {
    const maps = objects.filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');
    const data = Object.assign({}, ...maps.map((map) => map['data'])) as Readonly<Record<string, string>>;
    expect(Object.keys(data)).toHaveLength(BOARDS.length);
    for (const [name, text] of Object.entries(data)) expect(text).toBe(readProjectFile(`grafana/dashboards/${name}`));
  });

  it('has no object that kubectl apply could not note', () => {
    const sizes = objects.map(
      ({ metadata: { name }, ...rest }) => [name, Buffer.byteLength(JSON.stringify(rest))] as const,
    );
    expect(sizes.filter(([, bytes]) => bytes > LONGEST_NOTE)).toEqual([]);
  });
});
