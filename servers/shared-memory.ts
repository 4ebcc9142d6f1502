import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Removes the small System V segment that a killed server left behind: only its next start would, and there is none.
 * Its number is the second on line 7 of postmaster.pid; a server that was stopped has neither file nor segment.
 */
export async function removeSharedMemory(dataDirectory: string): Promise<void> {
  const lines = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  const segment = lines[6]?.trim().split(/\s+/)[1];
  if (segment === undefined) return;
  // Best effort: a few bytes stay behind where there is no ipcrm.
  await promisify(execFile)('ipcrm', ['-m', segment]).catch(() => undefined);
}
