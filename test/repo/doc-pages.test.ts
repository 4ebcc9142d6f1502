import { expect, it } from 'vitest';

import { readRelativeLinks } from './markdown.ts';
import { listProjectFiles, readProjectFile } from './project.ts';

it('the list of all pages has each page of docs once', () => {
  const listed = readRelativeLinks(readProjectFile('docs/README.md')).map(({ path }) => path);
  const pages = listProjectFiles()
    .filter((path) => /^docs\/[\w-]+\.md$/.test(path) && path !== 'docs/README.md')
    .map((path) => path.replace('docs/', ''));
  const ofFolder = listed.filter((path) => !path.startsWith('../') && path !== 'runbooks/');
  expect(ofFolder.toSorted()).toEqual(pages.toSorted());
});
