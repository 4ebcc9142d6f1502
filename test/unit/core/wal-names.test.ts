import { describe, expect, it } from 'vitest';

import { isWalFolderName, readWalName } from '../../../src/core/wal-names.ts';

const SHA1 = 'e8650e2d4452b545b4d638b72daa39c19229d43c';
const place = { timeline: 1, log: 2, segmentInLog: 255 };
const packed = (compression = '', encryption = '') => ({ compression, encryption });

describe('names in a WAL archive', () => {
  it.each([
    ['0000000100000002000000FF', { kind: 'segment', ...place, sha1: undefined, ...packed() }],
    ['0000000100000002000000FF.gz', { kind: 'segment', ...place, sha1: undefined, ...packed('gz') }],
    ['0000000100000002000000FF.zst.gpg', { kind: 'segment', ...place, sha1: undefined, ...packed('zst', 'gpg') }],
    ['0000000100000002000000FF.age', { kind: 'segment', ...place, sha1: undefined, ...packed('', 'age') }],
    [`0000000100000002000000FF-${SHA1}`, { kind: 'segment', ...place, sha1: SHA1, ...packed() }],
    [`0000000100000002000000FF-${SHA1}.bz2`, { kind: 'segment', ...place, sha1: SHA1, ...packed('bz2') }],
    ['0000000100000002000000FF.partial', { kind: 'partial', ...place, sha1: undefined, ...packed() }],
    ['0000000100000002000000FF.gz.partial', { kind: 'partial', ...place, sha1: undefined, ...packed('gz') }],
    ['0000000100000002000000FF.partial.lz4', { kind: 'partial', ...place, sha1: undefined, ...packed('lz4') }],
    [`0000000100000002000000FF.partial-${SHA1}.gz`, { kind: 'partial', ...place, sha1: SHA1, ...packed('gz') }],
    ['0000000100000002000000FF.00000028.backup', { kind: 'label', ...place, ...packed() }],
    ['0000000100000002000000FF.00000028.backup.gz', { kind: 'label', ...place, ...packed('gz') }],
    ['0000000A.history', { kind: 'history', timeline: 10, ...packed() }],
    ['0000000A.history.lz4.gpg', { kind: 'history', timeline: 10, ...packed('lz4', 'gpg') }],
  ])('%s is read', (name, expected) => {
    expect(readWalName(name)).toEqual(expected);
  });

  it.each([
    '0000000100000002000000ff',
    '0000000100000002000000F',
    '0000000100000002000000FF0',
    '0000000100000002000000FF~',
    '0000000100000002000000FF.tmp',
    '0000000100000002000000FF.gz.tmp',
    '0000000100000002000000FF_delta.lz4',
    '0000000100000002000000FF\n',
    ' 0000000100000002000000FF',
    '0000000100000002000000FF.partial.gz.partial',
    '0000000100000002000000FF-e8650e2d',
    '0000000100000002000000FF.ready',
    '0000000000000002000000FF',
    '00000000.history',
    'RECOVERYXLOG',
    'archive.info',
    '',
  ])('%j is not one of WAL', (name) => {
    expect(readWalName(name)).toBeUndefined();
  });

  it('folders of WAL are named by timeline and log, or timeline', () => {
    expect(['0000000100000002', '00000001', '15-1', '000000010000000g', 'lost+found'].filter(isWalFolderName)).toEqual([
      '0000000100000002',
      '00000001',
    ]);
  });
});
