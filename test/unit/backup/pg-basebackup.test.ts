import { createHash } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { linkChains } from '../../../src/backup/pg-basebackup/chains.ts';
import type { Copy } from '../../../src/backup/pg-basebackup/folder.ts';
import { printable } from '../../../src/core/printable.ts';
import { layoutOf } from '../../../src/backup/pg-basebackup/layout.ts';
import { ManifestReader } from '../../../src/backup/pg-basebackup/manifest.ts';

const hex = (text: string): string => Buffer.from(text).toString('hex');

const LINES = [
  '{ "PostgreSQL-Backup-Manifest-Version": 2,',
  '"System-Identifier": 7710864321451968091,',
  '"Files": [',
  '{ "Path": "backup_label", "Size": 226, "Last-Modified": "2026-11-22 05:33:44 GMT", "Checksum-Algorithm": "CRC32C", "Checksum": "5d0b2a1c" },',
  String.raw`{ "Path": "odd \"Size\": 999999 \u00e9", "Size": 512, "Last-Modified": "2026-11-22 05:33:17 GMT" },`,
  `{ "Encoded-Path": "${hex('pg_tblspc/16390/PG_17_202406281/5/1\n2')}", "Size": 8192, "Last-Modified": "2026-11-22 05:33:17 GMT" },`,
  '{ "Path": "pg_tblspc/16385/PG_17_202406281/5/16386", "Size": 8192, "Last-Modified": "2026-11-22 05:33:17 GMT" }',
  '],',
  '"WAL-Ranges": [',
  '{ "Timeline": 2, "Start-LSN": "1/5000000", "End-LSN": "1/6000100" },',
  '{ "Timeline": 1, "Start-LSN": "1/2000028", "End-LSN": "1/5000000" }',
  '],',
  '',
].join('\n');

const sealed = (lines: string): string =>
  `${lines}"Manifest-Checksum": "${createHash('sha256').update(lines).digest('hex')}"}\n`;

function read(text: string, pieceBytes = 7): ReturnType<ManifestReader['finish']> {
  const reader = new ManifestReader();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.add(bytes.subarray(at, at + pieceBytes));
  return reader.finish();
}

describe('a backup_manifest', () => {
  it('tells sizes, WAL of several timelines, tablespaces and the cluster', () => {
    expect(read(sealed(LINES))).toEqual({
      systemIdentifier: '7710864321451968091',
      walRanges: [
        { timeline: 1, start: 0x102000028n, stop: 0x105000000n },
        { timeline: 2, start: 0x105000000n, stop: 0x106000100n },
      ],
      sizeBytes: 226 + 512 + 2 * 8192,
      leastTarBytes: 2 * (512 + 512),
      tablespaces: ['16390', '16385'],
      labelWrittenSeconds: Date.UTC(2026, 10, 22, 5, 33, 44) / 1000,
    });
  });

  it('is the same in pieces of any size', () => {
    const whole = read(sealed(LINES), 1_000_000);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), (size) => {
        expect(read(sealed(LINES), size)).toEqual(whole);
      }),
    );
  });

  it('is none if it is cut off anywhere', () => {
    const text = sealed(LINES);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
        expect(read(text.slice(0, length))).toBeInstanceOf(Error);
      }),
    );
  });

  it.each([
    [
      'of another version',
      sealed(LINES.replace('Version": 2', 'Version": 3')),
      'it is no manifest of a version that walguard knows',
    ],
    [
      'that was changed',
      sealed(LINES).replace('"Size": 226', '"Size": 227'),
      'it is not what was written: its checksum differs',
    ],
    ['without WAL', sealed(LINES.replaceAll('"Timeline"', '"Line"')), 'it names no WAL'],
    ['that is something else', '{"hello": "world"}\n', 'it is no manifest of a version that walguard knows'],
  ])('%s is none', (_what, text, why) => {
    expect(read(text)).toMatchObject({ message: why });
  });
});

describe('chains of incremental backups', () => {
  const copy = (label: string, start: bigint, incrementalFrom?: bigint, systemIdentifier?: string): Copy => ({
    kind: 'copy',
    incrementalFrom,
    unsettledSeconds: undefined,
    backup: {
      label,
      type: incrementalFrom === undefined ? 'full' : 'incremental',
      startTimeSeconds: undefined,
      stopTimeSeconds: 0,
      wal: { timeline: 1, start, stop: start + 100n, included: true },
      systemIdentifier,
      majorVersion: 170_000,
      needs: [],
      hasErrors: false,
      sizeBytes: undefined,
      storedBytes: undefined,
    },
  });
  const needs = (copies: readonly Copy[]): unknown =>
    linkChains(copies).map(({ label, needs: all }) => [label, ...all]);

  it('name all they need, whatever the order in the folder', () => {
    expect(needs([copy('c', 300n, 200n), copy('a', 100n), copy('b', 200n, 100n), copy('d', 400n, 100n)])).toEqual([
      ['c', 'b', 'a'],
      ['a'],
      ['b', 'a'],
      ['d', 'a'],
    ]);
  });

  it('keep a place for one that is not here, which no backup fills', () => {
    expect(needs([copy('b', 200n, 0x100000028n), copy('c', 300n, 200n)])).toEqual([
      ['b', '(the backup that began at 1/28)'],
      ['c', 'b', '(the backup that began at 1/28)'],
    ]);
  });

  it('do not reach into another cluster, and end where they go in a circle', () => {
    expect(needs([copy('a', 100n, undefined, '1'), copy('b', 200n, 100n, '2')])).toEqual([
      ['a'],
      ['b', '(the backup that began at 0/64)'],
    ]);
    expect(needs([copy('a', 100n, 100n)])).toEqual([['a', '(the backup that began at 0/64)']]);
  });
});

describe('what a folder seems to be', () => {
  it.each([
    [['base.tar', 'backup_manifest'], 'tar'],
    [['16385.tar.zst', 'base.tar.zst', 'pg_wal.tar'], 'tar'],
    [['PG_VERSION', 'base', 'global'], 'plain'],
    [['backup_label'], 'plain'],
    [['base', 'global'], 'plain'],
    [['16385.tar', 'pg_wal.tar.gz'], 'other'],
    [['base.tar.gz.part', 'my-base.tar', 'base.tarball'], 'other'],
    [['backup_manifest', '2026-11-22'], 'other'],
    [[], 'other'],
  ] as const)('%j: %s', (names, kind) => {
    expect(layoutOf(names).kind).toBe(kind);
  });
});

it('a name of a folder shows no control character', () => {
  expect(printable('a\nb\u001B[2J\u202Ec é')).toBe(String.raw`a\x0ab\x1b[2J\u{202e}c é`);
});
