/**
 * One thing that the linter must refuse, alone in its file. The sources below are texts: the test writes each into a
 * folder of its own, runs the linter on it and expects the rule's complaint; no compiler or linter sees them here.
 */
export interface Violation {
  readonly title: string;
  readonly rule: string;
  readonly file: string;
  readonly source: string;
}

/** The rule that draws the floors. */
const RESTRICTED = 'eslint(no-restricted-imports)';

/** Imports across the floors: what is wrong, the file, what it imports. */
const FORBIDDEN_IMPORTS: readonly (readonly [string, string, string])[] = [
  ['pg above postgres/', 'src/http/a.ts', 'pg'],
  ['pg in a unit', 'src/collectors/wal/a.ts', 'pg'],
  ['express in app/', 'src/app/a.ts', 'express'],
  ['node:http in app/', 'src/app/a.ts', 'node:http'],
  ['node:zlib in scrape/', 'src/scrape/a.ts', 'node:zlib'],
  ['yaml in a unit', 'src/collectors/wal/a.ts', 'yaml'],
  ['zod outside schema.ts, in a unit', 'src/backup/barman/a.ts', 'zod'],
  ['zod outside schema.ts, in http/', 'src/http/a.ts', 'zod'],
  ['zod in core/, even in schema.ts', 'src/core/schema.ts', 'zod'],
  ['a program started by a unit', 'src/drill/a.ts', 'node:child_process'],
  ['a program started by cli/', 'src/cli/a.ts', 'node:child_process'],
  ['prom-client outside self/', 'src/http/a.ts', 'prom-client'],
  ['files in a unit', 'src/archive/directory/a.ts', 'node:fs/promises'],
  ['files in http/', 'src/http/a.ts', 'node:fs'],
  ['files in core/', 'src/core/a.ts', 'node:fs'],
  ['sockets in scrape/', 'src/scrape/a.ts', 'node:net'],
  ['commander in app/', 'src/app/a.ts', 'commander'],
  ['pino in http/', 'src/http/a.ts', 'pino'],
  ['pino in main.ts', 'src/main.ts', 'pino'],
  ['a package in core/', 'src/core/a.ts', 'semver'],
  ['another package in core/closest.ts', 'src/core/closest.ts', 'semver'],
  ['a second way to the nearest word', 'src/config/a.ts', 'fastest-levenshtein'],
  ['a package that nobody may use', 'src/config/a.ts', 'lodash'],
  ['core/ looking up', 'src/core/a.ts', '../postgres/query.ts'],
  ['a door that sees a door', 'src/postgres/a.ts', '../config/read.ts'],
  ['a package in exposition/', 'src/exposition/a.ts', 'prom-client'],
  ['express in postgres/', 'src/postgres/a.ts', 'express'],
  ['a package in storage/', 'src/storage/a.ts', 'yaml'],
  ['the SDK of S3 in another file of storage/', 'src/storage/a.ts', '@aws-sdk/client-s3'],
  ['another package in the door to S3', 'src/storage/s3-a.ts', 'yaml'],
  ['a package of the SDK that was not chosen', 'src/storage/s3-b.ts', '@aws-sdk/lib-storage'],
  ['files in process/', 'src/process/a.ts', 'node:fs'],
  ['pino in self/', 'src/self/a.ts', 'pino'],
  ['pg in a folder of a unit', 'src/collectors/wal/parts/a.ts', 'pg'],
  ['a folder of a unit that sees an engine', 'src/collectors/wal/parts/a.ts', '../../../scrape/plan.ts'],
  ['exposition/ seeing a door', 'src/exposition/a.ts', '../self/instruments.ts'],
  ['process/ seeing a door', 'src/process/a.ts', '../storage/local.ts'],
  ['self/ seeing a door', 'src/self/a.ts', '../exposition/encode.ts'],
  ['a door that sees a unit', 'src/storage/a.ts', '../collectors/wal/index.ts'],
  ['a door looking up from a folder in it', 'src/config/parts/a.ts', '../../app/start.ts'],
  ['a door whose schema.ts sees a door', 'src/storage/schema.ts', '../config/read.ts'],
  ['collectors that see each other', 'src/collectors/wal/a.ts', '../archiver/index.ts'],
  ['collectors that see each other by the long way', 'src/collectors/wal/a.ts', '../../collectors/archiver/index.ts'],
  ['collectors that see each other from a folder in one', 'src/collectors/wal/parts/a.ts', '../../archiver/index.ts'],
  ['collectors whose schemas see each other', 'src/collectors/wal/schema.ts', '../settings/schema.ts'],
  ['backup readers that see each other', 'src/backup/pgbackrest/a.ts', '../barman/index.ts'],
  ['archives that see each other', 'src/archive/s3/a.ts', '../directory/index.ts'],
  ['an archive that sees a backup reader', 'src/archive/barman/a.ts', '../../backup/barman/index.ts'],
  ['the drill seeing a backup reader', 'src/drill/a.ts', '../backup/barman/index.ts'],
  ['a registry that sees an engine', 'src/collectors/a.ts', '../scrape/plan.ts'],
  ['a unit that sees an engine', 'src/collectors/wal/a.ts', '../../scrape/plan.ts'],
  ['a schema.ts that sees an engine', 'src/collectors/archiver/schema.ts', '../../scrape/plan.ts'],
  ['an engine that sees the other', 'src/scrape/a.ts', '../recoverability/judge.ts'],
  ['an engine that sees http/', 'src/recoverability/a.ts', '../http/serve.ts'],
  ['http/ seeing app/', 'src/http/a.ts', '../app/start.ts'],
  ['app/ seeing cli/', 'src/app/a.ts', '../cli/run.ts'],
  ['a way round over src/', 'src/http/a.ts', '../../src/app/start.ts'],
  ['a dashboard that sees the code', 'grafana/boards/a.ts', '../../src/core/sum.ts'],
  ['another package for dashboards', 'grafana/layer/a.ts', 'yaml'],
  ['files in grafana/', 'grafana/a.ts', 'node:fs'],
];

/** All else: what is wrong, the rule that says so, the file, its text. */
const FORBIDDEN_TEXTS: readonly (readonly [string, string, string, string])[] = [
  [
    'a type imported from above',
    RESTRICTED,
    'src/core/a.ts',
    `import type { start } from '../app/start.ts';\n\nexport type Start = typeof start;\n`,
  ],
  [
    'an import at run time',
    RESTRICTED,
    'src/core/a.ts',
    `export async function load(): Promise<unknown> {\n  return import('pg');\n}\n`,
  ],
  ['an export from above', RESTRICTED, 'src/core/a.ts', `export { start } from '../app/start.ts';\n`],
  [
    'a type that names its module',
    'typescript(consistent-type-imports)',
    'src/core/a.ts',
    `export type Start = typeof import('../app/start.ts');\n`,
  ],
  [
    'require',
    'typescript(no-require-imports)',
    'src/core/a.ts',
    `import util = require('node:util');\n\nexport const inspect = util.inspect;\n`,
  ],
  [
    'a module of Node without its prefix',
    'unicorn(prefer-node-protocol)',
    'test/unit/a.test.ts',
    `import { join } from 'path';\n\nexport const path = join('a', 'b');\n`,
  ],
  [
    'the environment read outside cli/',
    'node(no-process-env)',
    'src/app/a.ts',
    `export const home = process.env['HOME'];\n`,
  ],
  [
    'process.exit outside cli/',
    'unicorn(no-process-exit)',
    'src/app/a.ts',
    `export function stop(): never {\n  process.exit(1);\n}\n`,
  ],
  ['console outside cli/', 'eslint(no-console)', 'src/app/a.ts', `console.log('up');\n`],
  [
    'the network in core/',
    'eslint(no-restricted-globals)',
    'src/core/a.ts',
    `export const page = await fetch('http://localhost/');\n`,
  ],
  [
    'any',
    'typescript(no-explicit-any)',
    'src/core/a.ts',
    // Needed as it stands: a text that the linter must refuse, never compiled. Without it the rule against `any` could
    // be switched off, and no test would fail.
    `export function show(value: any): string {\n  return String(value);\n}\n`,
  ],
  [
    'a value of type any put to use',
    'typescript(no-unsafe-assignment)',
    'src/core/a.ts',
    `export const size: number = JSON.parse('1');\n`,
  ],
  [
    'a property of a value of type any',
    'typescript(no-unsafe-member-access)',
    'src/core/a.ts',
    `export const known: boolean = JSON.parse('{}').known === true;\n`,
  ],
  [
    'a value of type any returned',
    'typescript(no-unsafe-return)',
    'src/core/a.ts',
    `export function parse(text: string): number {\n  return JSON.parse(text);\n}\n`,
  ],
  [
    'a value of type any as an argument',
    'typescript(no-unsafe-argument)',
    'src/core/a.ts',
    `export const size = Math.abs(JSON.parse('1'));\n`,
  ],
  [
    '!',
    'typescript(no-non-null-assertion)',
    'src/core/a.ts',
    `export function first(list: readonly string[]): string {\n  return list[0]!;\n}\n`,
  ],
  ['a default export', 'import(no-default-export)', 'src/core/a.ts', `export default 1;\n`],
  [
    'a type imported as a value',
    'typescript(consistent-type-imports)',
    'src/core/a.ts',
    `import { Sum } from './b.ts';\n\nexport type Sums = readonly Sum[];\n`,
  ],
  [
    'a private field that is never written and not readonly',
    'typescript(prefer-readonly)',
    'src/core/a.ts',
    `export class Box {\n  #size = 1;\n\n  size(): number {\n    return this.#size;\n  }\n}\n`,
  ],
  [
    'a promise left alone',
    'typescript(no-floating-promises)',
    'src/core/a.ts',
    `export function begin(work: () => Promise<void>): void {\n  work();\n}\n`,
  ],
  [
    'a promise where a plain function belongs',
    'typescript(no-misused-promises)',
    'src/core/a.ts',
    `export function each(list: readonly string[], work: (item: string) => Promise<void>): void {
  list.forEach(async (item) => work(item));
}
`,
  ],
  [
    'await of what is no promise',
    'typescript(await-thenable)',
    'src/core/a.ts',
    `export async function wait(ms: number): Promise<void> {\n  await ms;\n}\n`,
  ],
  [
    'a switch that forgets a case',
    'typescript(switch-exhaustiveness-check)',
    'src/core/a.ts',
    `export function say(state: 'on' | 'off'): void {
  switch (state) {
    case 'on':
      throw new TypeError('on');
  }
}
`,
  ],
  [
    '==',
    'eslint(eqeqeq)',
    'src/core/a.ts',
    `export function same(a: unknown, b: unknown): boolean {\n  return a == b;\n}\n`,
  ],
  [
    'a source file of 301 lines',
    'eslint(max-lines)',
    'src/core/a.ts',
    '// A line.\n'.repeat(300) + `export const last = 301;\n`,
  ],
  [
    'a test file of 401 lines',
    'eslint(max-lines)',
    'test/unit/a.test.ts',
    '// A line.\n'.repeat(400) + `export const last = 401;\n`,
  ],
  [
    'a function of 41 lines',
    'eslint(max-lines-per-function)',
    'src/core/a.ts',
    `export function long(list: number[]): void {\n${'  list.push(1);\n'.repeat(39)}}\n`,
  ],
  [
    'five parameters',
    'eslint(max-params)',
    'src/core/a.ts',
    `export function five(a: number, b: number, c: number, d: number, e: number): number {
  return a + b + c + d + e;
}
`,
  ],
  [
    'sixteen ways through a function',
    'eslint(complexity)',
    'src/core/a.ts',
    `export function tangled(n: number): number {
${Array.from({ length: 15 }, (_, i) => `  if (n === ${i}) return ${i};\n`).join('')}  return -1;
}
`,
  ],
  [
    'a test switched off',
    'vitest(no-disabled-tests)',
    'test/unit/a.test.ts',
    `import { expect, it } from 'vitest';\n\nit.skip('adds', () => {\n  expect(1).toBe(1);\n});\n`,
  ],
  [
    'a test that expects nothing',
    'vitest(expect-expect)',
    'test/unit/a.test.ts',
    `import { it } from 'vitest';\n\nit('adds', () => {\n  String(1);\n});\n`,
  ],
  [
    'a test that keeps the others from running',
    'vitest(no-focused-tests)',
    'test/unit/a.test.ts',
    `import { expect, it } from 'vitest';\n\nit.only('adds', () => {\n  expect(1).toBe(1);\n});\n`,
  ],
  [
    'a complaint of the compiler silenced',
    'typescript(ban-ts-comment)',
    'src/core/a.ts',
    // Needed as it stands: a text that the linter must refuse, never compiled. Without it the rule against silencing
    // the compiler could be switched off, and no test would fail.
    `// @ts-ignore\nexport const n: number = 'n';\n`,
  ],
  [
    'a type where an interface serves',
    'typescript(consistent-type-definitions)',
    'src/core/a.ts',
    `export type Box = { readonly size: number };\n`,
  ],
  [
    'a type exported as a value',
    'typescript(consistent-type-exports)',
    'src/core/a.ts',
    `interface Box {\n  readonly size: number;\n}\n\nexport { Box };\n`,
  ],
  [
    'what its author calls deprecated',
    'typescript(no-deprecated)',
    'src/core/a.ts',
    `/** @deprecated Use new. */\nfunction old(): number {\n  return 1;\n}\n\nexport const n = old();\n`,
  ],
  [
    'a type import that leaves an import behind',
    'typescript(no-import-type-side-effects)',
    'src/core/a.ts',
    `import { type Buffer } from 'node:buffer';\n\nexport type Bytes = Buffer;\n`,
  ],
  ['a namespace', 'typescript(no-namespace)', 'src/core/a.ts', `export namespace State {\n  export const on = 1;\n}\n`],
  [
    'a value of type any called',
    'typescript(no-unsafe-call)',
    'src/core/a.ts',
    `export function call(text: string): void {\n  JSON.parse(text)();\n}\n`,
  ],
  ['the type Function', 'typescript(no-unsafe-function-type)', 'src/core/a.ts', `export type Work = Function;\n`],
  [
    'a string thrown',
    'typescript(only-throw-error)',
    'src/core/a.ts',
    `export function fail(): never {\n  throw 'no';\n}\n`,
  ],
  [
    'a promise refused with a string',
    'typescript(prefer-promise-reject-errors)',
    'src/core/a.ts',
    `export async function fail(): Promise<never> {\n  return Promise.reject('no');\n}\n`,
  ],
  [
    'a promise that leaves its try',
    'typescript(return-await)',
    'src/core/a.ts',
    `export async function attempt(work: () => Promise<void>): Promise<void> {\n  try {\n    return work();\n  } catch {\n    return undefined;\n  }\n}\n`,
  ],
  [
    'a caught value taken for an error',
    'typescript(use-unknown-in-catch-callback-variable)',
    'src/core/a.ts',
    `export function attempt(work: Promise<string>): Promise<string> {\n  return work.catch((thrown: Error) => thrown.message);\n}\n`,
  ],
  [
    'one module imported twice',
    'import(no-duplicates)',
    'src/core/a.ts',
    `import { join } from 'node:path';\nimport { sep } from 'node:path';\n\nexport const path = [join, sep];\n`,
  ],
  ['an export that changes', 'import(no-mutable-exports)', 'src/core/a.ts', `export let count = 0;\ncount += 1;\n`],
  [
    'a function in a constant',
    'eslint(func-style)',
    'src/core/a.ts',
    `export const one = function (): number {\n  return 1;\n};\n`,
  ],
  [
    'else after return',
    'eslint(no-else-return)',
    'src/core/a.ts',
    `export function sign(n: number): number {\n  if (n < 0) {\n    return -1;\n  } else {\n    return 1;\n  }\n}\n`,
  ],
  [
    'a parameter written to',
    'eslint(no-param-reassign)',
    'src/core/a.ts',
    `export function next(n: number): number {\n  n += 1;\n  return n;\n}\n`,
  ],
  ['var', 'eslint(no-var)', 'src/core/a.ts', `var n = 1;\nn += 1;\nexport const two = n;\n`],
  ['let for what stays', 'eslint(prefer-const)', 'src/core/a.ts', `let n = 1;\nexport const one = n;\n`],
  [
    'an error made without new',
    'unicorn(throw-new-error)',
    'src/core/a.ts',
    `export function fail(): never {\n  throw TypeError('no');\n}\n`,
  ],
  [
    'four blocks in each other',
    'eslint(max-depth)',
    'src/core/a.ts',
    `export function deep(a: boolean, n: number[]): void {\n  if (a) {\n    for (const i of n) {\n      if (i > 0) {\n        while (n.length > i) {\n          n.pop();\n        }\n      }\n    }\n  }\n}\n`,
  ],
  [
    'numbers sorted as text',
    'typescript(require-array-sort-compare)',
    'src/core/a.ts',
    `export function sort(list: readonly number[]): readonly number[] {\n  return list.toSorted();\n}\n`,
  ],
  ['a file name in camel case', 'unicorn(filename-case)', 'src/core/fileName.ts', `export const n = 1;\n`],
];

/** Each in a file of its own: a.ts is numbered, so that all can be planted in one tree. */
export const VIOLATIONS: readonly Violation[] = [
  ...FORBIDDEN_IMPORTS.map(([title, file, imported]) => ({
    title,
    rule: RESTRICTED,
    file,
    source: `export * from '${imported}';\n`,
  })),
  ...FORBIDDEN_TEXTS.map(([title, rule, file, source]) => ({ title, rule, file, source })),
].map((violation, index) => ({ ...violation, file: violation.file.replace(/\/a\./, `/a${index}.`) }));
