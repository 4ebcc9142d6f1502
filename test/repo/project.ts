import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, without a slash at its end. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The text of a file of the project; the path counts from the project's folder. */
export function readProjectFile(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}

/** The committed and the new, not ignored files that exist; paths from the project's folder, in name order. */
export function listProjectFiles(): readonly string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
    {
      cwd: projectFolder,
      encoding: 'utf8',
    },
  );
  const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: projectFolder, encoding: 'utf8' });
  const gone = new Set(deleted.split('\0'));
  return listed
    .split('\0')
    .filter((path) => path !== '' && !gone.has(path))
    .toSorted();
}
