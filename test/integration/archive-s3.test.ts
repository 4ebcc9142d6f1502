import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import type { ArchiveContents, ArchiveSource } from '../../src/core/catalogue.ts';
import { segmentName } from '../../src/core/segments.ts';
import { archiveIn, putSegments, useCredentials } from '../support/s3-archive.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';
import { MADE_SEGMENT_BYTES, MADE_SYSTEM_IDENTIFIER, walHeader } from '../support/wal-file.ts';

const signal = AbortSignal.timeout(600_000);

function readOnce(archive: ArchiveSource): Promise<ArchiveContents> {
  return archive.read(NOTHING_KNOWN, signal);
}

function made(segment: number, systemIdentifier = MADE_SYSTEM_IDENTIFIER): Buffer {
  const bytes = Buffer.concat([walHeader(1, segment), Buffer.alloc(MADE_SEGMENT_BYTES - 40)]);
  bytes.writeBigUInt64LE(BigInt(systemIdentifier), 24);
  return bytes;
}

describe('a bucket of WAL', () => {
  let server: S3Server;

  beforeAll(async () => {
    useCredentials();
    server = await startS3Server();
  });
  afterEach(() => {
    server.fault = () => undefined;
    server.take();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server[Symbol.asyncDispose]();
  });

  it.each([
    ['below a prefix', 'flat/', ''],
    ['in folders of 4 GB', 'folders/', '0000000100000000/'],
    ['as barman-cloud lays it out', 'cloud/main/', 'wals/0000000100000000/'],
    ['as WAL-G lays it out', 'wal-g/', 'wal_005/'],
    ['below a prefix of its own letters', 'Größe & 100%\n+ "more"/日本/', ''],
  ])('is read %s, with nothing but listings and gets', async (_, prefix, folder) => {
    const names = putSegments(server, prefix + folder, 5, 6);
    server.put(`${prefix}${folder}${names[2]}.00000028.backup`, 'no label');

    const contents = await readOnce(archiveIn(server, prefix));

    expect(heldNames(contents)).toEqual(names);
    expect(contents).toMatchObject({
      segmentBytes: MADE_SEGMENT_BYTES,
      systemIdentifier: MADE_SYSTEM_IDENTIFIER,
      badFiles: [{ name: `${names[2]}.00000028.backup`, reason: 'unreadable' }],
      unverified: 0,
    });
    expect(contents.timelines[0]?.times[0]).toBe(1_700_000_005);
    const asked = server.take();
    expect(asked.filter(({ kind }) => kind === 'get')).toHaveLength(7);
    expect(asked.filter(({ kind }) => kind === 'other')).toEqual([]);
  });

  it('is read with all of a prefix left out', async () => {
    await using own = await startS3Server();
    const names = putSegments(own, '', 1, 3);
    const contents = await readOnce(archiveIn(own, ''));
    expect([heldNames(contents), contents.unverified]).toEqual([names, 0]);
  });

  it('does not hold what is damaged', async () => {
    const names = putSegments(server, 'damaged/', 10, 8);
    server.delete(`damaged/${names[2]}`);
    server.put(`damaged/${names[3]}`, walHeader(1, 13), { sizeBytes: 500_000 });
    server.put(`damaged/${names[4]}`, made(14, '42'));
    server.put(`damaged/${names[5]}`, made(16));
    server.put(`damaged/${names[6]}`, '');

    const contents = await readOnce(archiveIn(server, 'damaged/'));

    expect(contents.badFiles.map(({ name, reason }) => [name, reason])).toEqual([
      [names[3], 'wrong_size'],
      [names[4], 'wrong_cluster'],
      [names[5], 'wrong_header'],
      [names[6], 'empty'],
    ]);
    expect(heldNames(contents)).toEqual([names[0], names[1], names[7]]);
  });

  it('shows two contents of one segment, as pgBackRest names them', async () => {
    const prefix = 'repo/archive/main/15-1/';
    const name = segmentName(1, 7, MADE_SEGMENT_BYTES);
    for (const digit of ['a', 'b']) server.put(`${prefix}0000000100000000/${name}-${digit.repeat(40)}`, made(7));
    const { badFiles } = await readOnce(archiveIn(server, prefix));
    expect(badFiles.map(({ reason }) => reason)).toEqual(['conflicting', 'conflicting']);
  });

  it('looks into what is compressed by gzip, also for its end', async () => {
    const [whole, cut] = [1, 2].map((segment) => `${segmentName(1, segment, MADE_SEGMENT_BYTES)}.gz`);
    server.put(`packed/${whole}`, gzipSync(made(1)));
    server.put(`packed/${cut}`, gzipSync(made(2)).subarray(0, 900));

    const { badFiles, unverified } = await readOnce(archiveIn(server, 'packed/'));

    expect(badFiles).toMatchObject([{ name: cut, reason: 'wrong_size' }]);
    expect(unverified).toBe(0);
  });

  it('believes the names of what WAL-G encrypted, and of nothing else that begins oddly', async () => {
    const names = [1, 2, 3].map((segment) => segmentName(1, segment, MADE_SEGMENT_BYTES));
    for (const folder of ['odd/wal_005/', 'odd/names/'])
      for (const name of names) server.put(`${folder}${name}.lz4`, Buffer.alloc(5_000, 7));

    const hidden = await readOnce(archiveIn(server, 'odd/'));
    const open = await readOnce(archiveIn(server, 'odd/names/'));

    expect([hidden.badFiles, hidden.unverified]).toEqual([[], 3]);
    expect(open.badFiles.map(({ reason }) => reason)).toEqual(['wrong_header', 'wrong_header', 'wrong_header']);
  });

  it('tells histories, the beginnings of segments, and what is foreign', async () => {
    const history = '1\t0/500000\tno recovery target specified\n';
    const names = putSegments(server, 'mixed/', 1, 2);
    server.put('mixed/', '');
    server.put('mixed/00000002.history', history);
    server.put('mixed/00000003.history.gz', gzipSync(`${history}2\t0/900000\tx\n`));
    server.put(`mixed/${segmentName(1, 3, MADE_SEGMENT_BYTES)}.partial`, walHeader(1, 3));
    for (const foreign of ['a b', 'a+b', '100%', '%41', 'new\nline', 'é', '日本', '"&<>', '\u0001'])
      server.put(`mixed/${foreign}`, 'x');
    server.put(`mixed/deeper/${names[0]}`, 'x');

    const { histories, partials, foreignFiles, badFiles } = await readOnce(archiveIn(server, 'mixed/'));

    expect([...histories]).toEqual([
      [2, [{ parent: 1, switchLsn: 0x500000n }]],
      [
        3,
        [
          { parent: 1, switchLsn: 0x500000n },
          { parent: 2, switchLsn: 0x900000n },
        ],
      ],
    ]);
    expect(partials).toEqual([{ timeline: 1, segment: 3, time: 1_700_000_000 }]);
    expect([foreignFiles, badFiles]).toEqual([9, []]);
  });

  it('gets nothing twice that did not change, and all that did', async () => {
    const names = putSegments(server, 'again/', 1, 5);
    server.put('again/00000002.history', '1\t0/500000\tx\n');
    const archive = archiveIn(server, 'again/');
    await readOnce(archive);
    server.take();

    await readOnce(archive);
    expect(server.take().map(({ kind }) => kind)).toEqual(['list']);

    putSegments(server, 'again/', 6, 1);
    const timeSeconds = 1_700_000_003;
    server.put(`again/${names[2]}`, made(3, '42'), { timeSeconds });
    server.put('again/00000002.history', '1\t0/600000\tx\n');
    const { badFiles, histories } = await readOnce(archive);

    expect(badFiles).toMatchObject([{ name: names[2], reason: 'wrong_cluster' }]);
    expect(histories.get(2)).toEqual([{ parent: 1, switchLsn: 0x600000n }]);
    const got = server.take().flatMap(({ kind, key }) => (kind === 'get' ? [String(key)] : []));
    expect(got.toSorted()).toEqual([
      `again/${segmentName(1, 3, MADE_SEGMENT_BYTES)}`,
      `again/${segmentName(1, 6, MADE_SEGMENT_BYTES)}`,
      'again/00000002.history',
    ]);
  });

  it('looks into no more than it may, the newest first', async () => {
    const names = putSegments(server, 'many/', 1, 30);
    const { unverified } = await readOnce(archiveIn(server, 'many/', { looksPerReading: 10 }));
    expect(unverified).toBe(20);
    const got = server.take().flatMap(({ kind, key }) => (kind === 'get' ? [String(key)] : []));
    expect(got.toSorted()).toEqual(names.slice(20).map((name) => `many/${name}`));
  });

  it('of which nothing may be got counts by names and sizes, and is looked into once it may', async () => {
    const names = putSegments(server, 'closed/', 1, 4);
    server.put('closed/00000002.history', '1\t0/500000\tx\n');
    server.fault = ({ kind }) => (kind === 'get' ? { status: 403, code: 'AccessDenied' } : undefined);
    const archive = archiveIn(server, 'closed/');

    const closed = await readOnce(archive);
    server.fault = () => undefined;
    const open = await readOnce(archive);

    expect(heldNames(closed)).toEqual(names);
    expect([closed.unverified, closed.histories.size, closed.badFiles]).toEqual([4, 0, []]);
    expect([open.unverified, open.histories.size]).toEqual([0, 1]);
  });

  it('with nothing below the prefix is not found; emptied later it holds nothing', async () => {
    const archive = archiveIn(server, 'empty/');
    await expect(readOnce(archive)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: 'There is no WAL below s3://backups/empty/',
    });
    const [name = ''] = putSegments(server, 'empty/', 1, 1);
    await readOnce(archive);
    server.delete(`empty/${name}`);
    expect(await readOnce(archive)).toMatchObject({ timelines: [], badFiles: [] });
  });
});
