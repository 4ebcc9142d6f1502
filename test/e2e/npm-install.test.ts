import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readProjectFile } from '../repo/project.ts';
import { scrape, valueOf } from '../support/http.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard } from '../support/walguard.ts';

const run = promisify(execFile);
const { version, devDependencies } = JSON.parse(readProjectFile('package.json')) as {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};

let folder: TemporaryFolder;
let tarball: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  // The scripts of packing would build dist/ anew under the feet of other tests.
  const options = ['--ignore-scripts', '--json', '--pack-destination', folder.path];
  const { stdout } = await run('npm', ['pack', ...options], { cwd: projectDirectory, maxBuffer: 1e7 });
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[];
  tarball = join(folder.path, packed?.filename ?? '');
});
afterAll(() => folder?.[Symbol.asyncDispose]());

it('the tarball is less than 2.5 MB', async () => {
  const { size } = await stat(tarball);
  console.log(`npm pack: ${(size / 1e6).toFixed(2)} MB`);
  expect(size).toBeLessThan(2_500_000);
});

describe.each([
  ['into an empty folder', [], 'node_modules'],
  ['globally', ['--global', '--prefix', '.'], 'lib/node_modules'],
] as const)('the package, installed %s without running a script', (how, options, modules) => {
  let home: string;
  let program: string;

  beforeAll(async () => {
    home = join(folder.path, how.replaceAll(' ', '-'));
    await mkdir(home);
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...options, tarball], { cwd: home });
    program = join(home, options.length === 0 ? 'node_modules/.bin/walguard' : 'bin/walguard');
  });

  it('says its version, and finds its packs and nothing wrong in them', async () => {
    expect((await run(program, ['--version'], { cwd: home })).stdout.trim()).toBe(version);
    const { stdout } = await run(program, ['check'], { cwd: home });
    expect(stdout).toContain('queries.yaml');
  });

  it('serves the page of a real server', async () => {
    const { monitorUrl } = newestSharedServer();
    // The installed program in place of the built one, with the same arguments.
    const launcher = ['sh', '-c', `shift 2; exec '${program}' "$@"`, 'sh'];
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, launcher });
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(1);
  });

  it('has the rules and the dashboards beside it', async () => {
    const root = join(home, modules, 'walguard');
    const rules = await readFile(join(root, 'prometheus/rules/server.yml'), 'utf8');
    expect(rules).toBe(readProjectFile('prometheus/rules/server.yml'));
    expect(await readdir(join(root, 'grafana/dashboards'))).toContain('walguard-recoverability.json');
  });

  it('brings nothing that only its development needs', async () => {
    const { stdout } = await run('find', [join(home, modules), '-name', 'package.json', '-path', '*/node_modules/*']);
    const installed = new Set(
      stdout.split('\n').map((path) => path.split('/node_modules/').at(-1)?.replace('/package.json', '')),
    );
    expect(installed).toContain('walguard');
    expect(installed).toContain('pg');
    expect(Object.keys(devDependencies).filter((name) => installed.has(name))).toEqual([]);
  });
});

describe('npx in a folder where it is installed', () => {
  it('starts it', async () => {
    const home = join(folder.path, 'into-an-empty-folder');
    const { stdout } = await run('npx', ['--no', '--', 'walguard', '--version'], { cwd: home });
    expect(stdout.trim()).toBe(version);
  });
});
