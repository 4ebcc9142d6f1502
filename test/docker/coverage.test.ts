import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsText, walkColumns } from '../support/coverage.ts';
import { coverageProblems, readableInSpite } from '../support/coverage-checks.ts';
import { imageMajors, type PostgresImage, startPostgresImage } from '../support/postgres-image.ts';
import { rowsOf } from '../support/sql.ts';

describe.each(imageMajors)('the views of statistics of the image of PostgreSQL %i', (major) => {
  let server: PostgresImage;

  beforeAll(async () => {
    server = await startPostgresImage(major);
    for (const extension of ['pg_stat_statements', 'pg_buffercache']) await server.sql(`CREATE EXTENSION ${extension}`);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it(`have no column on ${major} that no collector reads, but for the reasons of the list`, async () => {
    const columns = await walkColumns((text) => server.sql(text), major);

    expect(coverageProblems(columns, major)).toEqual([]);
    await expect(columnsText(columns)).toMatchFileSnapshot(`../golden/pg${major}-columns.tsv`);
  });

  it(`are closed on ${major} to a role with pg_monitor where the list says that they are`, async () => {
    expect(await readableInSpite((text) => rowsOf(server.monitorUrl, text), major)).toEqual([]);
  });
});
