import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { createDirectoryArchive } from '../../src/archive/directory/index.ts';
import { countedAccess } from '../support/counted-access.ts';
import { asOrdinaryUser } from '../support/ordinary-user.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { age, heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';
import { makeSegments } from '../support/wal-file.ts';

const run = promisify(execFile);
const signal = AbortSignal.timeout(60_000);

async function readWithCalls(path: string) {
  const { access, take } = countedAccess();
  const contents = await createDirectoryArchive({ path, access }).read(NOTHING_KNOWN, signal);
  return { ...contents, calls: take(), bad: contents.badFiles.map(({ name, reason }) => [name, reason]) };
}

describe('a directory of WAL with what does not belong there', () => {
  it('does not open a pipe with the name of a segment, and does not wait for it', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 2);
    const pipe = '000000010000000000000002';
    await run('mkfifo', [join(folder.path, pipe)]);
    await age(join(folder.path, pipe));
    await run('mkfifo', [join(folder.path, '00000002.history')]);
    await age(join(folder.path, '00000002.history'));

    const contents = await readWithCalls(folder.path);

    expect(heldNames(contents)).toEqual(names);
    expect(contents.bad).toEqual([
      [pipe, 'unreadable'],
      ['00000002.history', 'unreadable'],
    ]);
    expect(contents.calls.opened).toHaveLength(2);
  });

  it('follows links that lead to a segment, and reports those that lead nowhere', async () => {
    await using folder = await temporaryFolder();
    await using elsewhere = await temporaryFolder();
    const [name = ''] = await makeSegments(elsewhere.path, 0, 1);
    await symlink(join(elsewhere.path, name), join(folder.path, name));
    await symlink('/nowhere', join(folder.path, '000000010000000000000001'));
    await symlink('000000010000000000000002', join(folder.path, '000000010000000000000002'));

    const contents = await readWithCalls(folder.path);

    expect(heldNames(contents)).toEqual([name]);
    expect(contents.bad).toEqual([
      ['000000010000000000000001', 'unreadable'],
      ['000000010000000000000002', 'unreadable'],
    ]);
  });

  it('counts names that are none of WAL, whatever bytes they have, and opens none of these files', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 2);
    const foreign = ['a\nb', 'with space', '000000010000000000000001.tmp', '000000010000000000000001~', 'archive.info'];
    for (const name of foreign) await writeFile(join(folder.path, name), 'x');
    await writeFile(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.from([0xff, 0xfe, 0x30])]), 'x');
    await writeFile(join(folder.path, 'huge'), '');
    await truncate(join(folder.path, 'huge'), 2 ** 40);
    await mkdir(join(folder.path, 'lost+found'));
    await mkdir(join(folder.path, '000000010000000000000005'));

    const contents = await readWithCalls(folder.path);

    expect(heldNames(contents)).toEqual(names);
    expect(contents).toMatchObject({ foreignFiles: foreign.length + 2, bad: [] });
    expect(contents.calls.opened).toHaveLength(2);
  });

  it('goes by the names of encrypted files, and never opens them', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 3);
    for (const name of names) await rename(join(folder.path, name), join(folder.path, `${name}.gz.gpg`));
    await writeFile(join(folder.path, `${names[1]}.gz.gpg`), 'short');
    await age(join(folder.path, `${names[1]}.gz.gpg`));

    const contents = await readWithCalls(folder.path);

    expect(contents).toMatchObject({ unverified: 2, systemIdentifier: undefined, segmentBytes: undefined });
    expect(contents.bad).toEqual([[`${names[1]}.gz.gpg`, 'too_small']]);
    expect(contents.calls.opened).toEqual([]);
  });

  it('takes what was compressed or encrypted under a bare name for that, and nothing else', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 5);
    const [zipped = '', secret = '', garbage = ''] = names;
    await run('sh', ['-c', 'cd "$1" && gzip "$2" && mv "$2.gz" "$2"', 'sh', folder.path, zipped]);
    await writeFile(join(folder.path, secret), Buffer.concat([Buffer.from('Salted__'), Buffer.alloc(2_000, 7)]));
    await writeFile(join(folder.path, garbage), Buffer.alloc(2_000, 7));
    for (const name of [zipped, secret, garbage]) await age(join(folder.path, name));

    const contents = await readWithCalls(folder.path);

    expect(contents.bad).toEqual([[garbage, 'wrong_size']]);
    expect(contents.unverified).toBe(1);
    expect(heldNames(contents)).toEqual(names.filter((name) => name !== garbage));
  });

  it('holds files that only their owner may read, without looking into them', async () => {
    await using folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    const names = await makeSegments(folder.path, 0, 3);
    for (const name of names) await chmod(join(folder.path, name), 0o000);
    await folder.write('00000002.history', '1\t0/300000\tno recovery target specified\n');
    await chmod(join(folder.path, '00000002.history'), 0o000);

    const contents = await asOrdinaryUser(() => readWithCalls(folder.path));

    expect(heldNames(contents)).toEqual(names);
    expect(contents).toMatchObject({ unverified: 3, bad: [], segmentBytes: 1_048_576 });
    expect(contents.histories.size).toBe(0);
  });
});

describe('a directory of WAL that cannot be read', () => {
  it.each([
    ['that is not there', (path: string) => join(path, 'missing')],
    ['that is a file', (path: string) => join(path, '000000010000000000000000')],
  ])('%s is not found', async (_, place) => {
    await using folder = await temporaryFolder();
    await makeSegments(folder.path, 0, 1);
    const path = place(folder.path);
    await expect(readWithCalls(path)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: `There is no folder ${path}`,
      hint: expect.stringContaining('Correct the path') as string,
    });
  });

  it.each([
    ['itself', 0o000, 0o755],
    ['files in it', 0o444, 0o755],
    ['a folder in it', 0o755, 0o000],
  ])('for want of a right to %s is down, and says the cure', async (_, mode, innerMode) => {
    await using folder = await temporaryFolder();
    const inner = join(folder.path, '0000000100000000');
    await mkdir(inner);
    await makeSegments(inner, 0, 1);
    await makeSegments(folder.path, 0, 1);
    await chmod(inner, innerMode);
    await chmod(folder.path, mode);
    const reading = asOrdinaryUser(() => readWithCalls(folder.path));
    await expect(reading).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringMatching(/^walguard may not read .*EACCES/) as string,
      hint: expect.stringMatching(/^Give the user walguard runs as the right/) as string,
    });
    await chmod(folder.path, 0o755);
    await chmod(inner, 0o755);
  });

  it('is readable again when the right was given', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 1);
    const source = createDirectoryArchive({ path: folder.path });
    await chmod(folder.path, 0o000);
    await expect(asOrdinaryUser(() => source.read(NOTHING_KNOWN, signal))).rejects.toThrow('may not read');
    await chmod(folder.path, 0o755);
    expect(heldNames(await asOrdinaryUser(() => source.read(NOTHING_KNOWN, signal)))).toEqual(names);
  });
});
