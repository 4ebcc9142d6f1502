import { expect, it } from 'vitest';

import { readProjectFile } from './project.ts';

const ROW = /`((?:integration|e2e)\/[\w-]+\.test\.ts)`: ([^|\n]+?) *(?:\||\n)/g;

it('each row of docs/reliability.md names a test that is there', () => {
  const named = Array.from(readProjectFile('docs/reliability.md').matchAll(ROW), ([, file = '', name = '']) => ({
    file,
    name,
  }));

  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter(({ file, name }) => !readProjectFile(`test/${file}`).includes(`'${name}'`));
  expect(missing).toEqual([]);
});

it('each row of the tables of docs/reliability.md has a test', () => {
  const rows = readProjectFile('docs/reliability.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:fault|change|scrapes) |^\| \d/.test(line));

  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((row) => !/`(?:integration|e2e)\/[\w-]+\.test\.ts`: /.test(row))).toEqual([]);
});
