import { cp } from 'node:fs/promises';

import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

/** A copy of a folder, with its times, to be damaged. */
export async function isolatedCopy(folder: string): Promise<TemporaryFolder> {
  const copy = await temporaryFolder();
  await cp(folder, copy.path, { recursive: true, preserveTimestamps: true });
  return copy;
}
