import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectFolder } from './project.ts';

type TestStatus = 'passed' | 'failed' | 'skipped';

interface Summary {
  readonly exitCode: number | null;
  readonly unsteady: readonly string[];
  readonly failures: readonly string[];
  readonly lastLine: string | undefined;
}

describe('the count that .ci/run ends with', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'walguard-summary-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function writeSteps(exitCodes: Readonly<Record<string, number>>): void {
    const rows = Object.entries(exitCodes).map(([name, exitCode]) => `${name}\t${exitCode}\t1\n`);
    writeFileSync(join(folder, 'steps.tsv'), rows.join(''));
  }

  /** Writes a report of vitest's JSON reporter: for each file its tests' outcomes, or none for a file that broke. */
  function writeReport(suite: string, files: Readonly<Record<string, readonly TestStatus[]>>): void {
    const testResults = Object.entries(files).map(([name, statuses]) => ({
      name: `/somewhere/${name}`,
      status: statuses.length > 0 && statuses.every((status) => status === 'passed') ? 'passed' : 'failed',
      message: statuses.length === 0 ? 'Cannot find module' : '',
      assertionResults: statuses.map((status, index) => ({ fullName: `${name} ${index}`, status })),
    }));
    writeFileSync(join(folder, `${suite}.json`), JSON.stringify({ testResults }));
  }

  function writeSoundReports(): void {
    for (const suite of ['test', ...nodeSteps]) {
      writeReport(suite, {
        'test/unit/a.test.ts': ['passed', 'passed'],
        'test/repo/a.test.ts': ['passed'],
        'test/integration/a.test.ts': ['passed'],
      });
    }
    writeReport('archiver', { 'test/archiver/a.test.ts': ['passed'] });
    writeReport('e2e', { 'test/e2e/a.test.ts': ['passed'] });
    writeReport('docker', { 'test/docker/a.test.ts': ['passed'] });
  }

  function summarise(): Summary {
    const run = spawnSync(process.execPath, [join(projectFolder, '.ci/summary.mjs'), folder], { encoding: 'utf8' });
    const lines = run.stdout.trimEnd().split('\n');
    const told = (word: string): readonly string[] =>
      lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    return { exitCode: run.status, unsteady: told('UNSTEADY'), failures: told('FAILED'), lastLine: lines.at(-1) };
  }

  const nodeSteps = ['test-node-20', 'test-node-22', 'test-node-24', 'test-node-26'];
  const allNodesPassed = Object.fromEntries(nodeSteps.map((name) => [name, 0]));
  const checksPassed = { lint: 0, typecheck: 0, format: 0, knip: 0 };
  const allPassed = { test: 0, ...checksPassed, ...allNodesPassed, archiver: 0, prometheus: 0, e2e: 0, docker: 0 };

  it('counts each test once and each check once', () => {
    writeSteps(allPassed);
    writeSoundReports();
    expect(summarise()).toEqual({ exitCode: 0, unsteady: [], failures: [], lastLine: '27 passed, 0 failed' });
  });

  it('counts failed and skipped tests, files that broke, and checks and preparations that failed', () => {
    writeSteps({ ...allPassed, test: 1, lint: 1, prometheus: 100 });
    writeSoundReports();
    writeReport('test', {
      'test/unit/a.test.ts': ['passed', 'failed', 'skipped'],
      'test/repo/a.test.ts': [],
      'test/integration/a.test.ts': ['passed'],
    });
    expect(summarise()).toEqual({
      exitCode: 3,
      unsteady: [],
      failures: [
        'test: test/unit/a.test.ts 1 (failed)',
        'test: test/unit/a.test.ts 2 (skipped)',
        'test: /somewhere/test/repo/a.test.ts (Cannot find module)',
        'lint ended with exit code 1',
        'prometheus ended with exit code 100',
      ],
      lastLine: '24 passed, 5 failed',
    });
  });

  it('counts a file that was tried again as it ended then, and names what passed only then', () => {
    writeSteps({ ...allPassed, e2e: 1, 'e2e-again': 1, test: 1, 'test-again': 0 });
    writeSoundReports();
    const failed = { 'test/repo/a.test.ts': ['failed', 'passed'] } as const;
    const sound = { 'test/unit/a.test.ts': ['passed'], 'test/integration/a.test.ts': ['passed'] } as const;
    writeReport('test', { ...sound, ...failed });
    writeReport('test-again', { 'test/repo/a.test.ts': ['passed', 'passed'] });
    writeReport('e2e', { 'test/e2e/a.test.ts': ['failed'], 'test/e2e/b.test.ts': ['passed'] });
    writeReport('e2e-again', { 'test/e2e/a.test.ts': ['failed'] });
    expect(summarise()).toEqual({
      exitCode: 3,
      unsteady: ['test: test/repo/a.test.ts 0'],
      failures: ['e2e: test/e2e/a.test.ts 0 (failed)'],
      lastLine: '27 passed, 1 failed',
    });
  });

  it('takes a suite that says nothing for a failed one', () => {
    writeSteps({ ...allPassed, test: 1, docker: 137 });
    writeSoundReports();
    writeReport('e2e', {});
    writeFileSync(join(folder, 'docker.json'), '{"testResults":[');
    expect(summarise().failures).toEqual([
      'test ended with exit code 1, though no test failed',
      'e2e: no test of test/e2e/ ran',
      'docker ended with exit code 137 and left no report',
    ]);
  });

  it('takes a step that was never reached for a failed one', () => {
    writeSteps({ test: 0, lint: 0, typecheck: 0, 'test-node-20': 0, 'test-node-22': 0, 'test-node-24': 0 });
    writeSoundReports();
    expect(summarise()).toEqual({
      exitCode: 3,
      unsteady: [],
      failures: [
        'format did not run',
        'knip did not run',
        'test-node-26 did not run',
        'archiver did not run',
        'e2e did not run',
        'docker did not run',
      ],
      lastLine: '18 passed, 6 failed',
    });
  });
});
