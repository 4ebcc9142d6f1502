import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

import { createWalGFolder } from '../../src/archive/wal-g/folder.ts';
import { walGFolder } from '../../src/backup/wal-g/folder.ts';
import type { ArchiveContents, BackupCatalogue } from '../../src/core/catalogue.ts';
import { lz4Frame } from '../support/lz4-frame.ts';
import { age, ageAll, heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';
import { MADE_SYSTEM_IDENTIFIER, makeSegments } from '../support/wal-file.ts';
import { walGStorage, type WalGStorage } from '../support/wal-g-storage.ts';

const signal = AbortSignal.timeout(600_000);
const HISTORY = '1\t0/400000\tno recovery target specified\n';

function readWal({ path }: Pick<WalGStorage, 'path'>): Promise<ArchiveContents> {
  return createWalGFolder({ path }).read(NOTHING_KNOWN, signal);
}

function readBackups({ path }: Pick<WalGStorage, 'path'>): Promise<BackupCatalogue> {
  return walGFolder({ path }).read(signal);
}

/** Segments that lie in a storage as something makes of them. */
async function fill(storage: WalGStorage, ending: string, pack: (bytes: Buffer) => Buffer): Promise<readonly string[]> {
  const names = await makeSegments(storage.wal, 1, 6);
  for (const name of names) {
    const path = join(storage.wal, name);
    const bytes = await readFile(path);
    // Records, of which nothing is read.
    randomBytes(4_000).copy(bytes, 40);
    await writeFile(path, pack(bytes));
    await rename(path, `${path}${ending}`);
  }
  await ageAll(storage.wal);
  return names;
}

describe('WAL in a storage of WAL-G', () => {
  it('of LZ4 shows its cluster, the size of its segments, and what timelines came out of which', async () => {
    await using storage = await walGStorage();
    const names = await fill(storage, '.lz4', lz4Frame);
    await writeFile(join(storage.wal, '00000002.history.lz4'), lz4Frame(Buffer.from(HISTORY)));
    await ageAll(storage.wal);
    const contents = await readWal(storage);
    expect(contents).toMatchObject({
      segmentBytes: 1_048_576,
      systemIdentifier: MADE_SYSTEM_IDENTIFIER,
      badFiles: [],
      unverified: 0,
    });
    expect(heldNames(contents)).toEqual(names);
    expect(contents.histories).toEqual(new Map([[2, [{ parent: 1, switchLsn: 0x400000n }]]]));
  });

  it('of LZ4 does not hold what was cut off, is of another place, or is a history that was changed', async () => {
    await using storage = await walGStorage();
    const names = await fill(storage, '.lz4', lz4Frame);
    const at = (index: number): string => join(storage.wal, `${names[index]}.lz4`);
    await truncate(at(1), 2_000);
    await writeFile(at(2), await readFile(at(4)));
    const history = lz4Frame(Buffer.from(HISTORY));
    history.write('9', history.indexOf('0/4') + 2);
    await writeFile(join(storage.wal, '00000002.history.lz4'), history);
    await ageAll(storage.wal);
    const { badFiles } = await readWal(storage);
    expect(badFiles.map(({ name, reason }) => [name, reason])).toEqual([
      [`${names[1]}.lz4`, 'wrong_size'],
      [`${names[2]}.lz4`, 'wrong_header'],
      ['00000002.history.lz4', 'unreadable'],
    ]);
  });

  it('of Brotli is believed by its names, with the histories read', async () => {
    await using storage = await walGStorage();
    const names = await fill(storage, '.br', brotliCompressSync);
    await writeFile(join(storage.wal, '00000002.history.br'), brotliCompressSync(HISTORY));
    await ageAll(storage.wal);
    const contents = await readWal(storage);
    expect(contents).toMatchObject({ badFiles: [], unverified: names.length });
    expect(contents.histories.get(2)).toEqual([{ parent: 1, switchLsn: 0x400000n }]);
  });

  it('of LZMA has a history that cannot be read here, and nothing bad', async () => {
    await using storage = await walGStorage();
    await writeFile(join(storage.wal, '00000002.history.lzma'), Buffer.from('5d00008000ffffffffffffffff', 'hex'));
    await ageAll(storage.wal);
    expect(await readWal(storage)).toMatchObject({ badFiles: [], histories: new Map() });
  });

  it.each(['.lz4', '.zst'])(
    'that is encrypted under names of %s is believed by them, also what comes later',
    async (ending) => {
      await using storage = await walGStorage();
      const source = createWalGFolder({ path: storage.path });
      const encrypt = (): Buffer => randomBytes(3_000);
      const names = await fill(storage, ending, encrypt);
      await writeFile(join(storage.wal, `00000002.history${ending}`), encrypt());
      await ageAll(storage.wal);
      expect(await source.read(NOTHING_KNOWN, signal)).toMatchObject({ badFiles: [], unverified: names.length });

      await writeFile(join(storage.wal, `000000010000000000000007${ending}`), encrypt());
      await age(join(storage.wal, `000000010000000000000007${ending}`));
      expect(await source.read(NOTHING_KNOWN, signal)).toMatchObject({ badFiles: [], unverified: names.length + 1 });
    },
  );

  it('that is not encrypted does not hold one file of noise', async () => {
    await using storage = await walGStorage();
    const names = await fill(storage, '.lz4', lz4Frame);
    await writeFile(join(storage.wal, `${names[3]}.lz4`), randomBytes(3_000).fill(0, 0, 1));
    await ageAll(storage.wal);
    expect((await readWal(storage)).badFiles).toMatchObject([{ name: `${names[3]}.lz4`, reason: 'wrong_header' }]);
  });

  it('is empty until the first segment, and not there without the storage', async () => {
    await using storage = await walGStorage();
    await rm(storage.wal, { recursive: true });
    expect(await readWal(storage)).toMatchObject({ timelines: [], segmentBytes: undefined });
    await rm(storage.backups, { recursive: true });
    await expect(readWal(storage)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});

const NAME = 'base_000000010000000000000004';
const SENTINEL = {
  LSN: 0x400028n,
  FinishLSN: 0x400138n,
  PgVersion: 150_004,
  SystemIdentifier: BigInt(MADE_SYSTEM_IDENTIFIER),
  FinishTime: '2026-01-02T03:04:05.5Z',
};

/** A storage with one backup and a change to it, long ago. */
async function damaged(change: (storage: WalGStorage) => Promise<void>): Promise<WalGStorage> {
  const storage = await walGStorage();
  await storage.write(NAME, SENTINEL);
  await change(storage);
  await ageAll(storage.backups);
  await ageAll(join(storage.backups, NAME));
  return storage;
}

describe('backups in a storage of WAL-G', () => {
  it.each([
    ['no archives', 'it has a sentinel, and no files', (parts: string) => rm(parts, { recursive: true })],
    ['no pg_control', 'its pg_control.tar is missing', (parts: string) => rm(join(parts, 'pg_control.tar.lz4'))],
    ['an empty archive', 'part_001.tar.lz4 is empty', (parts: string) => truncate(join(parts, 'part_001.tar.lz4'), 0)],
  ])('do not count with %s', async (_, message, damage) => {
    await using storage = await damaged(({ backups }) => damage(join(backups, NAME, 'tar_partitions')));
    const { backups, problems } = await readBackups(storage);
    expect(backups).toEqual([]);
    expect(problems.map((problem) => [problem.code, problem.message])).toEqual([
      ['BACKUP_INCOMPLETE', expect.stringContaining(`${NAME} is no backup: ${message}`)],
    ]);
  });

  it.each([
    ['cut off', '{"LSN": 12'],
    ['empty', ''],
    ['of another shape', '{"LSN": "0/400028"}'],
    ['without positions', '{"PgVersion": 150004}'],
  ])('do not count with a sentinel that is %s', async (_, text) => {
    await using storage = await damaged((made) => writeFile(made.sentinel(NAME), text));
    expect(await readBackups(storage)).toMatchObject({
      backups: [],
      running: [],
      problems: [{ code: 'BACKUP_INCOMPLETE' }],
    });
  });

  it('have in metadata.json what an old sentinel does not say', async () => {
    await using storage = await damaged(async (made) => {
      const { FinishTime: _, SystemIdentifier: __, ...old } = SENTINEL;
      await made.write(NAME, old);
      const metadata = await readFile(new URL('../fixtures/wal-g/metadata.json', import.meta.url), 'utf8');
      await writeFile(join(made.backups, NAME, 'metadata.json'), metadata);
    });
    expect((await readBackups(storage)).backups).toMatchObject([
      {
        systemIdentifier: '6801122334455667788',
        startTimeSeconds: Date.UTC(2020, 2, 2, 2, 10, 1, 220) / 1000,
        stopTimeSeconds: Date.UTC(2020, 2, 2, 2, 15, 40, 118) / 1000,
        wal: { start: 0xc000028n },
      },
    ]);
  });

  it('run while their sentinel is not written and something changes, and then were interrupted', async () => {
    await using storage = await walGStorage();
    await storage.write(NAME, SENTINEL);
    await rename(storage.sentinel(NAME), join(storage.path, 'elsewhere'));
    expect(await readBackups(storage)).toMatchObject({ backups: [], problems: [], running: [{ type: 'full' }] });

    await ageAll(join(storage.backups, NAME, 'tar_partitions'));
    await ageAll(join(storage.backups, NAME));
    await ageAll(storage.backups);
    expect(await readBackups(storage)).toMatchObject({ running: [], problems: [{ code: 'BACKUP_INCOMPLETE' }] });
  });

  it('are read again only when something of them changed', async () => {
    await using storage = await damaged(async () => {});
    const source = walGFolder({ path: storage.path });
    const [first] = (await source.read(signal)).backups;
    const [second] = (await source.read(signal)).backups;
    await storage.write(NAME, { ...SENTINEL, FinishLSN: 0x4001f0n });
    const [third] = (await source.read(signal)).backups;
    expect([first?.wal?.stop, second?.wal?.stop, third?.wal?.stop]).toEqual([0x400138n, 0x400138n, 0x4001f0n]);
  });

  it('are none before the first, beside what is none, and not there without the storage', async () => {
    await using storage = await walGStorage();
    await mkdir(join(storage.backups, 'notes'));
    await writeFile(join(storage.backups, `${NAME}_dp_nightly`), '');
    expect(await readBackups(storage)).toEqual({
      backups: [],
      running: [],
      lastFailureSeconds: undefined,
      problems: [],
    });
    await rm(storage.backups, { recursive: true });
    expect((await readBackups(storage)).backups).toEqual([]);
    await rm(storage.wal, { recursive: true });
    await expect(readBackups(storage)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});
