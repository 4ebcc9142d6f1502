import { expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/core/error-codes.ts';
import { readHeadings } from './markdown.ts';
import { readProjectFile } from './project.ts';

it('docs/errors.md has one heading for each error code, and none besides', () => {
  const headings = readHeadings(readProjectFile('docs/errors.md'), 2);
  expect(headings.toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
});
