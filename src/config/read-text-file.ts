import { existsSync, readFileSync } from 'node:fs';

import { WalguardError, WalguardErrors, systemCode } from '../core/error.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'walguard may not read it',
  EISDIR: 'it is a directory',
};

/**
 * Reads a file that a person named.
 *
 * @param said the flag, variable or key that named it
 * @throws WalguardErrors with CONFIG_FILE_UNREADABLE
 */
export function readTextFile(path: string, said: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = systemCode(cause);
    const problem = new WalguardError('CONFIG_FILE_UNREADABLE', `${path} cannot be read: ${REASONS[code] ?? code}`, {
      hint: `Correct ${said}, or the rights of the file.`,
      where: { file: path },
      cause,
    });
    throw new WalguardErrors([problem]);
  }
}

/** Reads a file that need not be there; undefined then. @throws what the system says of one that cannot be read */
export function readTextIfThere(file: URL): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
