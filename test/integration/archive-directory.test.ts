import { execFile } from 'node:child_process';
import { copyFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres } from '../../servers/index.ts';
import { createDirectoryArchive } from '../../src/archive/directory/index.ts';
import type { ArchiveContents, KnownOfServer } from '../../src/core/catalogue.ts';
import { isolatedCopy } from '../support/archive-copy.ts';
import { supportedMajors } from '../support/supported-majors.ts';
import {
  ageAll,
  archiveSegments,
  askKnown,
  cut,
  heldNames,
  NOTHING_KNOWN,
  segmentNamesIn,
} from '../support/wal-archive.ts';

const run = promisify(execFile);
const signal = AbortSignal.timeout(600_000);

function readOnce(path: string, known = NOTHING_KNOWN): Promise<ArchiveContents> {
  return createDirectoryArchive({ path }).read(known, signal);
}

describe.each(
  supportedMajors.flatMap((major) => [{ major, megabytes: 1 }, ...(major === 18 ? [{ major, megabytes: 64 }] : [])]),
)('a directory that PostgreSQL $major archives segments of $megabytes MB to', ({ major, megabytes }) => {
  let server: PostgresServer;
  let archive: string;
  let known: KnownOfServer;

  beforeAll(async () => {
    const settings = { min_wal_size: `${megabytes * 5}MB`, max_wal_size: `${megabytes * 16}MB` };
    server = await startPostgres({ major, archive: true, initdbArgs: [`--wal-segsize=${megabytes}`], settings });
    archive = server.archiveDirectory ?? '';
    await archiveSegments(server, 4);
    known = await askKnown(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('is read without a word of the server', async () => {
    const contents = await readOnce(archive);

    expect(contents).toMatchObject({
      segmentBytes: megabytes * 1_048_576,
      systemIdentifier: known.systemIdentifier,
      badFiles: [],
      duplicates: 0,
      unverified: 0,
    });
    expect(heldNames(contents)).toEqual(await segmentNamesIn(archive));
    expect(contents.timelines[0]?.times.at(-1)).toBeGreaterThan(Date.now() / 1000 - 600);
  });

  it.each([
    ['empty', 'empty', async (path: string) => cut(path, 0)],
    ['cut short', 'wrong_size', async (path: string) => cut(path, 500_000)],
    ['of zeros', 'wrong_header', async (path: string) => writeFile(path, Buffer.alloc(megabytes * 1_048_576))],
  ] as const)('with a segment that is %s does not hold it', async (_, reason, damage) => {
    await using copy = await isolatedCopy(archive);
    const [, victim = ''] = await segmentNamesIn(copy.path);
    await damage(join(copy.path, victim));
    await ageAll(copy.path);

    const contents = await readOnce(copy.path, known);

    expect(contents.badFiles).toMatchObject([{ name: victim, reason, timeline: 1 }]);
    expect(heldNames(contents)).toEqual((await segmentNamesIn(copy.path)).filter((name) => name !== victim));
  });
});

describe('a directory of WAL', () => {
  let server: PostgresServer;
  let archive: string;
  let known: KnownOfServer;

  beforeAll(async () => {
    server = await startPostgres({ archive: true, initdbArgs: ['--wal-segsize=1'] });
    archive = server.archiveDirectory ?? '';
    await archiveSegments(server, 6);
    known = await askKnown(server);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('shows a segment that was deleted as not held', async () => {
    await using copy = await isolatedCopy(archive);
    const names = await segmentNamesIn(copy.path);
    await unlink(join(copy.path, names[2] ?? ''));
    expect(heldNames(await readOnce(copy.path, known))).toEqual(names.filter((_, index) => index !== 2));
  });

  it('shows a segment under the name of another', async () => {
    await using copy = await isolatedCopy(archive);
    const names = await segmentNamesIn(copy.path);
    await copyFile(join(copy.path, names[1] ?? ''), join(copy.path, names[3] ?? ''));
    await ageAll(copy.path);
    const { badFiles } = await readOnce(copy.path, known);
    expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual([[names[3], 'wrong_header']]);
  });

  it('shows a segment of another timeline than its name says', async () => {
    await using copy = await isolatedCopy(archive);
    const names = await segmentNamesIn(copy.path);
    const name = `0000000A${names[1]?.slice(8)}`;
    await rename(join(copy.path, names[1] ?? ''), join(copy.path, name));
    await copy.write('0000000A.history', `1\t0/${(0x1000000).toString(16)}\tno recovery target specified\n`);
    await ageAll(copy.path);
    const { badFiles } = await readOnce(copy.path, known);
    expect(badFiles.map((file) => [file.name, file.reason])).toEqual([[name, 'wrong_header']]);
  });

  it('shows a segment of another cluster, whether or not the server was asked', async () => {
    await using other = await startPostgres({ archive: true, initdbArgs: ['--wal-segsize=1'] });
    await archiveSegments(other, 3);
    await using copy = await isolatedCopy(archive);
    const [, second = ''] = await segmentNamesIn(copy.path);
    await copyFile(join(other.archiveDirectory ?? '', second), join(copy.path, second));
    for (const knowledge of [known, NOTHING_KNOWN]) {
      const { badFiles } = await readOnce(copy.path, knowledge);
      expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual([[second, 'wrong_cluster']]);
    }
  });

  it('has names that no segment of the size can have', async () => {
    await using copy = await isolatedCopy(archive);
    await copy.write('000000010000000000001000', 'x');
    const last = (await segmentNamesIn(archive)).at(-1) ?? '';
    const { badFiles } = await readOnce(copy.path, known);
    expect(badFiles).toEqual([
      { name: '000000010000000000001000', reason: 'impossible_name', timeline: undefined, segment: undefined },
    ]);
    const wrong = await readOnce(copy.path, { ...known, segmentBytes: 1_073_741_824 });
    expect(wrong.badFiles).toContainEqual({
      name: last,
      reason: 'impossible_name',
      timeline: undefined,
      segment: undefined,
    });
  });

  it('of gzip, with one file cut short and one of another position', async () => {
    await using copy = await isolatedCopy(archive);
    const names = await segmentNamesIn(copy.path);
    await copyFile(join(copy.path, names[1] ?? ''), join(copy.path, names[4] ?? ''));
    await run(
      'gzip',
      names.map((name) => join(copy.path, name)),
    );
    await cut(join(copy.path, `${names[2]}.gz`), 700);
    await cut(join(copy.path, `${names[3]}.gz`), 20);
    await ageAll(copy.path);
    const contents = await readOnce(copy.path);
    expect(contents).toMatchObject({
      segmentBytes: 1_048_576,
      systemIdentifier: known.systemIdentifier,
      unverified: 0,
    });
    expect(contents.badFiles.map(({ name, reason }) => [name, reason])).toEqual([
      [`${names[2]}.gz`, 'wrong_size'],
      [`${names[3]}.gz`, 'too_small'],
      [`${names[4]}.gz`, 'wrong_header'],
    ]);
  });
});
