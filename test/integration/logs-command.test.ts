import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import type { LogReportDocument } from '../../src/collectors/logs/report/index.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard } from '../support/walguard.ts';

const run = promisify(execFile);
const HOURS = ['10', '11', '12'];
const LOG = HOURS.map(
  (hour) => `2026-11-22 ${hour}:00:00.000 UTC [7] al@shop ERROR:  division by zero
2026-11-22 ${hour}:00:00.000 UTC [7] al@shop STATEMENT:  SELECT 1 / 0 AS planted_${hour}, 'planted'
`,
).join('');

describe('walguard logs', () => {
  let folder: TemporaryFolder;
  let plain: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    plain = await folder.write('plain.log', LOG);
    await writeFile(join(folder.path, 'packed.log.gz'), gzipSync(LOG));
    await writeFile(join(folder.path, 'cut.log.gz'), gzipSync(LOG.repeat(1_000)).subarray(0, 200));
    await folder.write('empty.log', '');
    await folder.write('garbage.log', 'nothing of a log\n'.repeat(50));
  });
  afterAll(() => folder?.[Symbol.asyncDispose]());

  async function errorsOf(...args: readonly string[]): Promise<number> {
    const { code, stdout } = await runWalguard(['logs', '--json', ...args]);
    expect(code).toBe(0);
    return (JSON.parse(stdout) as LogReportDocument).messages.bySeverity['ERROR'] ?? 0;
  }

  it('reads plain and packed logs, several, and a part of their time', async () => {
    expect(await errorsOf(plain)).toBe(3);
    expect(await errorsOf(plain, join(folder.path, 'packed.log.gz'))).toBe(6);
    expect(await errorsOf('--begin=2026-11-22T11:00:00Z', '--end=2026-11-22T12:00:00Z', plain)).toBe(1);
  });

  it.each(['gzip', 'xz', 'zstd', 'lz4', 'bzip2'])('reads what %s packed', async (program) => {
    const { stdout } = await run(program, ['-c', plain], { encoding: 'buffer' });
    const packed = join(folder.path, `by-${program}`);
    await writeFile(packed, stdout);
    expect(await errorsOf(packed)).toBe(3);
  });

  it('shows on a terminal how far it is, and prints nothing more after Ctrl-C', async () => {
    const large = await folder.write('large.log', LOG.repeat(600_000));
    const cli = join(projectDirectory, 'dist/main.js');
    const child = spawn('script', ['-qec', `'${process.execPath}' '${cli}' logs '${large}'`, '/dev/null']);
    let written = '';
    child.stdout.on('data', (bytes: Buffer) => (written += bytes.toString()));
    const ended = once(child, 'close');
    await waitFor('the progress', () => Promise.resolve(/ of .*\/s/.test(written)), 20_000);
    child.stdin.write('\u0003');
    expect((await ended)[0]).toBe(130);
    expect(written).not.toContain('messages');
  });

  it.each([
    ['LOG_UNREADABLE', 'nowhere.log'],
    ['LOG_UNREADABLE', '.'],
    ['LOG_EMPTY', 'empty.log'],
    ['LOG_NOT_UNDERSTOOD', 'garbage.log'],
    ['LOG_DAMAGED', 'cut.log.gz'],
  ])('says %s of %s, and prints no half report', async (error, name) => {
    const { code, stdout, stderr } = await runWalguard(['logs', plain, join(folder.path, name)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(error);
    expect(stderr).toContain('hint:');
  });

  it.each([['--begin=yesterday'], ['--top=none'], ['--format=xml'], []])('refuses %s', async (...args) => {
    const { code, stdout } = await runWalguard(['logs', ...args, ...(args.length === 0 ? [] : [plain])]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
