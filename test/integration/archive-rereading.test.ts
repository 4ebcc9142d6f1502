import { rmSync } from 'node:fs';
import { mkdir, rename, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { createDirectoryArchive } from '../../src/archive/directory/index.ts';
import type { ArchiveContents } from '../../src/core/catalogue.ts';
import { FILE_ACCESS, type FileAccess } from '../../src/storage/file-access.ts';
import { countedAccess } from '../support/counted-access.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { cut, heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';
import { makeSegment, makeSegments } from '../support/wal-file.ts';

const signal = AbortSignal.timeout(600_000);
const LONG_AGO = 1_700_000_000;
const ASKED_AGAIN = 256;

/** As if nothing was put into it for long. */
async function settle(folder: string): Promise<void> {
  await utimes(folder, LONG_AGO, LONG_AGO);
}

function reader(path: string, options: { readonly looksPerReading?: number; readonly rescanIntervalMs?: number } = {}) {
  const { access, take } = countedAccess();
  const source = createDirectoryArchive({ path, access, ...options });
  return { take, read: (): Promise<ArchiveContents> => source.read(NOTHING_KNOWN, signal) };
}

describe('an archive that is read again', () => {
  it('is not listed again if its folder did not change, and only the newest files are asked', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 600);
    await settle(folder.path);
    const { read, take } = reader(folder.path);

    expect(heldNames(await read())).toEqual(names);
    const first = take();
    expect(first.listed).toEqual([folder.path]);
    expect(first.asked).toHaveLength(1 + names.length);
    expect(first.opened).toHaveLength(names.length);

    expect(heldNames(await read())).toEqual(names);
    const second = take();
    expect(second.listed).toEqual([]);
    expect(second.asked.slice(1)).toEqual(names.slice(-ASKED_AGAIN).map((name) => join(folder.path, name)));
    expect(second.opened).toEqual([]);
  });

  it('is listed again after a change, and of the names only the new and the newest are asked', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 10, 600);
    const { read, take } = reader(folder.path);
    await read();
    take();
    const late = await makeSegment(folder.path, { segment: 3 });
    await unlink(join(folder.path, names[100] ?? ''));

    const contents = await read();

    const { listed, asked, opened } = take();
    expect(listed).toEqual([folder.path]);
    expect(asked.slice(1)).toEqual([late, ...names.slice(-ASKED_AGAIN)].map((name) => join(folder.path, name)));
    expect(opened).toEqual([join(folder.path, late)]);
    expect(heldNames(contents)).toEqual([late, ...names.filter((_, index) => index !== 100)]);
  });

  it('is listed as long as its folder was changed less than two seconds before', async () => {
    await using folder = await temporaryFolder();
    await makeSegments(folder.path, 0, 3);
    const { read, take } = reader(folder.path);
    await read();
    await read();
    expect(take().listed).toEqual([folder.path, folder.path]);
  });

  it('with a time in the future is listed each time', async () => {
    await using folder = await temporaryFolder();
    const [name = ''] = await makeSegments(folder.path, 0, 1);
    await utimes(join(folder.path, name), 4_000_000_000, 4_000_000_000);
    await utimes(folder.path, 4_000_000_000, 4_000_000_000);
    const { read, take } = reader(folder.path);
    await read();
    expect(heldNames(await read())).toEqual([name]);
    expect(take().listed).toHaveLength(2);
  });

  it('in folders of 4 GB has only those listed that changed', async () => {
    await using folder = await temporaryFolder();
    const folders = ['0000000100000000', '0000000100000001', '0000000100000002', '0000000100000003'];
    for (const [log, name] of folders.entries()) {
      await mkdir(join(folder.path, name));
      await makeSegments(join(folder.path, name), log * 4096, 5);
      await settle(join(folder.path, name));
    }
    await settle(folder.path);
    const { read, take } = reader(folder.path);
    expect(heldNames(await read())).toHaveLength(20);
    expect(take().listed).toHaveLength(5);

    const added = await makeSegment(join(folder.path, '0000000100000003'), { segment: 3 * 4096 + 5 });
    expect(heldNames(await read()).at(-1)).toBe(added);
    const { listed, asked } = take();
    expect(listed).toEqual([join(folder.path, '0000000100000003')]);
    // Of the first two the folders alone.
    expect(
      asked.filter((path) => /0000000100000000|0000000100000001/.test(path.slice(folder.path.length))),
    ).toHaveLength(2);

    await rename(join(folder.path, '0000000100000000'), join(folder.path, 'gone'));
    expect(heldNames(await read())).toHaveLength(16);
  });

  it('shows one of the newest files that was cut short in its place, at once', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 300);
    await settle(folder.path);
    const { read } = reader(folder.path);
    await read();
    await cut(join(folder.path, names[200] ?? ''), 1_000);
    const { badFiles } = await read();
    expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual([[names[200], 'wrong_size']]);
  });

  it('shows an old file that was cut short in its place, once all are asked again, and that it was replaced', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 300);
    await settle(folder.path);
    const { read } = reader(folder.path, { rescanIntervalMs: 0 });
    await read();
    await cut(join(folder.path, names[2] ?? ''), 1_000);
    expect((await read()).badFiles.map(({ name, reason }) => [name, reason])).toEqual([[names[2], 'wrong_size']]);
    await makeSegment(folder.path, { segment: 2 });
    expect((await read()).badFiles).toEqual([]);
  });

  it('asks for a file that is of no use at each reading', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 300);
    await cut(join(folder.path, names[1] ?? ''), 0);
    await settle(folder.path);
    const { read } = reader(folder.path);
    expect((await read()).badFiles).toHaveLength(1);
    await makeSegment(folder.path, { segment: 1 });
    await settle(folder.path);
    expect((await read()).badFiles).toEqual([]);
  });

  it('looks into the newest files first, and into so many at a time', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 10);
    await settle(folder.path);
    const { read, take } = reader(folder.path, { looksPerReading: 4 });
    expect(await read()).toMatchObject({ unverified: 6, segmentBytes: 1_048_576 });
    expect(take().opened).toEqual(
      names
        .slice(-4)
        .toReversed()
        .map((name) => join(folder.path, name)),
    );
    expect(await read()).toMatchObject({ unverified: 2 });
    expect(await read()).toMatchObject({ unverified: 0, badFiles: [] });
  });

  it('takes a file for unfinished, not for bad, while it was written a moment ago', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 3);
    await writeFile(join(folder.path, names[2] ?? ''), Buffer.alloc(4_096));
    const { read } = reader(folder.path);
    const contents = await read();
    expect(contents.badFiles).toEqual([]);
    expect(heldNames(contents)).toEqual(names.slice(0, 2));
    await makeSegment(folder.path, { segment: 2, timeSeconds: Date.now() / 1000 });
    expect(heldNames(await read())).toEqual(names);
  });

  it('is without what an expiry takes away while it is read', async () => {
    await using folder = await temporaryFolder();
    const names = await makeSegments(folder.path, 0, 5);
    const { access, take } = countedAccess();
    const expiring: FileAccess = {
      ...access,
      async facts(path) {
        if (path.endsWith(names[1] ?? '')) await unlink(path);
        return await access.facts(path);
      },
      endsNow(path, wanted) {
        if (path.endsWith(names[3] ?? '')) rmSync(path);
        return access.endsNow(path, wanted);
      },
    };
    const source = createDirectoryArchive({ path: folder.path, access: expiring });
    const contents = await source.read(NOTHING_KNOWN, signal);
    expect(contents.badFiles).toEqual([]);
    expect(heldNames(contents)).not.toContain(names[1]);
    expect(take().opened).toHaveLength(4);
  });

  it('that does not answer is left when the time is over, and not asked again before it does', async () => {
    await using folder = await temporaryFolder();
    const [name = ''] = await makeSegments(folder.path, 0, 1);
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const hung: FileAccess = {
      ...FILE_ACCESS,
      async facts(path) {
        if (path.endsWith(name)) await answered;
        return await FILE_ACCESS.facts(path);
      },
    };
    const source = createDirectoryArchive({ path: folder.path, access: hung });
    const abort = new AbortController();
    const reading = source.read(NOTHING_KNOWN, abort.signal);
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });

    const more = source.read(NOTHING_KNOWN, AbortSignal.timeout(100));
    await expect(more).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });
    await expect(source.read(NOTHING_KNOWN, signal)).rejects.toThrow('has not answered since an earlier reading');
    answer();
    await answered;
    await expect.poll(async () => heldNames(await source.read(NOTHING_KNOWN, signal))).toEqual([name]);
  });
});
