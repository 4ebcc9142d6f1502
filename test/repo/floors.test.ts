import { beforeAll, describe, expect, it } from 'vitest';
import { type Complaints, lint, typecheck } from './planted-tree.ts';
import { SOUND_TREE } from './sound-tree.ts';
import { VIOLATIONS } from './violations.ts';

describe('a tree in which every floor imports what it may', () => {
  it('is accepted by the linter', async () => {
    expect(await lint(SOUND_TREE)).toEqual({ exitCode: 0, found: [] });
  });

  it('is accepted by the compiler', async () => {
    expect(await typecheck(SOUND_TREE)).toEqual({ exitCode: 0, found: [] });
  });
});

describe('the linter', () => {
  let complaints: Complaints;

  beforeAll(async () => {
    complaints = await lint(Object.fromEntries(VIOLATIONS.map(({ file, source }) => [file, source])));
  });

  it.each(VIOLATIONS.map(({ title, file, rule }) => [title, file, rule]))('refuses %s', (_title, file, rule) => {
    expect(complaints.found.filter((found) => found.startsWith(`${file}: `))).toEqual([`${file}: ${rule}`]);
  });

  it('fails where it refuses something', () => {
    expect(complaints.exitCode).toBe(1);
  });

  it('refuses a circle of imports', async () => {
    const { exitCode, found } = await lint({
      'src/core/a.ts': `import { b } from './b.ts';\n\nexport function a(): unknown {\n  return b;\n}\n`,
      'src/core/b.ts': `import { c } from './c.ts';\n\nexport function b(): unknown {\n  return c;\n}\n`,
      'src/core/c.ts': `import { a } from './a.ts';\n\nexport function c(): unknown {\n  return a;\n}\n`,
    });
    expect(found).toEqual(['a', 'b', 'c'].map((name) => `src/core/${name}.ts: import(no-cycle)`));
    expect(exitCode).toBe(1);
  });

  it('refuses a circle of types', async () => {
    const { exitCode, found } = await lint({
      'src/core/a.ts': `import type { B } from './b.ts';\n\nexport type A = B | 1;\n`,
      'src/core/b.ts': `import type { A } from './a.ts';\n\nexport type B = A[] | 2;\n`,
    });
    expect(found).toEqual(['src/core/a.ts: import(no-cycle)', 'src/core/b.ts: import(no-cycle)']);
    expect(exitCode).toBe(1);
  });
});

// oxlint has no rule against these; the compiler's erasableSyntaxOnly refuses them.
describe('the compiler', { concurrent: true }, () => {
  it.each([
    ['an enum', `export enum State {\n  On,\n}\n`],
    ['a namespace', `export namespace State {\n  export const on = 1;\n}\n`],
    ['a parameter property', `export class State {\n  constructor(readonly on: boolean) {}\n}\n`],
  ])('refuses %s', async (_title, source) => {
    expect(await typecheck({ 'src/core/a.ts': source })).toEqual({ exitCode: 1, found: ['src/core/a.ts: TS1294'] });
  });
});
