import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { projectFolder } from './project.ts';

interface ListedTest {
  readonly name: string;
  readonly file: string;
}

it('no two tests share a full name', () => {
  // Read from the text, so that no server is started; a test for a table of cases counts once, with its template.
  const listed = execFileSync(join(projectFolder, 'node_modules/.bin/vitest'), ['list', '--static-parse', '--json'], {
    cwd: projectFolder,
    encoding: 'utf8',
  });
  const filesByName = new Map<string, string[]>();
  for (const { name, file } of JSON.parse(listed) as readonly ListedTest[]) {
    filesByName.set(name, [...(filesByName.get(name) ?? []), relative(projectFolder, file)]);
  }
  const shared = [...filesByName].filter(([, files]) => files.length > 1);
  expect(filesByName.size).toBeGreaterThan(0);
  expect(shared.map(([name, files]) => `${name}: ${files.join(', ')}`)).toEqual([]);
});
