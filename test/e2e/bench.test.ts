import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from '../../bench/report.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

it('npm run bench measures walguard and the bare client, says what is missing, and writes what it found', async () => {
  await using folder = await temporaryFolder();
  const node = (args: readonly string[]): Promise<{ readonly stdout: string }> =>
    run(process.execPath, args, { cwd: projectDirectory, env: { ...process.env, PEERS_DIRECTORY: folder.path } });
  await node([join(projectDirectory, 'node_modules/typescript/bin/tsc'), '-p', 'bench']);
  const scenarios = ['--only', 'pack,defaults', '--tables', '20', '--rounds', '2', '--delay', '0,2'];
  const { stdout } = await node(['build/compiled/bench/main.js', ...scenarios, '--out', folder.path]);

  expect(stdout).toContain('Missing: pg_exporter is not there');
  const report = JSON.parse(await readFile(join(folder.path, 'bench.json'), 'utf8')) as Report;
  const page = await readFile(join(folder.path, 'bench.md'), 'utf8');
  expect(report.missing).toHaveLength(2);
  expect(report.findings.map(({ subject, delayMs }) => `${subject} ${delayMs}`)).toEqual([
    'walguard 0',
    'bare client 0',
    'walguard 2',
    'bare client 2',
  ]);
  for (const { latencyMs, failed, turns, connections } of report.findings) {
    expect(latencyMs.p50).toBeGreaterThan(0);
    expect({ failed, turns, connections }).toEqual({ failed: [], turns: 2, connections: 2 });
  }
  expect(report.findings[0]?.samples).toBeGreaterThan(1_000);
  expect(page).toContain('| defaults | bare client | 20 | 2 |');
});
