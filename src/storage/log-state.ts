import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { WalguardError } from '../core/error.ts';
import { unlessAbsent } from './file-facts.ts';
import { writeWhole } from './write-whole.ts';

const VERSION = 1;

/** Writes the whole state and renames it into place. Throws what the system says. */
export async function writeLogState(path: string, state: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeWhole(path, `${JSON.stringify({ version: VERSION, state })}\n`);
}

/**
 * What was written last; undefined if there is none.
 *
 * @throws SOURCE_BAD_ANSWER if it is of another version, or cut off; what the system says if it cannot be read
 */
export async function readLogState(path: string): Promise<unknown> {
  const text = await unlessAbsent(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const { version, state } = parse(text);
  if (version === VERSION) return state;
  throw new WalguardError('SOURCE_BAD_ANSWER', `${path} is not what this walguard wrote of how far it read the log`, {
    hint: 'Counting began anew at the end of the log; nothing has to be done.',
    where: { file: path },
  });
}

function parse(text: string): { readonly version?: unknown; readonly state?: unknown } {
  try {
    return (JSON.parse(text) as { readonly version?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}
