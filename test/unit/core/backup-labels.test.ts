import { describe, expect, it } from 'vitest';

import { joinLabels, unlistedLabels } from '../../../src/core/backup-labels.ts';
import type { Backup, BackupLabel } from '../../../src/core/catalogue.ts';

const backup: Backup = {
  label: 'monday',
  method: 'pg_basebackup',
  type: 'full',
  startTimeSeconds: undefined,
  stopTimeSeconds: 9999,
  wal: { timeline: 2, start: 0x2000028n, stop: 0x2ffffffn, included: true },
  systemIdentifier: undefined,
  majorVersion: 150_000,
  needs: [],
  hasErrors: false,
  sizeBytes: undefined,
  storedBytes: undefined,
};
const label: BackupLabel = {
  fileName: '000000020000000000000002.00000028.backup',
  label: 'base',
  wal: { timeline: 2, start: 0x2000028n, stop: 0x2000100n },
  startTimeSeconds: 1000,
  stopTimeSeconds: 1060,
  fromStandby: false,
};

describe('labels in the archive', () => {
  it('tell of a backup in files when and where it began and ended', () => {
    expect(joinLabels([backup], [label])).toEqual([
      {
        ...backup,
        startTimeSeconds: 1000,
        stopTimeSeconds: 1060,
        wal: { timeline: 2, start: 0x2000028n, stop: 0x2000100n, included: true },
      },
    ]);
  });

  it.each([
    ['that began elsewhere', { ...backup, wal: { timeline: 2, start: 0x3000028n, stop: 0x3000100n, included: true } }],
    ['of another timeline', { ...backup, wal: { timeline: 1, start: 0x2000028n, stop: 0x2000100n, included: true } }],
    ['without WAL', { ...backup, wal: undefined }],
    ['whose tool knows better', { ...backup, method: 'pgbackrest' }],
  ])('change no backup %s', (_which, other) => {
    expect(joinLabels([other], [label])).toEqual([other]);
  });

  it('tell of backups that no source knows', () => {
    const other = { ...label, label: 'by hand', wal: { ...label.wal, start: 0x5000028n } };
    expect(unlistedLabels([label, other], [backup])).toEqual([other]);
  });
});
