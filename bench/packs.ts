import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a folder of packs without the times for which results may be served again: pg_exporter is measured with its
 * cache off, and walguard keeps to what the pack says.
 */
export async function copyWithoutTtl(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    const text = await readFile(join(from, name), 'utf8');
    await writeFile(join(to, name), text.replaceAll(/^(\s+ttl:).*$/gm, '$1 0'));
  }
}
