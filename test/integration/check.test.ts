import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard } from '../support/walguard.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const CLEAN = 'pg_clean: {query: SELECT 1 AS a, metrics: [a: {usage: GAUGE, description: A.}]}\n';
const WARNED = 'pg_warned: {query: SELECT 2 AS a, metrics: [a: {usage: COUNTER, description: A.}]}\n';

/** What a check wrote and its exit code, with the temporary folder's name taken out. */
async function check(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const { code, stdout, stderr } = await runWalguard(['check', ...args]);
  return { code, out: (stdout + stderr).replaceAll(`${folder.path}/`, '') };
}

describe('walguard check', () => {
  it('has no error to tell of the packs that come with walguard', async () => {
    const { code, out } = await check();
    expect(out).toMatch(/\d+ files, \d+ blocks: 0 errors, \d+ warnings\n$/);
    expect(code).toBe(0);
  });

  it('tells the mistakes of several files at once, sorted by place, and exits with 1', async () => {
    await mkdir(join(folder.path, 'packs'));
    await folder.write('packs/b.yml', `${WARNED}pg_late: {querry: SELECT 1}\n`);
    await folder.write('packs/a.yaml', 'pg_a: {query: "SELECT 1\n');
    await folder.write('packs/c.yaml', '# nothing yet\n');
    await folder.write('packs/not-a-pack.txt', 'x');
    const twice = `pg_one: {query: SELECT 3 AS a, metrics: [a: {usage: GAUGE, description: A.}]}
pg_two: {query: SELECT 4 AS a; SELECT 5, name: pg_one, metrics: [a: {usage: GAUGE}]}
`;
    await folder.write('one.yaml', twice);
    await folder.write(
      'two.yaml',
      WARNED + CLEAN + CLEAN.replace('pg_clean', 'pg_up').replaceAll('a:', 'b:').replace('SELECT 1 AS a', 'SELECT 1'),
    );

    const { code, out } = await check(
      join(folder.path, 'packs'),
      join(folder.path, 'o*.yaml'),
      join(folder.path, 'two.yaml'),
    );

    expect(out).toMatchInlineSnapshot(`
      "one.yaml:2:1: error: PACK_DUPLICATE_COLLECTOR: pg_two and pg_one both apply to a primary of PostgreSQL 13
        hint: Bound them by runonserver, tags or a predicate_query, or give one another name.
      one.yaml:2:32: error: QUERY_NOT_ONE_STATEMENT: the query of pg_two holds 2 statements
        hint: Write one SELECT; several belong in several blocks.
      one.yaml:2:66: warning: CHECK_NO_DESCRIPTION: pg_one_a has no description
        hint: Add description: it is the HELP line of the metric.
      packs/a.yaml:2:1: error: CONFIG_YAML_SYNTAX: Missing closing "quote
        hint: Close what is open: a quote, a bracket, a brace; or write the colon with a blank after it.
      packs/a.yaml:2:1: error: CONFIG_YAML_SYNTAX: Flow map in block collection must be sufficiently indented and end with a }
        hint: Give all entries of a list or map the same indentation, in blanks.
      packs/b.yml:2:1: error: CONFIG_MISSING_KEY: pg_late.query is missing
        hint: Add it. It must be a string.
      packs/b.yml:2:1: error: CONFIG_MISSING_KEY: pg_late.metrics is missing
        hint: Add it. It must be a list.
      packs/b.yml:2:11: error: CONFIG_UNKNOWN_KEY: the key "querry" is not known in pg_late
        hint: Did you mean "query"?
      two.yaml:1:45: warning: CHECK_COUNTER_NAME: pg_warned_a is a counter, but its name does not end in _total
        hint: Rename it to pg_warned_a_total.
      two.yaml:3:36: warning: CHECK_UNIT: pg_up_b is in b, and not in the base unit
        hint: Return bytes from the query and say so in the name.
      5 files, 5 blocks: 7 errors, 3 warnings
      "
    `);
    expect(code).toBe(1);
  });

  it('tells families that two packs declare, and those of walguard itself, as loading them would', async () => {
    const one = await folder.write('one.yaml', CLEAN);
    const own = 'pg_own: {prefix: pg, query: SELECT 1 AS up, metrics: [up: {usage: GAUGE, description: A.}]}\n';
    const two = await folder.write(
      'two.yaml',
      CLEAN.replace('pg_clean', 'pg_other').replace('{query', '{name: pg_clean, query') + own,
    );

    const { code, out } = await check(one, two);

    expect(out).toContain(
      'two.yaml:1:1: error: PACK_DUPLICATE_COLLECTOR: there is a collector clean in one.yaml:1 too\n',
    );
    expect(out).toContain(
      'two.yaml:2:1: error: PACK_DUPLICATE_FAMILY: the family pg_up is already declared by walguard itself\n',
    );
    expect(code).toBe(1);
  });

  it('counts warnings as errors if it is told to', async () => {
    const warned = await folder.write('warned.yaml', WARNED);
    const clean = await folder.write('clean.yaml', CLEAN);

    expect((await check(warned)).code).toBe(0);
    expect((await check('--strict', warned)).code).toBe(1);
    expect(await check('--strict', clean)).toEqual({ code: 0, out: '1 file, 1 block: 0 errors, 0 warnings\n' });
  });

  it('writes JSON for programs', async () => {
    const path = await folder.write('warned.yaml', WARNED);
    const { code, out } = await check('--json', path);
    expect(JSON.parse(out)).toEqual({
      files: ['warned.yaml'],
      blocks: 1,
      errors: 0,
      warnings: 1,
      findings: [
        {
          severity: 'warning',
          code: 'CHECK_COUNTER_NAME',
          message: 'pg_warned_a is a counter, but its name does not end in _total',
          hint: 'Rename it to pg_warned_a_total.',
          file: 'warned.yaml',
          line: 1,
          column: 45,
        },
      ],
    });
    expect(code).toBe(0);
  });

  it('exits with 2 for a file that is not there, and tells of the others', async () => {
    const path = await folder.write('warned.yaml', WARNED);
    const { code, out } = await check(join(folder.path, 'gone.yaml'), path);
    expect(out).toContain('gone.yaml: error: CONFIG_FILE_UNREADABLE: ');
    expect(out).toContain('warned.yaml:1:45: warning: CHECK_COUNTER_NAME');
    expect(code).toBe(2);
  });

  it('exits with 2 for a switch of a collector, which it does not have', async () => {
    expect(await check('--no-collector.locks')).toEqual({
      code: 2,
      out: 'USAGE_UNKNOWN_OPTION: --no-collector.locks is not for this command\n  hint: Leave it out.\n',
    });
  });
});
