import { fileURLToPath } from 'node:url';

import { readTextFile } from '../config/read-text-file.ts';
import type { BuildInfo } from '../self/instruments.ts';

/** Reads the version from walguard's own package; npm adds the commit when it publishes one. */
export function readBuildInfo(): BuildInfo {
  const text = readTextFile(fileURLToPath(new URL('../../package.json', import.meta.url)), 'the installation');
  const { version, gitHead } = JSON.parse(text) as { readonly version: string; readonly gitHead?: string };
  return { version, revision: gitHead ?? 'unknown' };
}
