import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { type ArchiveReading, readArchive } from '../../../src/backup/pg-dump/archive.ts';
import { projectDirectory } from '../../support/project-directory.ts';

function fixture(name: string): Buffer {
  return readFileSync(join(projectDirectory, 'test/fixtures/pg-dump', name));
}

function read(bytes: Buffer, sizeBytes = bytes.length): Extract<ArchiveReading, { kind: 'archive' }> {
  const found = readArchive(bytes, sizeBytes);
  if (found.kind !== 'archive') throw new Error(`It is ${found.kind}.`);
  return found;
}

const tables = ({ toc = [] }: ReturnType<typeof read>): unknown =>
  toc.filter(({ kind }) => kind === 'TABLE DATA' || kind === 'BLOBS');

describe('an archive of version 1.16', () => {
  const bytes = fixture('18.dump');

  it('tells its database, when it was begun, and where its data is', () => {
    const archive = read(bytes);
    expect(archive.head).toMatchObject({ minor: 16, isCustom: true, datname: 'Ein Name' });
    expect(new Date((archive.head.beganSeconds ?? 0) * 1_000).getUTCFullYear()).toBe(2026);
    expect(tables(archive)).toEqual([
      { kind: 'TABLE DATA', offset: expect.any(Number) as number, file: '' },
      { kind: 'BLOBS', offset: expect.any(Number) as number, file: '' },
    ]);
  });

  it('tells its files where it is a directory', () => {
    expect(tables(read(fixture('18.toc.dat')))).toEqual([
      { kind: 'TABLE DATA', offset: undefined, file: expect.stringMatching(/^\d+\.dat$/) as string },
      { kind: 'BLOBS', offset: undefined, file: expect.stringMatching(/^blobs_\d+\.toc$/) as string },
    ]);
  });

  it('cut off anywhere is an archive, damaged or none, and is never taken for more', () => {
    for (let length = 0; length < bytes.length; length++) {
      const part = bytes.subarray(0, length);
      expect(() => readArchive(part, length)).not.toThrow();
      const { kind } = readArchive(part, bytes.length);
      expect(kind).toBe(length < 5 ? 'none' : kind === 'damaged' ? 'damaged' : 'archive');
    }
  });

  it('with any one byte changed is read without an error', () => {
    for (let at = 5; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      expect(['archive', 'damaged']).toContain(readArchive(changed, changed.length).kind);
    }
  });

  it('of a newer version is named, and not looked into', () => {
    const newer = Buffer.from(bytes);
    newer[6] = 17;
    expect(read(newer)).toMatchObject({ head: { minor: 17, datname: 'Ein Name' }, toc: undefined });
  });
});
