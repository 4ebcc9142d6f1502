import { expect, it } from 'vitest';
import { CHECK_CODES } from '../../src/core/finding.ts';
import { readHeadings } from './markdown.ts';
import { readProjectFile } from './project.ts';

it('docs/check.md has one heading for each code of a warning, and none besides', () => {
  const headings = readHeadings(readProjectFile('docs/check.md'), 2).filter((heading) => heading.startsWith('CHECK_'));
  expect(headings).toEqual(Object.keys(CHECK_CODES));
});
