import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { divideByZero, fileOf, type LogLab, settledErrors, settledValue, startLogLab } from '../support/log-lab.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard, type Walguard } from '../support/walguard.ts';

const run = promisify(execFile);

describe('a log on standard input', () => {
  let lab: LogLab & AsyncDisposable;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await temporaryFolder();
    lab = await startLogLab(18, 'stderr');
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Reads from a pipe into which everything is written that comes to the server's log from now on. */
  async function readPiped(name: string): Promise<{ readonly walguard: Walguard; readonly endInput: () => void }> {
    const pipe = join(folder.path, name);
    await run('mkfifo', [pipe]);
    const tail = spawn('sh', ['-c', 'exec tail -n 0 -F "$0" > "$1"', fileOf(lab, 'stderr'), pipe], { stdio: 'ignore' });
    const walguard = await startWalguard({
      dataSourceName: lab.monitorUrl,
      args: ['--logs.path=-'],
      launcher: ['sh', '-c', 'exec "$@" < "$0"', pipe],
    });
    expect(await settledValue(walguard, 'walguard_log_up', {}, 1)).toBe(1);
    return { walguard, endInput: () => void tail.kill() };
  }

  it('is counted, and its end is told of', async () => {
    const { walguard, endInput } = await readPiped('counted');
    await using _ = walguard;
    await divideByZero(lab, 7);
    expect(await settledErrors(walguard, 7)).toBe(7);
    await divideByZero(lab, 4);
    expect(await settledErrors(walguard, 11)).toBe(11);
    endInput();
    expect(await settledValue(walguard, 'walguard_log_up', {}, 0)).toBe(0);
    expect(walguard.stderr).toContain('standard input has ended');
    expect(await settledErrors(walguard, 11)).toBe(11);
  });

  it.each([
    [['--logs.path=-', '--logs.path=auto'], '- and auto'],
    [['--logs.path=server', '--logs.path=/var/log/a.log'], 'server and /var/log/a.log'],
  ])('is refused as one of several: %s', async (args, said) => {
    const { code, stderr } = await runWalguard(args, { dataSourceName: lab.monitorUrl });
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });
});
