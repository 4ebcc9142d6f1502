import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** What pgBadger's JSON says of everything together, as far as it is used. */
export type BadgerReport = Readonly<Record<string, unknown>>;

/** As its option -f calls them. */
export type BadgerFormat = 'stderr' | 'csv' | 'jsonlog';

/** Has Debian's pgBadger read a log. Throws with what it wrote. */
export async function pgBadger(file: string, format: BadgerFormat, prefix: string): Promise<BadgerReport> {
  await using folder = await temporaryFolder();
  const out = join(folder.path, 'report.json');
  const ofFormat = format === 'stderr' ? ['-p', prefix] : [];
  // A second one in the same folder would refuse to run.
  const alone = ['--pid-dir', folder.path];
  await run('pgbadger', [...alone, '-q', '--top', '1000', '-f', format, ...ofFormat, '-x', 'json', '-o', out, file], {
    maxBuffer: 10_000_000,
  });
  return JSON.parse(await readFile(out, 'utf8')) as BadgerReport;
}
