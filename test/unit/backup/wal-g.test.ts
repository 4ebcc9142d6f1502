import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { readBackupName } from '../../../src/backup/wal-g/backup-name.ts';
import { parseBackupList } from '../../../src/backup/wal-g/list.ts';
import { readSentinel, type Told } from '../../../src/backup/wal-g/schema.ts';
import { toBackup } from '../../../src/backup/wal-g/to-backup.ts';
import type { Backup } from '../../../src/core/catalogue.ts';
import { WalguardError } from '../../../src/core/error.ts';
import { parseExactJson } from '../../../src/core/exact-json.ts';

const folder = new URL('../../fixtures/wal-g/', import.meta.url);
const sample = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

function refused(text: string): WalguardError {
  try {
    parseBackupList(text);
  } catch (thrown) {
    if (thrown instanceof WalguardError) return thrown;
  }
  throw new Error('It was not refused.');
}

type Entry = Record<string, unknown>;

/** A list of another version's shape with one thing changed. */
function changed(name: string, change: (entries: Entry[]) => Entry[]): string {
  const exact = sample(name).replaceAll(/"system_identifier":\s*(\d+)/g, '"system_identifier":"$1"');
  return JSON.stringify(change(JSON.parse(exact) as Entry[]));
}

describe('what wal-g backup-list prints', () => {
  it('is read to the last field', () => {
    const { backups, problems, running } = parseBackupList(sample('list_3_0.json'));
    expect([problems, running]).toEqual([[], undefined]);
    expect(backups[0]).toEqual({
      label: 'base_0000000300000002000000A0',
      type: 'full',
      startTimeSeconds: Date.UTC(2025, 1, 2, 23, 8, 20, 485) / 1000,
      stopTimeSeconds: Date.UTC(2025, 1, 2, 23, 11, 9, 336) / 1000,
      wal: { timeline: 3, start: 0x2a0000028n, stop: 0x2a0000138n, included: false },
      systemIdentifier: '7460572854766239021',
      majorVersion: 170_000,
      needs: [],
      hasErrors: false,
      sizeBytes: 8_403_090_737,
      storedBytes: 1_684_640_561,
    } satisfies Backup);
  });

  it('tells a chain of deltas by their names', () => {
    const { backups } = parseBackupList(sample('list_3_0.json'));
    expect(backups.slice(1).map(({ type, sizeBytes, needs }) => [type, sizeBytes, needs])).toEqual([
      ['incremental', undefined, ['base_0000000300000002000000A0']],
      [
        'incremental',
        undefined,
        ['base_0000000300000002000000A5_D_0000000300000002000000A0', 'base_0000000300000002000000A0'],
      ],
    ]);
  });

  it('without the parent of a delta lets it need what is not there', () => {
    const { backups } = parseBackupList(changed('list_3_0.json', (entries) => entries.slice(1)));
    expect(backups.map(({ needs }) => needs.at(-1))).toEqual([
      'base_0000000300000002000000A0',
      'base_0000000300000002000000A0',
    ]);
    expect(backups.some(({ label }) => label === 'base_0000000300000002000000A0')).toBe(false);
  });

  it('of two backups that began in one segment of a standby takes the one before the delta for its parent', () => {
    const { backups } = parseBackupList(
      changed('list_3_0.json', (entries) => [
        ...entries,
        {
          ...entries[1],
          backup_name: 'base_0000000300000002000000A5',
          finish_time: '2025-02-09T00:00:00Z',
        },
      ]),
    );
    expect(backups[2]?.needs[0]).toBe('base_0000000300000002000000A5_D_0000000300000002000000A0');
  });

  it('of 0.2 has neither cluster nor sizes', () => {
    const { backups, problems } = parseBackupList(sample('list_0_2.json'));
    expect(problems).toEqual([]);
    expect(backups).toMatchObject([
      {
        wal: { timeline: 1, start: 0xc000028n, stop: 0xd000000n },
        systemIdentifier: undefined,
        majorVersion: 90_600,
        sizeBytes: undefined,
        storedBytes: undefined,
      },
    ]);
  });

  it('counts no backup whose metadata is gone, and says which', () => {
    const { backups, problems } = parseBackupList(sample('list_1_1.json'));
    expect(backups.map(({ label }) => label)).toEqual(['base_000000020000000500000019']);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      [
        'BACKUP_INCOMPLETE',
        'base_000000020000000500000031 is no backup: it is not told where and when it began and ended',
      ],
    ]);
  });

  it('of a version to come is read past fields that nobody knew, and words of users are only words', () => {
    expect(parseBackupList(sample('list_newest.json')).backups).toMatchObject([
      { label: 'base_00000001000000000000000A', systemIdentifier: '7559001122334455667', majorVersion: 180_000 },
    ]);
  });

  it('may stand behind lines of its log', () => {
    const log = 'INFO: 2020/03/02 03:00:00.100000 List backups from storages: [default]\n';
    expect(parseBackupList(log + sample('list_0_2.json')).backups).toHaveLength(1);
  });

  it('holds positions beyond 2^53', () => {
    const text = sample('list_0_2.json')
      .replace('201326632', '18014398509481985')
      .replace('218103808', '18014398509482241');
    expect(parseBackupList(text).backups[0]?.wal).toMatchObject({ start: 2n ** 54n + 1n, stop: 2n ** 54n + 257n });
  });

  it.each([
    ['an empty list', '[]'],
    ['a list that Go left out', 'null\n'],
    ['a word in the log', 'INFO: 2020/03/02 03:00:00.100000 No backups found\n'],
  ])('may be %s', (_, text) => {
    expect(parseBackupList(text)).toEqual({
      backups: [],
      problems: [],
      running: undefined,
      lastFailureSeconds: undefined,
    });
  });

  it.each([
    ['nothing', ''],
    ['half of it', sample('list_3_0.json').slice(0, 700)],
    ['a table', 'backup_name modified wal_file_name\nbase_00000001000000000000000A 2024-12-04T14:56:44+05:00 ...\n'],
    ['an object', '{"backups": []}'],
    ['entries of another shape', '[{"name": "base_00000001000000000000000A", "lsn": 1}]'],
    ['text where a number was', sample('list_0_2.json').replace('201326632', '"0/C000028"')],
  ])('that is %s is an answer of no use', (_, text) => {
    expect(refused(text)).toMatchObject({ code: 'SOURCE_BAD_ANSWER' });
  });

  it('with one entry that cannot be understood keeps the others', () => {
    const text = changed('list_3_0.json', ([first = {}, ...others]) => [{ ...first, start_lsn: 'soon' }, ...others]);
    const { backups, problems } = parseBackupList(text);
    expect([backups.length, problems.map(({ message }) => message)]).toEqual([
      2,
      ['base_0000000300000002000000A0 is no backup: start_lsn is not as expected'],
    ]);
  });
});

describe('the sentinel of a backup', () => {
  function read(name: string): Told {
    const told = readSentinel(parseExactJson(sample(name)));
    if (told instanceof Error) throw told;
    return told;
  }

  it('tells the parent of a delta and the size of the database', () => {
    const label = 'base_0000000300000002000000A5_D_0000000300000002000000A0';
    const { backup, parent } = toBackup(label, read('sentinel_2_0.json'), undefined);
    expect(parent).toBe('base_0000000300000002000000A0');
    expect(backup).toMatchObject({ sizeBytes: 8_403_090_912, systemIdentifier: '7460572854766239021' });
  });

  it('of 0.2 has no times: the backup ended when its sentinel was written', () => {
    const { backup } = toBackup('base_00000001000000000000000C', read('sentinel_0_2.json'), 1_583_115_341);
    expect(backup).toMatchObject({ startTimeSeconds: undefined, stopTimeSeconds: 1_583_115_341, majorVersion: 90_600 });
  });
});

describe('the name of a backup of WAL-G', () => {
  it.each([
    'base_00000001000000000000000C_00000040',
    'base_00000001000000000000000c',
    'stream_20240101T000000Z',
    'base_00000001000000000000000C_D_',
    '../base_00000001000000000000000C',
  ])('is not %s', (name) => {
    expect(readBackupName(name)).toBeUndefined();
  });
});
