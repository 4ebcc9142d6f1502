import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { stillRunning } from '../../servers/process-tree.ts';
import { WalguardError } from '../../src/core/error.ts';
import { argumentList, type Launch, programEnvironment } from '../../src/process/launch.ts';
import { failedProgram, runProgram } from '../../src/process/run-program.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

const never = new AbortController().signal;
const launch: Launch = {
  prefix: [],
  environment: programEnvironment({ PATH: process.env['PATH'], HOME: '/nonexistent' }, {}),
  timeoutMs: 20_000,
};

/** A program of the given lines of shell; `$PIDS` is a file to which it tells its children. */
async function program(name: string, lines: string): Promise<string> {
  const path = await folder.write(name, `#!/bin/sh\nPIDS=${folder.path}/${name}.pids\necho $$ >>$PIDS\n${lines}\n`);
  await chmod(path, 0o755);
  return path;
}

async function pidsOf(path: string): Promise<readonly number[]> {
  const text = await readFile(`${path}.pids`, 'utf8');
  return text.trim().split('\n').map(Number);
}

async function expectAllEnded(path: string, count: number): Promise<void> {
  const pids = await pidsOf(path);
  expect(pids).toHaveLength(count);
  await waitFor(`the end of ${pids.join(', ')}`, async () => (await stillRunning(pids)).length === 0);
}

async function failure(run: Promise<unknown>): Promise<WalguardError> {
  const thrown: unknown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof WalguardError) return thrown;
  throw new Error(`No WalguardError came: ${String(thrown)}`);
}

describe('a program', () => {
  it('gets its arguments as they are, an environment of its own, and nothing to read', async () => {
    const path = await program('plain', String.raw`printf '%s\n' "$@"; env | sort; cat; exit 25`);

    const { exitCode, stdout } = await runProgram(
      { ...launch, environment: { ...launch.environment, ADDED: 'value' } },
      [path, 'a b', '$(id)', '; exit 3'],
      never,
    );

    expect(exitCode).toBe(25);
    const lines = stdout.toString().trim().split('\n');
    expect(lines.slice(0, 3)).toEqual(['a b', '$(id)', '; exit 3']);
    const names = new Set(lines.slice(3).map((line) => line.split('=', 1)[0]));
    // The shell's own.
    names.delete('_');
    names.delete('PWD');
    expect(names).toEqual(new Set(['ADDED', 'HOME', 'LANG', 'LC_ALL', 'PATH']));
  });

  it('runs behind a prefix', async () => {
    const prefixed = { ...launch, prefix: ['env', 'SEEN=yes'] };
    const { stdout } = await runProgram(prefixed, ['sh', '-c', 'printf %s "$SEEN"'], never);
    expect(stdout.toString()).toBe('yes');
  });

  it('that is not there is said with the cure', async () => {
    const error = await failure(runProgram(launch, ['walguard-no-such-tool', 'info'], never));
    expect(error.code).toBe('SOURCE_PROGRAM_MISSING');
    expect(error.message).toBe('walguard-no-such-tool is not there');
    expect(error.hint).toContain('in front');
  });

  it('that may not be executed is said so', async () => {
    const path = await folder.write('not-executable', '#!/bin/sh\n');
    const error = await failure(runProgram(launch, [path], never));
    expect(error.code).toBe('SOURCE_PROGRAM_MISSING');
    expect(error.message).toBe('not-executable may not be executed by the user walguard runs as');
  });

  it('in front that is not there is the one that is named', async () => {
    const error = await failure(runProgram({ ...launch, prefix: ['no-such-ssh', 'h'] }, ['pgbackrest'], never));
    expect(error.message).toBe('no-such-ssh is not there');
  });

  it('whose arguments cannot be handed over is an error, not a crash', async () => {
    const error = await failure(runProgram(launch, ['sh', 'zero\0byte'], never));
    expect(error.code).toBe('SOURCE_PROGRAM_FAILED');
    expect(error.message).not.toContain('zero');
  });

  it('that prints a password to its error output does not bring it into the message', async () => {
    const path = await program(
      'leaks',
      'env >&2; echo "PASSWORD=hunter2" >&2; echo "repo is locked by hunter3" >&2; exit 3',
    );
    const secret = { ...launch, environment: { ...launch.environment, REPO_KEY: 'hunter3' } };

    const error = failedProgram(await runProgram(secret, [path, 'info'], never), 'Look.');

    expect(error.message).toBe('leaks info ended with exit code 3 and said: repo is locked by ***');
  });

  it('that a signal ends did not answer', async () => {
    const error = await failure(runProgram(launch, [await program('dies', 'kill -KILL $$')], never));
    expect(error).toMatchObject({ code: 'SOURCE_PROGRAM_FAILED', message: 'dies was ended by SIGKILL' });
  });

  it('that is not there on the other side ends with 127, which says the same', async () => {
    const result = await runProgram({ ...launch, prefix: ['env'] }, ['walguard-no-such-tool', 'info'], never);
    expect(failedProgram(result, 'Look.').code).toBe('SOURCE_PROGRAM_MISSING');
  });
});

describe('a program without end', () => {
  it('is ended with its children when its time is over, though they do not listen', async () => {
    const path = await program(
      'hangs',
      `trap '' TERM; (trap '' TERM; sh -c 'echo $$ >>'$PIDS'; while :; do sleep 1000; done') & echo half an answer; echo waiting >&2; while :; do sleep 1000; done`,
    );
    const waiting = runProgram({ ...launch, timeoutMs: 1500 }, [path, 'info'], never);
    const error = await failure(waiting);

    expect(error.code).toBe('SOURCE_TIMEOUT');
    expect(error.message).toBe('hangs info did not end within 1500 ms; it said: waiting');
    await expectAllEnded(path, 2);
  });

  it('is ended when its reading is called off', async () => {
    const path = await program('called-off', 'sleep 1000');
    const off = new AbortController();
    const waiting = failure(runProgram(launch, [path], off.signal));
    await waitFor('its start', async () => (await pidsOf(path)).length === 1);

    off.abort();

    expect((await waiting).code).toBe('SOURCE_TIMEOUT');
    await expectAllEnded(path, 1);
  });

  it('is not started when its reading is called off already', async () => {
    const path = await program('too-late', 'exit 0');
    expect((await failure(runProgram(launch, [path], AbortSignal.abort()))).code).toBe('SOURCE_TIMEOUT');
    await expect(pidsOf(path)).rejects.toThrow('ENOENT');
  });

  it('of output is ended at the limit, and what it printed is not taken for an answer', async () => {
    const path = await program('floods', 'exec yes "a line of a gigabyte"');
    const before = process.memoryUsage().rss;
    const error = await failure(runProgram(launch, [path], never));

    expect(error.code).toBe('SOURCE_BAD_ANSWER');
    expect(error.message).toBe('floods printed more than 67108864 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * 1024 * 1024);
    await expectAllEnded(path, 1);
  });

  it('of error output takes no memory, and its answer counts', async () => {
    const path = await program(
      'noisy',
      'head -c 300000000 /dev/zero | tr "\\0" x >&2; echo; echo the end >&2; echo answer',
    );
    const before = process.memoryUsage().rss;
    const { stdout } = await runProgram(launch, [path], never);

    expect(stdout.toString()).toBe('\nanswer\n');
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it('as a child that holds the output open does not keep the answer back, and is ended', async () => {
    const path = await program('leaves-a-child', 'sleep 1000 & echo $! >>$PIDS; echo the answer');
    const { exitCode, stdout } = await runProgram(launch, [path], never);

    expect([exitCode, stdout.toString()]).toEqual([0, 'the answer\n']);
    await expectAllEnded(path, 2);
  });

  it('as a child that let go of the output is ended too', async () => {
    const path = await program(
      'leaves-a-silent-child',
      'sleep 1000 >/dev/null 2>&1 & echo $! >>$PIDS; echo the answer',
    );
    expect((await runProgram(launch, [path], never)).stdout.toString()).toBe('the answer\n');
    await expectAllEnded(path, 2);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('is ended when walguard itself is, by %s', async (signal) => {
    const path = await program(
      `orphan-${signal}`,
      `sh -c 'trap "" TERM; echo $$ >>'$PIDS'; sleep 1000; sleep 1000' & sleep 1000`,
    );
    await using scripts = await temporaryFolder();
    const module = new URL('../../dist/process/run-program.js', import.meta.url).href;
    const script = await scripts.write(
      'parent.mjs',
      `import { runProgram } from ${JSON.stringify(module)};
       await runProgram({ prefix: [], environment: { PATH: '/usr/bin:/bin' }, timeoutMs: 600000 }, [${JSON.stringify(path)}], new AbortController().signal);`,
    );
    const parent = spawn(process.execPath, [script], { stdio: 'ignore' });
    await waitFor('both processes', async () => (await pidsOf(path)).length === 2);

    parent.kill(signal);

    await expectAllEnded(path, 2);
  });
});

it('the words behind ssh arrive through one shell and through two as they were', () => {
  const words = ['pgbackrest', '--config=/etc/a b; touch x', "it's", '$(id)', 'line\nline', ''];
  for (const prefix of [
    ['ssh', 'h'],
    ['/usr/bin/ssh', '-J', 'j', 'a', 'ssh', 'b'],
  ]) {
    let arrived: readonly string[] = argumentList({ ...launch, prefix }, words).slice(prefix.length);
    for (const word of prefix) if (word.endsWith('ssh')) arrived = asShellTakesApart(arrived);
    expect(arrived).toEqual(words);
  }
});

/** What a shell makes of the words that ssh has joined. */
function asShellTakesApart(words: readonly string[]): readonly string[] {
  const script = `for word in ${words.join(' ')}; do printf '%s\\0' "$word"; done`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

it('no watchdog stays once its program has ended', async () => {
  await runProgram(launch, ['true'], never);
  const list = promisify(execFile);
  const gone = waitFor('the end of its watchdog', async () => {
    const { stdout } = await list('ps', ['-A', '-o', 'ppid=,args=']);
    const own = stdout.split('\n').filter((line) => line.trim().startsWith(`${process.pid} `));
    return own.length > 0 && !own.some((line) => line.includes('walguard-watchdog'));
  });
  await expect(gone).resolves.toBeUndefined();
});
