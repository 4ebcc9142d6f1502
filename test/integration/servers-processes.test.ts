import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stillRunning } from '../../servers/process-tree.ts';
import { projectDirectory } from '../support/project-directory.ts';

/** What the library owes to programs that share a machine or die, tried with programs of its own: compiled, not in Vitest. */
const compiled = join(projectDirectory, 'build/test-servers');
const run = promisify(execFile);
let directory = '';

beforeAll(async () => {
  const tsc = join(projectDirectory, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', 'demo', '--outDir', compiled], { cwd: projectDirectory });
  directory = await mkdtemp(join(await realpath(tmpdir()), 'procs-'));
  await chmod(directory, 0o755);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('processes that copy the binaries at the same moment all get whole ones', async () => {
  const program = `
    import { execFileSync } from 'node:child_process';
    import { newestMajor, runnableBinaries } from '${compiled}/servers/index.js';
    const copy = await runnableBinaries(newestMajor());
    execFileSync(copy + '/bin/postgres', ['--version']);
    console.log(copy);`;
  const runs = await Promise.all([1, 2, 3, 4].map(() => runProgram(program)));
  expect(runs.map(({ stderr }) => stderr)).toEqual(['', '', '', '']);
  const [shelf = ''] = await readdir(directory);
  const links = (await readdir(join(directory, shelf))).filter((name) => name.startsWith('postgres-'));
  expect(links).toHaveLength(1);
  expect(runs.map(({ stdout }) => stdout.trim())).toContain(await realpath(join(directory, shelf, links[0] ?? '')));
});

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('nothing remains of a program that %s ends', async (signal) => {
  const program = `
    import { startPostgres } from '${compiled}/servers/index.js';
    const server = await startPostgres();
    console.log(server.pid);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, TMPDIR: directory },
  });
  const pid = await new Promise<number>((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
  child.kill(signal);
  await expect.poll(serverFolders, { timeout: 10_000 }).toEqual([]);
  expect(await stillRunning([pid])).toEqual([]);
});

test('a program that ends without disposing of its server leaves nothing either', async () => {
  const program = `
    import { startPostgres } from '${compiled}/servers/index.js';
    await startPostgres();
    process.exit(3);`;
  await expect(runProgram(program)).rejects.toThrow('Command failed');
  await expect.poll(serverFolders, { timeout: 10_000 }).toEqual([]);
});

function runProgram(program: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, ['--input-type=module', '-e', program], { env: { ...process.env, TMPDIR: directory } });
}

async function serverFolders(): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => !name.startsWith('walguard-postgres-'));
}
