import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { barmanSupplier } from '../../src/archive/barman/supply.ts';
import { directorySupplier } from '../../src/archive/directory/supply.ts';
import { s3Supplier } from '../../src/archive/s3/supply.ts';
import type { WalSupplier, WalSupply } from '../../src/core/drill.ts';
import { segmentName } from '../../src/core/segments.ts';
import { lz4Frame } from '../support/lz4-frame.ts';
import { backupCalled } from '../support/made-copies.ts';
import { placeOf, useCredentials } from '../support/s3-archive.ts';
import { BUCKET, type Fault, type S3Server, startS3Server } from '../support/s3-server.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const environment = { PATH: process.env['PATH'] ?? '' };
const MEGABYTE = 1_048_576;

let folder: TemporaryFolder;
let archive: string;
let data: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  archive = join(folder.path, "100% of the operator's $HOME `WAL`");
  data = join(folder.path, 'drill', 'data');
  await mkdir(archive);
  await mkdir(join(data, 'pg_wal'), { recursive: true });
});

afterEach(() => folder[Symbol.asyncDispose]());

function supply(supplier: WalSupplier): Promise<WalSupply> {
  const scratchDirectory = join(folder.path, 'drill', "scratch of 50% 'x'");
  const { signal } = new AbortController();
  return supplier.supply({ backup: backupCalled('copy'), dataDirectory: data, scratchDirectory, signal });
}

interface Asked {
  readonly exitCode: number;
  readonly stderr: string;
  /** What came; undefined if nothing did. */
  readonly content: Buffer | undefined;
}

/** Runs the command as a server does: %f is the name, %p a path in the data directory, which is the working one. */
async function ask({ restoreCommand }: WalSupply, name: string): Promise<Asked> {
  const path = 'pg_wal/RECOVERYXLOG';
  const values: Readonly<Record<string, string>> = { '%%': '%', '%f': name, '%p': path };
  const command = restoreCommand.replaceAll(/%[%fp]/g, (mark) => values[mark] ?? mark);
  const file = join(data, path);
  await rm(file, { force: true });
  const result = await run('/bin/sh', ['-c', command], { cwd: data }).then(
    ({ stderr }) => ({ exitCode: 0, stderr }),
    (thrown: unknown) => {
      const { code, stderr } = thrown as { readonly code: number; readonly stderr: string };
      return { exitCode: code, stderr };
    },
  );
  return { ...result, content: await readFile(file).catch(() => undefined) };
}

const nameOf = (segment: number): string => segmentName(1, segment, MEGABYTE);

function content(segment: number): Buffer {
  return Buffer.alloc(MEGABYTE, `segment ${segment} `);
}

describe('WAL out of a folder', () => {
  it.each([
    ['bare', '', (bytes: Buffer) => bytes],
    ['packed by gzip', '.gz', (bytes: Buffer) => gzipSync(bytes)],
    ['packed by LZ4', '.lz4', (bytes: Buffer) => lz4Frame(bytes)],
    ['packed by Brotli', '.br', (bytes: Buffer) => brotliCompressSync(bytes, { params: {} })],
  ])('comes as it was archived: %s', async (_, ending, packed) => {
    const log = join(archive, nameOf(3).slice(0, 16));
    await mkdir(log);
    await writeFile(join(archive, `${nameOf(2)}${ending}`), packed(content(2)));
    await writeFile(join(log, `${nameOf(3)}${ending}`), packed(content(3)));
    await writeFile(join(archive, `00000002.history${ending}`), packed(Buffer.from('1\t0/300000\tno reason\n')));
    await using wal = await supply(directorySupplier(archive, environment));

    for (const segment of [2, 3]) {
      const { exitCode, content: got } = await ask(wal, nameOf(segment));
      expect(exitCode).toBe(0);
      expect(got?.equals(content(segment))).toBe(true);
    }
    expect((await ask(wal, '00000002.history')).content?.toString()).toBe('1\t0/300000\tno reason\n');
    expect(await ask(wal, nameOf(4))).toMatchObject({ exitCode: 1, content: undefined });
    expect(await ask(wal, '00000003.history')).toMatchObject({ exitCode: 1, content: undefined });
  });

  it('comes again if it is asked for again, and is seen as soon as it is archived', async () => {
    await using wal = await supply(directorySupplier(archive, environment));
    expect(await ask(wal, nameOf(7))).toMatchObject({ exitCode: 1 });
    await writeFile(join(archive, nameOf(7)), content(7));
    for (let time = 0; time < 3; time += 1)
      expect(await ask(wal, nameOf(7))).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('that cannot be unpacked, or is encrypted, is an error and not the end', async () => {
    await writeFile(join(archive, `${nameOf(2)}.gz`), gzipSync(content(2)).subarray(0, -20));
    await writeFile(join(archive, `${nameOf(3)}.gz.gpg`), 'secret');
    await using wal = await supply(directorySupplier(archive, environment));

    const [encrypted, damaged] = [await ask(wal, nameOf(3)), await ask(wal, nameOf(2))];
    expect([encrypted.exitCode, damaged.exitCode]).toEqual([254, 254]);
    expect(encrypted.stderr).toContain('DRILL_NO_METHOD');
    expect(damaged.stderr).toContain(`${nameOf(2)}.gz cannot be unpacked`);
  });

  it('needs a program for some packings, and its absence is an error and not the end', async () => {
    await writeFile(join(archive, `${nameOf(2)}.lzo`), 'x');
    await using wal = await supply(directorySupplier(archive, { PATH: '/nonexistent' }));

    const { exitCode, stderr } = await ask(wal, nameOf(2));
    expect(exitCode).toBe(254);
    expect(stderr).toContain('SOURCE_PROGRAM_MISSING: lzop is not there');
  });

  it('is asked for in vain once the drill has ended', async () => {
    const wal = await supply(directorySupplier(archive, environment));
    await wal[Symbol.asyncDispose]();

    expect((await ask(wal, nameOf(2))).exitCode).toBeGreaterThan(0);
    expect(await readdir(join(folder.path, 'drill'), { recursive: true })).not.toContain('get');
  });
});

describe('WAL out of the files of Barman', () => {
  it('comes whether it was archived or not yet, packed without a word of it in the name', async () => {
    const log = join(archive, 'main', 'wals', nameOf(2).slice(0, 16));
    await mkdir(log, { recursive: true });
    await mkdir(join(archive, 'main', 'streaming'));
    await writeFile(join(log, nameOf(2)), gzipSync(content(2)));
    await writeFile(join(archive, 'main', 'streaming', nameOf(3)), content(3));
    await using wal = await supply(barmanSupplier({ path: archive, server: 'main', environment }));

    for (const segment of [2, 3])
      expect((await ask(wal, nameOf(segment))).content?.equals(content(segment))).toBe(true);
    expect(await ask(wal, nameOf(4))).toMatchObject({ exitCode: 1 });
  });
});

describe('WAL out of a bucket', () => {
  beforeEach(() => useCredentials());
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['a flat folder', '', ''],
    ['folders of logs', `${nameOf(2).slice(0, 16)}/`, ''],
    ['the layout of barman-cloud', `wals/${nameOf(2).slice(0, 16)}/`, '.gz'],
    ['the layout of WAL-G', 'wal_005/', '.lz4'],
  ])('comes out of %s, and what is next is there before it is asked for', async (_, inside, ending) => {
    await using server = await startS3Server();
    const packed = (bytes: Buffer): Buffer =>
      ending === '.gz' ? gzipSync(bytes) : ending === '.lz4' ? lz4Frame(bytes) : bytes;
    for (let segment = 2; segment < 8; segment += 1)
      server.put(`p/${inside}${nameOf(segment)}${ending}`, packed(content(segment)));
    await using wal = await supply(s3Supplier({ place: placeOf(server), prefix: 'p/', environment }));

    for (let segment = 2; segment < 8; segment += 1) {
      const { exitCode, content: got } = await ask(wal, nameOf(segment));
      expect(exitCode).toBe(0);
      expect(got?.equals(content(segment))).toBe(true);
    }
    expect(await ask(wal, nameOf(8))).toMatchObject({ exitCode: 1, content: undefined });
    const gets = server.take().filter(({ kind }) => kind === 'get');
    expect(new Set(gets.map(({ key }) => key)).size).toBe(6);
  });

  it('comes whole over connections that break off in the middle', async () => {
    await using server = await startS3Server();
    server.put(nameOf(2), content(2));
    let halves = 0;
    server.fault = ({ kind }) => (kind === 'get' && halves++ < 3 ? 'half' : undefined);
    await using wal = await supply(s3Supplier({ place: placeOf(server), prefix: '', environment }));

    expect((await ask(wal, nameOf(2))).content?.equals(content(2))).toBe(true);
    expect(halves).toBe(4);
  });

  it.each<readonly [what: string, then: (server: S3Server) => Fault, says: string]>([
    ['of which nothing more comes', () => ({ status: 503, code: 'SlowDown' }), 'S3_THROTTLED'],
    [
      'that is another one in the middle of it',
      (server) => {
        server.put(nameOf(2), content(3));
        return undefined;
      },
      'was replaced or removed while it was read',
    ],
  ])('%s is an error and not the end', async (_what, then, says) => {
    await using server = await startS3Server();
    server.put(nameOf(2), content(2));
    let gets = 0;
    server.fault = ({ kind }) => {
      if (kind !== 'get') return undefined;
      gets += 1;
      return gets === 1 ? 'half' : then(server);
    };
    await using wal = await supply(s3Supplier({ place: placeOf(server), prefix: '', environment }));

    const { exitCode, stderr } = await ask(wal, nameOf(2));
    expect(exitCode).toBe(254);
    expect(stderr).toContain(says);
  });

  it('that may not be read is an error and not the end, and no key is told', async () => {
    await using server = await startS3Server();
    server.put(nameOf(2), content(2));
    server.fault = () => ({ status: 403, code: 'AccessDenied' });
    await using wal = await supply(s3Supplier({ place: placeOf(server), prefix: '', environment }));

    const { exitCode, stderr } = await ask(wal, nameOf(2));
    expect(exitCode).toBe(254);
    expect(stderr).toContain(`S3_FORBIDDEN: The credentials may not read s3://${BUCKET}`);
    expect(stderr + wal.restoreCommand).not.toContain('hunter2');
  });
});
