import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { systemCode } from '../core/error.ts';

/** A digest of what these files hold now, or of why they cannot be read. Never rejects. */
export async function readFingerprint(files: readonly string[]): Promise<string> {
  const contents = await Promise.all(files.map(async (file) => await readFile(file).catch(systemCode)));
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}\0`).update(content);
  return hash.digest('hex');
}
