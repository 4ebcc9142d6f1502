import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freePort, waitFor } from '../../servers/index.ts';
import { fetchText, scrape, valueOf } from '../support/http.ts';
import { projectDirectory } from '../support/project-directory.ts';

const run = promisify(execFile);
const startTimeoutMs = 40_000;

/** A temporary folder for all demos of this file: what is left in it, or in the arguments of a process, was left behind. */
let directory = '';
let port = 0;
let demo: Demo;

beforeAll(async () => {
  await run(process.execPath, [join(projectDirectory, 'node_modules/typescript/bin/tsc'), '-p', 'demo'], {
    cwd: projectDirectory,
  });
  directory = await mkdtemp(join(await realpath(tmpdir()), 'demo-'));
  await chmod(directory, 0o755);
});
afterAll(() => rm(directory, { recursive: true, force: true }));
beforeEach(async () => {
  port = await freePort();
});

describe('a demo that runs', () => {
  beforeEach(async () => {
    demo = startDemo(['--port', String(port)]);
    await demo.runs();
  }, startTimeoutMs);
  afterEach(() => demo.kill());

  test('shows a server at work with its archive, and stops at Ctrl-C without a trace', async () => {
    const { families } = await scrape(demo.metricsUrl);
    expect(valueOf(families, 'pg_up')).toBe(1);
    const archived = async () => valueOf((await scrape(demo.metricsUrl)).families, 'pg_archiver_archived_total') ?? 0;
    const before = await archived();
    await waitFor('two more segments in the archive', async () => (await archived()) >= before + 2, 30_000);
    expect(demo.output).toContain(`open           ${demo.metricsUrl}`);
    // A terminal's Ctrl-C reaches the demo twice when npm hands it on.
    demo.child.kill('SIGINT');
    demo.child.kill('SIGINT');
    expect(await demo.exitCode).toBe(0);
    expect(demo.output).toContain('All is stopped and removed.');
    expect(await leftBehind()).toEqual([]);
  });

  test('ends with the reason when PostgreSQL dies', async () => {
    process.kill(await childPid('/bin/postgres'), 'SIGKILL');
    expect(await demo.exitCode).toBe(1);
    expect(demo.output).toContain('PostgreSQL ended by itself (SIGKILL)');
    expect(await leftBehind()).toEqual([]);
  });

  test('ends with the reason when walguard dies', async () => {
    process.kill(await childPid(`dist/main.js --web.listen-address=127.0.0.1:${port}`), 'SIGKILL');
    expect(await demo.exitCode).toBe(1);
    expect(demo.output).toContain('walguard ended by itself (SIGKILL)');
    expect(await leftBehind()).toEqual([]);
  });

  test('is forced by a second Ctrl-C when stopping takes long, and even then leaves nothing', async () => {
    process.kill(await childPid(`dist/main.js --web.listen-address=127.0.0.1:${port}`), 'SIGSTOP');
    demo.child.kill('SIGINT');
    await sleep(1500);
    demo.child.kill('SIGINT');
    expect(await demo.exitCode).toBe(130);
    await expect.poll(leftBehind, { timeout: 15_000 }).toEqual([]);
  });

  test('leaves nothing when it is killed itself', async () => {
    demo.child.kill('SIGKILL');
    await expect.poll(leftBehind, { timeout: 15_000 }).toEqual([]);
  });
});

test('breaks the archive after ten healthy seconds', { timeout: 90_000 }, async () => {
  demo = startDemo(['--port', String(port), '--break', 'archive=fail']);
  await demo.runs();
  const failed = async () => valueOf((await scrape(demo.metricsUrl)).families, 'pg_archiver_failed_total') ?? 0;
  expect(await failed()).toBe(0);
  await waitFor('a failure to be counted', async () => (await failed()) > 0, 30_000);
  expect(demo.output).toContain('archive_command now fails (exit 1)');
  demo.child.kill('SIGTERM');
  expect(await demo.exitCode).toBe(0);
  expect(await leftBehind()).toEqual([]);
});

test('says that its port is taken, and leaves nothing behind', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  demo = startDemo(['--port', String(port)]);
  expect(await demo.exitCode).toBe(1);
  expect(demo.output).toContain(`Port ${port} of 127.0.0.1 is in use`);
  other.close();
  expect(await leftBehind()).toEqual([]);
});

test('stops half-way through its start', async () => {
  demo = startDemo(['--port', String(port)]);
  await waitFor('PostgreSQL to be started', () => demo.output.includes('Starting PostgreSQL'));
  demo.child.kill('SIGHUP');
  expect(await demo.exitCode).toBe(0);
  expect(await leftBehind()).toEqual([]);
});

test('knows its arguments', async () => {
  demo = startDemo(['--brake', 'archive=hang']);
  expect(await demo.exitCode).toBe(2);
  expect(demo.output).toContain('did you mean --break?');
  demo = startDemo(['--help']);
  expect(await demo.exitCode).toBe(0);
  expect(demo.output).toContain('--break WHAT');
});

interface Demo {
  readonly child: ChildProcess;
  readonly exitCode: Promise<number | null>;
  readonly metricsUrl: string;
  /** stdout and stderr so far. */
  readonly output: string;
  /** Returns once it says that all runs and walguard answers. */
  readonly runs: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

function startDemo(args: readonly string[]): Demo {
  const child = spawn(process.execPath, [join(projectDirectory, 'build/demo/main.js'), ...args], {
    cwd: directory,
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve));
  const metricsUrl = `http://127.0.0.1:${port}/metrics`;
  const runs = async () => {
    await waitFor('the demo to run', () => output.includes('Ctrl-C stops') || child.exitCode !== null, startTimeoutMs);
    if (child.exitCode !== null) throw new Error(`The demo ended:\n${output}`);
    expect((await fetchText(metricsUrl)).status).toBe(200);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await exitCode;
    await waitFor('all to be removed', async () => (await leftBehind()).length === 0, 15_000);
  };
  return {
    child,
    exitCode,
    metricsUrl,
    runs,
    kill,
    get output() {
      return output;
    },
  };
}

/** Folders of servers and processes that a demo of this file made and that are still there. */
async function leftBehind(): Promise<readonly string[]> {
  const folders = (await readdir(directory)).filter((name) => !name.startsWith('walguard-postgres-'));
  const processes = (await processList()).filter(
    (each) => each.args.includes(directory) || each.args.includes(`127.0.0.1:${port}`),
  );
  return [...folders, ...processes.map((each) => each.args)];
}

/** The child of the demo whose command line has this text. */
async function childPid(text: string): Promise<number> {
  const found = (await processList()).find((each) => each.parent === demo.child.pid && each.args.includes(text));
  if (found === undefined) throw new Error(`The demo has no child ${text}.`);
  return found.pid;
}

interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

async function processList(): Promise<readonly ListedProcess[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return args === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
}
