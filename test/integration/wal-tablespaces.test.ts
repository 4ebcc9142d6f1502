import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { giveToServer, startPostgres, waitFor } from '../../servers/index.ts';
import { type CutRecord, TablespaceFinder } from '../../src/core/wal-tablespaces.ts';
import { supportedMajors } from '../support/supported-majors.ts';

const SPACES = 400;
/** Records of these lengths move those that matter over the ends of pages and of segments. */
const LONGEST_NOISE = 20_000;

/** All that is found in the segments of a folder, in their order, read in pieces of odd lengths. */
async function findIn(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  let cut: CutRecord | undefined;
  for (const name of (await readdir(folder)).filter((each) => /^[0-9A-F]{24}$/.test(each)).toSorted()) {
    const bytes = await readFile(join(folder, name));
    const finder = new TablespaceFinder(cut);
    for (let at = 0; at < bytes.length; at += 100_003) finder.add(bytes.subarray(at, at + 100_003));
    found.push(...finder.found);
    cut = finder.cut;
  }
  return found;
}

describe.each(supportedMajors)('the WAL of PostgreSQL %i', (major) => {
  it('tells each folder in which a tablespace is made, wherever the record lies', async () => {
    await using server = await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'] });
    const root = join(server.cluster.directory, 'spaces');
    const made: string[] = [];
    await mkdir(root);
    await giveToServer(server.cluster, root);
    const space = join(root, 'é'.repeat(10));
    await mkdir(space);
    await giveToServer(server.cluster, space);
    const noise = `SELECT pg_logical_emit_message(false, 'noise', repeat('x', (random() * ${LONGEST_NOISE})::int))`;
    for (let index = 0; index < SPACES; index += 1) {
      await server.sql(noise);
      await server.sql(`CREATE TABLESPACE each LOCATION '${space}'`);
      await server.sql('DROP TABLESPACE each');
      made.push(space);
    }
    const [[last] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
    const archive = server.archiveDirectory ?? '';
    await waitFor('the archive', async () => (await readdir(archive)).includes(last ?? ''));

    expect(await findIn(archive)).toEqual(made);
  }, 120_000);
});
