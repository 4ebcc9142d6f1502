import { cp, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { restoreBarman } from '../../src/backup/barman/restore.ts';
import { restoreBaseBackups, restoreCopies } from '../../src/backup/pg-basebackup/restore.ts';
import type { FindCopy, RestoredCopy, Restorer } from '../../src/core/drill.ts';
import { flipByte } from '../support/dumps.ts';
import { lz4Frame } from '../support/lz4-frame.ts';
import {
  backupCalled,
  filesBelow,
  IN_TABLESPACE,
  makeCopy,
  openToOthers,
  restoreInto,
  TABLESPACE,
  tarOf,
  writeManifest,
} from '../support/made-copies.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
/** A data directory with a manifest, and the folder of backups. */
let copy: string;
let backups: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  backups = join(folder.path, "the operator's 100% backups");
  copy = join(backups, 'plain');
  await makeCopy(copy);
  await writeManifest(copy);
});

afterEach(() => folder[Symbol.asyncDispose]());

function restore(label: string, also: Parameters<typeof restoreInto>[3] = {}): Promise<RestoredCopy> {
  const restorer = restoreBaseBackups({ path: backups, environment: { PATH: process.env['PATH'] ?? '' } });
  return restoreInto(restorer, join(folder.path, 'drill'), [label], also);
}

const restored = (): string => join(folder.path, 'drill', 'data');

async function expected(): Promise<ReadonlyMap<string, string>> {
  const files = new Map(await filesBelow(copy));
  files.delete('backup_manifest');
  return files;
}

/** Puts the copy into a folder as a tar, with its manifest. */
async function pack(label: string, name: string, tar: Buffer): Promise<string> {
  const path = join(backups, label);
  await mkdir(path);
  await cp(join(copy, 'backup_manifest'), join(path, 'backup_manifest'));
  await writeFile(join(path, name), tar);
  return path;
}

const tarred = (): Buffer => tarOf(copy, '--exclude=./backup_manifest');

describe('a base backup that is put back', () => {
  it('of plain files is the same, for its owner alone, and was compared with its manifest', async () => {
    const told: number[] = [];
    const result = await restore('plain', { progress: (bytes) => told.push(bytes) });

    expect(await filesBelow(restored())).toEqual(await expected());
    expect(await openToOthers(restored())).toEqual([]);
    expect(result).toEqual({ bytes: 308_782, verifiedBy: 'manifest' });
    expect(told[0]).toBeGreaterThan(0);
  });

  it('is proven by nothing if it has no manifest', async () => {
    await rm(join(copy, 'backup_manifest'));

    expect(await restore('plain')).toMatchObject({ verifiedBy: undefined });
    expect(await filesBelow(restored())).toEqual(await expected());
  });

  it('is found where the folder itself is the backup', async () => {
    const restorer = restoreBaseBackups({ path: copy, environment: {} });
    await restoreInto(restorer, join(folder.path, 'drill'), ['plain']);

    expect(await filesBelow(restored())).toEqual(await expected());
  });

  it.each([
    ['base.tar', (tar: Buffer) => tar],
    ['base.tar.gz', (tar: Buffer) => gzipSync(tar)],
    ['base.tar.lz4', (tar: Buffer) => lz4Frame(tar, { blockChecksums: true })],
  ])('of %s is the same, with its empty folders', async (name, packed) => {
    await pack('packed', name, packed(tarred()));

    expect(await restore('packed')).toMatchObject({ verifiedBy: 'manifest' });
    expect(await filesBelow(restored())).toEqual(await expected());
    expect(await openToOthers(restored())).toEqual([]);
    expect(await filesBelow(join(restored(), 'pg_wal', 'archive_status'))).toEqual(new Map());
  });

  it('of a tar with names too long for it is the same', async () => {
    const name = join('base', 'x'.repeat(90), 'y'.repeat(120));
    await mkdir(join(copy, 'base', 'x'.repeat(90)));
    await writeFile(join(copy, name), 'long');
    await writeManifest(copy);
    for (const format of ['gnu', 'pax']) {
      await pack(format, 'base.tar', tarOf(copy, `--format=${format}`, '--exclude=./backup_manifest'));
      await restore(format);

      expect((await readFile(join(restored(), name))).toString()).toBe('long');
      await rm(restored(), { recursive: true });
    }
  });

  it('has its WAL from the tar beside it', async () => {
    const wal = join(folder.path, 'wal');
    await mkdir(wal);
    await writeFile(join(wal, '000000010000000000000002'), 'segment');
    const path = await pack('packed', 'base.tar', tarred());
    await writeFile(join(path, 'pg_wal.tar'), tarOf(wal));
    await restore('packed');

    expect((await readFile(join(restored(), 'pg_wal', '000000010000000000000002'))).toString()).toBe('segment');
  });
});

describe('a tablespace that is put back', () => {
  const tablespace = (): string => join(folder.path, 'tablespace of production');
  const put = (): string => join(folder.path, 'drill', 'tablespaces', TABLESPACE);

  beforeEach(async () => {
    await rm(copy, { recursive: true });
    await makeCopy(copy, tablespace());
    await writeManifest(copy);
  });

  it('of plain files lies in the folder of the drill, and the link leads there', async () => {
    await restore('plain');

    expect(await readlink(join(restored(), 'pg_tblspc', TABLESPACE))).toBe(put());
    expect(await filesBelow(restored())).toEqual(await expected());
    expect(await filesBelow(put())).toEqual(await filesBelow(tablespace()));
  });

  it('of a tar lies there too, and the map that names the folder of production is gone', async () => {
    const path = await packWithTablespace();

    expect(await restore('packed')).toMatchObject({ verifiedBy: 'manifest' });
    expect(await readlink(join(restored(), 'pg_tblspc', TABLESPACE))).toBe(put());
    expect([...(await filesBelow(restored())).keys()]).not.toContain('tablespace_map');
    expect([...(await filesBelow(put())).keys()]).toEqual([IN_TABLESPACE]);
    expect(path).not.toBe('');
  });

  it('is missed if its tar is gone', async () => {
    const path = await packWithTablespace();
    await rm(join(path, `${TABLESPACE}.tar`));

    await expect(restore('packed')).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining(`${TABLESPACE}.tar`) as string,
    });
  });

  /** As pg_basebackup does: no link, but a map, which is in the manifest. */
  async function packWithTablespace(): Promise<string> {
    await writeFile(join(copy, 'tablespace_map'), `${TABLESPACE} ${tablespace()}\n`);
    await writeManifest(copy);
    const path = await pack(
      'packed',
      'base.tar',
      tarOf(copy, '--exclude=./backup_manifest', '--exclude=./pg_tblspc/*'),
    );
    await writeFile(join(path, `${TABLESPACE}.tar`), tarOf(tablespace()));
    return path;
  }
});

describe('a copy of Barman that is put back', () => {
  it('has its tablespaces, to which rsync leaves no link', async () => {
    const base = join(folder.path, 'main', 'base', '20261122T053344');
    await makeCopy(join(base, 'data'));
    await makeCopy(join(folder.path, 'other'), join(base, TABLESPACE));
    await writeFile(join(base, 'backup.info'), `status=DONE\ntablespaces=[('fast', ${TABLESPACE}, '/srv/fast')]\n`);
    const copies = (find: FindCopy): Restorer['restore'] => restoreCopies(find, {});
    const restorer = restoreBarman({ path: folder.path, server: 'main', copies });
    await restoreInto(restorer, join(folder.path, 'drill'), ['20261122T053344']);

    const put = join(folder.path, 'drill', 'tablespaces', TABLESPACE);
    expect(await readlink(join(restored(), 'pg_tblspc', TABLESPACE))).toBe(put);
    expect([...(await filesBelow(put)).keys()]).toEqual([IN_TABLESPACE]);
    expect((await filesBelow(restored())).get('global/pg_control')).toBe((await expected()).get('global/pg_control'));
  });
});

describe('a copy of Barman that is encrypted', () => {
  it('is refused before anything is written', async () => {
    const restorer = restoreBarman({ path: folder.path, server: 'main', copies: (find) => restoreCopies(find, {}) });
    const backup = { ...backupCalled('20261122T053344'), encrypted: true };
    await expect(
      restoreInto(restorer, join(folder.path, 'drill'), [], { backup, chain: [backup] }),
    ).rejects.toMatchObject({
      code: 'DRILL_NO_METHOD',
    });
  });
});

describe('a copy that is not whole', () => {
  it.each<readonly [what: string, damage: () => Promise<void>, says: string]>([
    ['with a file missing', () => rm(join(copy, 'base/1/1259')), 'base/1/1259 is missing'],
    [
      'with a byte that changed',
      () => flipByte(join(copy, 'base/1/1259'), 200_000),
      'base/1/1259 is not what was written',
    ],
    ['with a file cut short', () => writeFile(join(copy, 'base/1/1259'), 'x'), 'base/1/1259 has 1 bytes, and 300000'],
    ['with a file too many', () => writeFile(join(copy, 'base/1/777'), 'x'), 'its manifest does not know base/1/777'],
    ['with another manifest', () => flipByte(join(copy, 'backup_manifest'), 200), 'its checksum differs'],
    ['with half a manifest', () => writeFile(join(copy, 'backup_manifest'), '{ "PostgreSQL'), 'backup_manifest'],
    ['without its label', () => rm(join(copy, 'backup_label')), 'it has no backup_label'],
  ])('%s is refused by name', async (_, damage, says) => {
    await damage();

    await expect(restore('plain')).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining(says) as string,
    });
  });

  it.each<readonly [what: string, name: string, make: () => Buffer, says: string]>([
    ['a tar that is cut off', 'base.tar', () => tarred().subarray(0, 100_000), 'base.tar: it is cut off'],
    ['a tar without its end', 'base.tar', () => withoutEnd(tarred()), 'base.tar: it is cut off'],
    [
      'a packed tar that is cut off',
      'base.tar.gz',
      () => gzipSync(tarred()).subarray(0, -9_000),
      'base.tar.gz: it is cut off',
    ],
    [
      'a packed tar without its last byte',
      'base.tar.gz',
      () => gzipSync(tarred()).subarray(0, -1),
      'base.tar.gz: it is cut off',
    ],
    ['a packed tar with a changed byte', 'base.tar.gz', () => flipped(gzipSync(tarred()), 10_000), 'base.tar.gz: '],
    ['a frame that is cut off', 'base.tar.lz4', () => lz4Frame(tarred()).subarray(0, -70_000), 'base.tar.lz4: '],
    ['a tar that is none', 'base.tar', () => Buffer.alloc(4096, 'x'), 'base.tar: it is no tar'],
    ['a tar with a changed byte', 'base.tar', () => flipped(tarred(), 200_000), 'is not what was written'],
  ])('that is packed: %s is refused by name', async (_, name, make, says) => {
    await pack('packed', name, make());

    await expect(restore('packed')).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining(says) as string,
    });
  });

  function withoutEnd(tar: Buffer): Buffer {
    let end = tar.length;
    while (tar[end - 1] === 0) end -= 1;
    return tar.subarray(0, Math.ceil(end / 512) * 512);
  }

  function flipped(bytes: Buffer, at: number): Buffer {
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    return bytes;
  }
});

describe('a copy that leads elsewhere', () => {
  it.each([
    ['above', '../evil', ['--transform=s,^./PG_VERSION$,../evil,', '-P']],
    ['to the root', '/evil', ['--transform=s,^./PG_VERSION$,/evil,', '-P']],
  ])('by a name in a tar that leads %s is refused, and nothing is written there', async (_, name, args) => {
    await pack('packed', 'base.tar', tarOf(copy, '--exclude=./backup_manifest', ...args));

    await expect(restore('packed')).rejects.toMatchObject({
      code: 'DRILL_UNSAFE',
      message: expect.stringContaining(name) as string,
    });
    expect([...(await filesBelow(folder.path)).keys()]).not.toContain('drill/evil');
  });

  it('by a link in a tar is refused', async () => {
    await symlink('/etc', join(copy, 'base', 'etc'));
    await pack('packed', 'base.tar', tarred());

    await expect(restore('packed')).rejects.toMatchObject({ code: 'DRILL_UNSAFE' });
  });

  it('by a link among plain files is refused', async () => {
    await symlink('/etc', join(copy, 'base', 'etc'));

    await expect(restore('plain')).rejects.toMatchObject({
      code: 'DRILL_UNSAFE',
      message: expect.stringContaining('base/etc') as string,
    });
  });

  it('is called off at once', async () => {
    const reason = new Error('enough');

    await expect(restore('plain', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect([...(await filesBelow(restored())).keys()]).toEqual([]);
  });
});
