import { chown, copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { giveToServer, type Major, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import type { WalFetch } from '../../src/core/drill.ts';
import { type Lsn, parseLsn } from '../../src/core/lsn.ts';
import { type CutRecord, type MadeTablespace, TablespaceFinder } from '../../src/core/wal-tablespaces.ts';
import { guarded } from '../../src/storage/wal-guard.ts';
import { supportedMajors } from '../support/supported-majors.ts';

const { signal } = new AbortController();
/** Records of these lengths move those that matter over the ends of pages and of segments. */
const LONGEST_NOISE = 20_000;

interface Lab extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly archive: string;
  readonly space: string;
  /** What was about to be written whenever a tablespace was going to be made. */
  readonly before: readonly Lsn[];
}

/** A server that archived how tablespaces were made and dropped again, all in one folder. */
async function archiveTablespaces(major: Major, count: number): Promise<Lab> {
  const server = await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'] });
  const space = join(server.cluster.directory, 'é'.repeat(10));
  await mkdir(space);
  await giveToServer(server.cluster, space);
  const noise = `SELECT pg_logical_emit_message(false, 'noise', repeat('x', (random() * ${LONGEST_NOISE})::int))`;
  const before: Lsn[] = [];
  for (let index = 0; index < count; index += 1) {
    await server.sql(noise);
    const [[lsn] = []] = await server.sql('SELECT pg_current_wal_insert_lsn()');
    before.push(parseLsn(lsn ?? '') ?? 0n);
    await server.sql(`CREATE TABLESPACE each LOCATION '${space}'`);
    await server.sql('DROP TABLESPACE each');
  }
  const [[last] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
  const archive = server.archiveDirectory ?? '';
  await waitFor('the archive', async () => (await readdir(archive)).includes(last ?? ''));
  return { server, archive, space, before, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function segmentsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((each) => /^[0-9A-F]{24}$/.test(each)).toSorted();
}

/** All that is found in the segments of a folder, in their order, read in pieces of odd lengths. */
async function findIn(folder: string): Promise<readonly MadeTablespace[]> {
  const found: MadeTablespace[] = [];
  let cut: CutRecord | undefined;
  for (const name of await segmentsIn(folder)) {
    const bytes = await readFile(join(folder, name));
    const finder = new TablespaceFinder(cut);
    for (let at = 0; at < bytes.length; at += 100_003) finder.add(bytes.subarray(at, at + 100_003));
    found.push(...finder.found);
    cut = finder.cut;
  }
  return found;
}

describe.each(supportedMajors)('the WAL of PostgreSQL %i', (major) => {
  it('tells each tablespace that is made, and where, wherever the record lies', async () => {
    await using lab = await archiveTablespaces(major, 400);
    const found = await findIn(lab.archive);
    expect(found.map(({ location }) => location)).toEqual(lab.before.map(() => lab.space));
    for (const [index, { lsn }] of found.entries()) {
      expect(lsn).toBeGreaterThanOrEqual(lab.before[index] ?? 0n);
      if (index > 0) expect(found[index - 1]?.lsn).toBeLessThan(lab.before[index] ?? 0n);
    }
  }, 120_000);
});

describe('WAL that makes a tablespace in a folder of who drills', () => {
  it('is refused, unless it is before where replaying begins', async () => {
    await using lab = await archiveTablespaces(17, 3);
    const end = (lab.before.at(-1) ?? 0n) + 1_000_000n;
    await chown(lab.space, process.geteuid?.() ?? 0, 0);
    const fetch: WalFetch = async (name, into) => {
      await copyFile(join(lab.archive, name), into);
      return (await stat(into)).size;
    };
    const into = join(lab.server.cluster.directory, 'segment');
    const ask = async (from: Lsn | undefined): Promise<readonly PromiseSettledResult<unknown>[]> => {
      const supply = guarded(fetch, from);
      const results = [];
      for (const name of await segmentsIn(lab.archive))
        results.push(...(await Promise.allSettled([supply(name, into, signal)])));
      return results;
    };
    const refused = (await ask(undefined)).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: { code: 'DRILL_UNSAFE' } });
    expect((await ask(end)).every(({ status }) => status === 'fulfilled')).toBe(true);
  }, 60_000);
});
