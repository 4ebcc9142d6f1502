import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { WalguardError, WalguardErrors } from '../core/error.ts';
import { globMatcher, isGlob } from '../core/glob.ts';

const PACK_FILE = /\.ya?ml$/;

/**
 * The files that a path stands for, in the order of their names: itself, the .yml and .yaml files of a directory (not
 * of those inside it), or what a pattern matches. A file that is not there is returned; reading it tells.
 *
 * @param said the flag, variable or key that gave the path
 * @throws WalguardErrors with CONFIG_FILE_UNREADABLE for a directory or pattern that stands for no file
 */
export function findPackFiles(given: string, said: string): readonly string[] {
  const paths = isGlob(given) && !exists(given) ? expand(given) : [given];
  const files = paths.flatMap((each) => (isDirectory(each) ? packsOf(each) : [each]));
  if (files.length > 0) return files;
  const what = paths.length === 0 ? 'matches no file' : 'has no .yml or .yaml file in it';
  throw new WalguardErrors([
    new WalguardError('CONFIG_FILE_UNREADABLE', `${given} ${what}`, {
      hint: `Correct ${said}, or put a pack there.`,
      where: { file: given },
    }),
  ]);
}

function packsOf(directory: string): readonly string[] {
  return entriesOf(directory)
    .filter((name) => PACK_FILE.test(name) && !name.startsWith('.'))
    .map((name) => path.join(directory, name))
    .filter((file) => !isDirectory(file));
}

/** What a pattern matches, part by part; `*` does not match a hidden file. */
function expand(pattern: string): readonly string[] {
  const root = path.isAbsolute(pattern) ? path.sep : '';
  const parts = pattern.split(path.sep).filter((part) => part !== '');
  return parts.reduce<readonly string[]>((found, part) => found.flatMap((parent) => childrenOf(parent, part)), [root]);
}

function childrenOf(parent: string, part: string): readonly string[] {
  if (!isGlob(part)) {
    const child = path.join(parent, part);
    return exists(child) ? [child] : [];
  }
  const matches = globMatcher(part);
  return entriesOf(parent === '' ? '.' : parent)
    .filter((name) => matches(name) && name.startsWith('.') === part.startsWith('.'))
    .map((name) => path.join(parent, name));
}

function entriesOf(directory: string): readonly string[] {
  return isDirectory(directory) ? readdirSync(directory).toSorted() : [];
}

function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
