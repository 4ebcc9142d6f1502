import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer } from '../../servers/index.ts';
import { drill, type DrillLab, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, backUp } from '../support/restore-lab.ts';
import { supportedMajors } from '../support/supported-majors.ts';
import { fingerprintOf } from '../support/tool-drill.ts';

const majors = supportedMajors.filter((major) => major === 13 || major === 18);

describe.each(majors)('a drill with PostgreSQL %i that comes to where a tablespace was made', (major) => {
  let lab: DrillLab & AsyncDisposable;
  let space: string;
  let before: string;

  beforeAll(async () => {
    lab = await startDrillLab(major);
    const { server } = lab;
    space = join(server.cluster.directory, 'space');
    await mkdir(space);
    await giveToServer(server.cluster, space);
    await backUp(lab, 'first');
    await server.sql('SELECT pg_sleep(2.1)');
    await server.sql(
      `CREATE TABLE t AS SELECT generate_series(1, 1000) AS id; SELECT pg_create_restore_point('before')`,
    );
    // More than servers read ahead (wal_decode_buffer_size).
    await server.sql('INSERT INTO t SELECT generate_series(1, 40000)');
    await server.sql('SELECT pg_switch_wal()');
    await server.sql(`CREATE TABLESPACE elsewhere LOCATION '${space}'`);
    await server.sql('CREATE TABLE inside (id int) TABLESPACE elsewhere');
    await server.sql('INSERT INTO inside SELECT generate_series(1, 5000)');
    await server.sql('SELECT pg_switch_wal()');
    await archivedEnd(server, lab.archive);
    await server.sql('TRUNCATE inside; INSERT INTO inside VALUES (1); CHECKPOINT');
    before = await fingerprintOf(space);
  }, 60_000);

  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('goes as far as before it', async () => {
    const { code, report } = await drill(lab, ['--to=before']);
    expect({ code, failure: report.failure }).toEqual({ code: 0, failure: undefined });
  });

  it('does not touch the folder of production, and says why it ends there', async () => {
    const { code, report } = await drill(lab, ['--to=latest']);
    expect(await fingerprintOf(space)).toBe(before);
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ code: 'DRILL_UNSAFE' });
    expect(report.failure?.message).toContain(space);
  });
});
