import { copyFile, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPgBackRestArchive } from '../../src/archive/pgbackrest/index.ts';
import type { ArchiveContents, KnownOfServer } from '../../src/core/catalogue.ts';
import { programEnvironment } from '../../src/process/launch.ts';
import { isolatedCopy } from '../support/archive-copy.ts';
import { type BackRestLab, startBackRestLab } from '../support/pgbackrest.ts';
import { age, archiveSegments, askKnown, cut, heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';

const signal = AbortSignal.timeout(600_000);
const launch = { prefix: [], environment: programEnvironment(process.env, {}), timeoutMs: 60_000 };

/** By the folder if a path is given, else through the program. */
function archiveOf({ stanza, config }: BackRestLab, path?: string) {
  return createPgBackRestArchive({ stanza, config, repo: undefined, command: ['pgbackrest'], launch, path });
}

const BOTH = [
  ['the folder', true],
  ['the program', false],
] as const;

describe.each([
  { compress: 'none', cipher: false },
  { compress: 'gz', cipher: false },
  { compress: 'lz4', cipher: false },
  { compress: 'zst', cipher: false },
  { compress: 'bz2', cipher: false },
  { compress: 'none', cipher: true },
  { compress: 'gz', cipher: true },
])('a repository of pgBackRest, compress-type $compress, encrypted: $cipher', ({ compress, cipher }) => {
  let lab: BackRestLab;
  let known: KnownOfServer;
  let pushed: readonly string[];

  beforeAll(async () => {
    const encryption = cipher ? { 'repo1-cipher-type': 'aes-256-cbc', 'repo1-cipher-pass': 'secret of the lab' } : {};
    lab = await startBackRestLab({ 'compress-type': compress, 'start-fast': 'y', ...encryption });
    await archiveSegments(lab.server, 5);
    await lab.run('--type=full', '--repo1-retention-full=2', 'backup');
    known = await askKnown(lab.server);
    pushed = (await readdir(walFolder(lab.repository))).filter((name) => name.includes('-')).toSorted();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const walFolder = (repository: string): string => join(repository, 'archive', 'main', '15-1', '0000000100000000');
  const showsHeaders = !cipher && ['none', 'gz', 'lz4'].includes(compress);

  it.each(BOTH)('is read by %s', async (_, byFolder) => {
    const contents = await archiveOf(lab, byFolder ? lab.repository : undefined).read(known, signal);

    expect(contents.badFiles).toEqual([]);
    expect(contents).toMatchObject({ segmentBytes: 1_048_576, foreignFiles: 0, duplicates: 0 });
    expect(heldNames(contents)).toEqual(pushed.map((name) => name.slice(0, 24)));
    expect(contents.unverified).toBe(byFolder && showsHeaders ? 0 : pushed.length);
    // A folder's label is ciphertext; pgBackRest has the key.
    expect(contents.labels).toHaveLength(cipher && byFolder ? 0 : 1);
    if (!cipher || !byFolder) expect(contents.systemIdentifier).toBe(known.systemIdentifier);
    expect(contents.timelines[0]?.times.at(-1)).toBeGreaterThan(Date.now() / 1000 - 600);
  });

  it('has a segment that was cut short', async () => {
    await using copy = await isolatedCopy(lab.repository);
    const victim = pushed[2] ?? '';
    await cut(join(walFolder(copy.path), victim), 1_005);
    await age(join(walFolder(copy.path), victim));
    const { badFiles } = await archiveOf(lab, copy.path).read(known, signal);
    expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual(
      compress === 'zst' ? [] : [[victim, 'wrong_size']],
    );
  });

  it('has a segment that is empty, and lacks one', async () => {
    await using copy = await isolatedCopy(lab.repository);
    const folder = walFolder(copy.path);
    await writeFile(join(folder, pushed[1] ?? ''), '');
    await age(join(folder, pushed[1] ?? ''));
    await unlink(join(folder, pushed[3] ?? ''));
    const contents = await archiveOf(lab, copy.path).read(known, signal);
    expect(contents.badFiles.map(({ name, reason }) => [name, reason])).toEqual([[pushed[1], 'empty']]);
    const left = pushed.filter((_, index) => index !== 1 && index !== 3);
    expect(heldNames(contents)).toEqual(left.map((name) => name.slice(0, 24)));
  });
});

describe('a repository of pgBackRest that is not as it should be', () => {
  let lab: BackRestLab;
  let known: KnownOfServer;

  beforeAll(async () => {
    lab = await startBackRestLab();
    await archiveSegments(lab.server, 4);
    known = await askKnown(lab.server);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const folderIn = (repository: string): string => join(repository, 'archive', 'main', '15-1', '0000000100000000');
  const read = (path: string, knowledge = known): Promise<ArchiveContents> =>
    archiveOf(lab, path).read(knowledge, signal);

  it('one segment with two checksums is conflicting, with one checksum twice a duplicate', async () => {
    await using copy = await isolatedCopy(lab.repository);
    const folder = folderIn(copy.path);
    const [first = '', second = ''] = (await readdir(folder)).toSorted();
    const other = first.replace(/-.{8}/, '-00000000');
    await copyFile(join(folder, first), join(folder, other));
    await copyFile(join(folder, second), join(folder, second.replace('.gz', '.bz2')));
    const { badFiles, duplicates } = await read(copy.path);
    expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual([
      [other, 'conflicting'],
      [first, 'conflicting'],
    ]);
    expect(duplicates).toBe(1);
  });

  it('a segment under another position is found, and one in the wrong folder is foreign', async () => {
    await using copy = await isolatedCopy(lab.repository);
    const folder = folderIn(copy.path);
    const [first = '', second = ''] = (await readdir(folder)).toSorted();
    const moved = `${second.slice(0, 22)}7F${first.slice(24)}`;
    await rename(join(folder, first), join(folder, moved));
    await age(join(folder, moved));
    await copyFile(join(folder, second), join(folder, `0000000200000000${second.slice(16)}`));
    const { badFiles, foreignFiles } = await read(copy.path);
    expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual([[moved, 'wrong_header']]);
    expect(foreignFiles).toBe(1);
  });

  it('after stanza-upgrade the archive of the cluster that is asked for is read', async () => {
    await using copy = await isolatedCopy(lab.repository);
    const stanza = join(copy.path, 'archive', 'main');
    const history = `[db:history]\n1={"db-id":${known.systemIdentifier},"db-version":"15"}\n2={"db-id":99,"db-version":"16"}\n`;
    await writeFile(join(stanza, 'archive.info'), `[backrest]\nbackrest-format=5\n\n[db]\ndb-id=2\n\n${history}`);
    await mkdir(join(stanza, '16-2', '0000000100000000'), { recursive: true });

    expect(heldNames(await read(copy.path))).toHaveLength((await readdir(folderIn(copy.path))).length);
    expect(heldNames(await read(copy.path, { ...known, systemIdentifier: '99' }))).toEqual([]);
    expect(heldNames(await read(copy.path, NOTHING_KNOWN))).toEqual([]);
  });

  it.each(BOTH)('a stanza that is not there is an error of its own, by %s', async (_, byFolder) => {
    const source = archiveOf({ ...lab, stanza: 'mian' }, byFolder ? lab.repository : undefined);
    await expect(source.read(known, signal)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('a stanza without WAL is empty', async () => {
    await using copy = await isolatedCopy(lab.repository);
    await rename(join(copy.path, 'archive', 'main', '15-1'), join(copy.path, 'moved'));
    expect(await read(copy.path)).toMatchObject({
      timelines: [],
      badFiles: [],
      systemIdentifier: known.systemIdentifier,
    });
  });

  it('a repository that goes away while the program lists it is no empty archive', async () => {
    await using copy = await isolatedCopy(lab.repository);
    const leave = `[ "$1" != repo-ls ] || mv '${copy.path}/archive' '${copy.path}/moved'; exec pgbackrest "$@"`;
    const source = createPgBackRestArchive({
      stanza: lab.stanza,
      config: lab.config,
      repo: undefined,
      command: ['sh', '-c', leave, 'pgbackrest'],
      launch: { ...launch, environment: { ...launch.environment, PGBACKREST_REPO1_PATH: copy.path } },
      path: undefined,
    });
    await expect(source.read(known, signal)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('the program tells what came and what went since its last listing', async () => {
    const source = archiveOf(lab);
    const before = heldNames(await source.read(known, signal));
    await archiveSegments(lab.server, 2);
    expect(heldNames(await source.read(known, signal))).toHaveLength(before.length + 2);
    await lab.run('--type=full', '--repo1-retention-full=1', '--start-fast', 'backup');
    await lab.run('--type=full', '--repo1-retention-full=1', '--start-fast', 'backup');
    const after = await source.read(known, signal);
    expect(heldNames(after)).not.toContain(before[0]);
    expect(after.labels).toHaveLength(1);
  });
});
