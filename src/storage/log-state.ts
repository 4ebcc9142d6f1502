import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { unlessAbsent } from './file-facts.ts';

const VERSION = 1;

/** Writes the whole state and renames it into place. Throws what the system says. */
export async function writeLogState(path: string, state: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(`${path}.new`, `${JSON.stringify({ version: VERSION, state })}\n`, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

/** What was written last; undefined if there is none, or if it is of another version or cut off. */
export async function readLogState(path: string): Promise<unknown> {
  const text = await unlessAbsent(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  try {
    const { version, state } = JSON.parse(text) as { readonly version?: unknown; readonly state?: unknown };
    return version === VERSION ? state : undefined;
  } catch {
    return undefined;
  }
}
