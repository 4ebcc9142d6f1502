import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** Writes files into a folder that goes when the tests of the file have ended. To be called outside of a test. */
export function createTemporaryFiles(): {
  readonly write: (name: string, text: string) => string;
  readonly folder: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'walguard-unit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    write(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
  };
}
