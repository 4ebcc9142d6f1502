import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { findPackFiles } from '../../../src/config/pack-files.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const { folder } = createTemporaryFiles();

beforeAll(() => {
  for (const name of ['a/2.yml', 'a/1.yaml', 'a/.hidden.yml', 'a/words.txt', 'a/inner/3.yml', 'b/1.yml', 'b[1].yml']) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), '');
  }
  mkdirSync(path.join(folder, 'empty'));
});

function find(given: string): readonly string[] {
  return findPackFiles(path.join(folder, given), '--packs').map((file) => path.relative(folder, file));
}

describe('the files of a path', () => {
  it.each([
    ['a/1.yaml', ['a/1.yaml']],
    ['not/there.yml', ['not/there.yml']],
    ['a', ['a/1.yaml', 'a/2.yml']],
    ['a/*', ['a/1.yaml', 'a/2.yml', 'a/inner/3.yml', 'a/words.txt']],
    ['a/*.yml', ['a/2.yml']],
    ['?/*.y*ml', ['a/1.yaml', 'a/2.yml', 'b/1.yml']],
    ['[ab]', ['a/1.yaml', 'a/2.yml', 'b/1.yml']],
    ['a/.*.yml', ['a/.hidden.yml']],
    ['b[1].yml', ['b[1].yml']],
  ])('%s are %j', (given, expected) => {
    const found = find(given);
    expect(found.toSorted()).toEqual(expected);
    if (given !== 'a/*') expect(found).toEqual(expected);
  });

  it('are found from the working directory too', () => {
    const here = path.basename(import.meta.filename);
    const given = path.relative(process.cwd(), path.join(import.meta.dirname, 'pack-files.test.t*'));
    expect(findPackFiles(given, '--packs').map((file) => path.basename(file))).toEqual([here]);
  });

  it('are missed where there is none', () => {
    const text = problemsOf(() => find('x*.yml')) + problemsOf(() => find('empty'));
    expect(text.replaceAll(folder, '')).toMatchInlineSnapshot(`
      "/x*.yml: CONFIG_FILE_UNREADABLE: /x*.yml matches no file
        hint: Correct --packs, or put a pack there./empty: CONFIG_FILE_UNREADABLE: /empty has no .yml or .yaml file in it
        hint: Correct --packs, or put a pack there."
    `);
    rmSync(path.join(folder, 'empty'), { recursive: true });
  });
});
