import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres } from '../../servers/index.ts';
import { createWalGFolder } from '../../src/archive/wal-g/folder.ts';
import { unpackLz4 } from '../../src/core/lz4.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  ageAll,
  archiveSegments,
  askKnown,
  cut,
  heldNames,
  NOTHING_KNOWN,
  segmentNamesIn,
} from '../support/wal-archive.ts';

/** What the program can do differently: strength, size of blocks, blocks that refer to each other, checksums, a size. */
const WAYS: readonly (readonly string[])[] = [
  [],
  ['-9'],
  ['-12', '-B4'],
  ['-B4', '-BD'],
  ['-BX', '--content-size'],
  ['--no-frame-crc', '-B5', '-BD', '-9'],
];

function lz4(content: Buffer, args: readonly string[]): Buffer {
  return execFileSync('lz4', [...args, '-c', '-q'], {
    input: content,
    maxBuffer: 64 * 1_048_576,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** Text that repeats itself near and far, with noise in between. */
const texts = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.integer({ min: 1, max: 2_000 })), {
    maxLength: 30,
  })
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))));

describe('what the program lz4 packs', () => {
  it.each(WAYS.map((args) => ({ args, name: args.join(' ') || 'as usual' })))('$name is unpacked', ({ args }) => {
    fc.assert(
      fc.property(texts, (content) => {
        const unpacked = unpackLz4(lz4(content, args), content.length);
        expect(unpacked?.isWhole).toBe(true);
        expect(Buffer.from(unpacked?.bytes ?? []).equals(content)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('and was changed afterwards is not whole', () => {
    fc.assert(
      fc.property(texts, fc.double({ min: 0, max: 1, noNaN: true }), (content, where) => {
        const packed = lz4(content, []);
        const at = 7 + Math.floor(where * (packed.length - 8));
        packed[at] = (packed[at] ?? 0) ^ 0x10;
        expect(unpackLz4(packed, content.length)?.isWhole).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});

describe('real segments that the program lz4 packs', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startPostgres({ archive: true, initdbArgs: ['--wal-segsize=1'] });
    await archiveSegments(server, WAYS.length + 1);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('show what they are in the storage of WAL-G, and when they are cut off', async () => {
    await using folder = await temporaryFolder();
    const wal = join(folder.path, 'wal_005');
    await mkdir(wal);
    const names = await segmentNamesIn(server.archiveDirectory ?? '');
    for (const [index, name] of names.entries()) {
      const path = join(wal, name);
      await copyFile(join(server.archiveDirectory ?? '', name), `${path}.plain`);
      execFileSync('lz4', [...(WAYS[index % WAYS.length] ?? []), '-q', '--rm', `${path}.plain`, `${path}.whole`], {
        stdio: 'ignore',
      });
      await rename(`${path}.whole`, `${path}.lz4`);
    }
    await ageAll(wal);
    const read = createWalGFolder({ path: folder.path }).read;
    const contents = await read(NOTHING_KNOWN, AbortSignal.timeout(60_000));
    const { systemIdentifier } = await askKnown(server);
    expect(contents).toMatchObject({ segmentBytes: 1_048_576, systemIdentifier, badFiles: [], unverified: 0 });
    expect(heldNames(contents)).toEqual(names);

    for (const name of names.slice(1)) await cut(join(wal, `${name}.lz4`), 700);
    const damaged = await createWalGFolder({ path: folder.path }).read(NOTHING_KNOWN, AbortSignal.timeout(60_000));
    expect(damaged.badFiles.map(({ name, reason }) => [name.slice(0, 24), reason])).toEqual(
      names.slice(1).map((name) => [name, 'wrong_size']),
    );
  });
});
