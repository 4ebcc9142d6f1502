import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { toCatalogue } from '../../../src/backup/barman/catalogue.ts';
import { type BarmanBackup, parseMoment } from '../../../src/backup/barman/facts.ts';
import { parseList, parseShown } from '../../../src/backup/barman/json.ts';
import { parseBackupInfo } from '../../../src/backup/barman/parse.ts';
import { barmanCommand } from '../../../src/backup/barman/program.ts';
import { whenMade } from '../../../src/backup/barman/when-made.ts';
import type { BackupCatalogue } from '../../../src/core/catalogue.ts';
import { WalguardError } from '../../../src/core/error.ts';

const folder = new URL('../../fixtures/barman/', import.meta.url);
const sample = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const infos = readdirSync(folder).filter((name) => name.endsWith('.info'));

function refused(run: () => unknown): WalguardError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof WalguardError) return thrown;
  }
  throw new Error('It was not refused.');
}

function info(changes: Readonly<Record<string, string>>, id = '20261122T055854'): BarmanBackup {
  const lines = Object.entries(changes);
  const text = lines.reduce(
    (all, [key, value]) => all.replace(new RegExp(`^(${key})=.*$`, 'm'), `$1=${value}`),
    sample('3.4_rsync_backup.info'),
  );
  const added = lines.filter(([key]) => !new RegExp(`^${key}=`, 'm').test(text));
  return parseBackupInfo(id, text + added.map(([key, value]) => `${key}=${value}\n`).join(''));
}

function catalogue(found: readonly BarmanBackup[], alive = false): BackupCatalogue {
  return toCatalogue(found, [], {
    isAlive: () => alive,
    failedSeconds: () => 1_000,
    removal: (id) => `barman delete main ${id}`,
  });
}

describe('a backup.info of Barman', () => {
  it.each(infos)('%s is understood as it is meant', (name) => {
    const { backups, problems } = catalogue([parseBackupInfo(name.slice(0, 3), sample(name))]);
    expect({ backups, problems }).toMatchSnapshot();
  });

  it('cut off at any byte is an error, or says the same', () => {
    const text = sample('3.4_rsync_backup.info');
    const whole = parseBackupInfo('a', text);
    const seen = new Set<string>();
    for (let length = 0; length < text.length; length += 1) {
      try {
        const { problems, backups } = catalogue([parseBackupInfo('a', text.slice(0, length))]);
        // Cut between two lines: what is missing may be of no importance, but nothing is told wrongly.
        seen.add(problems.length > 0 ? 'problem' : 'backup');
        for (const { wal, stopTimeSeconds } of backups)
          expect([wal?.start, wal?.stop, stopTimeSeconds]).toEqual([
            whole.begin,
            whole.end,
            Math.ceil(whole.endSeconds ?? 0),
          ]);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'SOURCE_BAD_ANSWER' });
        seen.add('error');
      }
    }
    expect([...seen].toSorted()).toEqual(['backup', 'error']);
  });

  it.each([
    ['nothing at all', ''],
    ['zeros', '\0\0\0\0\n'],
    ['another file', 'Salted__\n'],
    ['a status nobody knows', 'status=PERHAPS\n'],
  ])('of %s is refused', (_, text) => {
    expect(refused(() => parseBackupInfo('a', text)).code).toBe('SOURCE_BAD_ANSWER');
  });

  it('tells of encryption, compression and a stop on another timeline', () => {
    expect(info({}).encrypted).toBeUndefined();
    expect(info({ encryption: 'None' }).encrypted).toBe(false);
    expect(info({ encryption: 'gpg' }).encrypted).toBe(true);
    expect(info({ compression: 'gzip', size: '9' })).toMatchObject({ sizeBytes: undefined });
    expect(info({ compression: 'gzip', cluster_size: '77' })).toMatchObject({ sizeBytes: 77 });
    const [backup] = catalogue([info({ end_wal: '000000020000000000000009', end_xlog: 'FF/0' })]).backups;
    expect(backup?.wal).toMatchObject({ timeline: 1, stopTimeline: 2 });
  });

  it('without positions is read by the names of its WAL, whatever the size of segments', () => {
    const { begin, end } = info({ begin_xlog: 'None', end_xlog: 'None', begin_wal: '00000001000000010000000A' });
    expect(begin).toBe(0x1_00a0_0000n);
    expect(end !== undefined && end % 1_048_576n).toBe(0n);
  });
});

describe('what barman printed', () => {
  it('before 3.11 is read to the last field', () => {
    const shown = parseShown(sample('3.4_showbackup_labstream_oldest.json'), 'labstream');
    expect(catalogue([shown]).backups).toEqual([
      {
        label: '20261122T054736',
        type: 'full',
        startTimeSeconds: 1_795_326_456.1628,
        stopTimeSeconds: 1_795_327_055,
        wal: { timeline: 1, start: 0x6700028n, stop: 0x68552f8n, included: false, segmentBytes: 1_048_576 },
        systemIdentifier: undefined,
        majorVersion: 150_000,
        needs: [],
        hasErrors: false,
        sizeBytes: 49_655_585,
        storedBytes: 49_655_585,
        encrypted: undefined,
      },
    ]);
  });

  it('since 3.11 is what its backup.info says', () => {
    const shown = parseShown(sample('3.20_showbackup_stream_latest.json'), 'stream');
    const [told] = catalogue([shown]).backups;
    const [written] = catalogue([parseBackupInfo(shown.id, sample('3.20_stream_backup.info'))]).backups;
    expect(told).toEqual({ ...written, label: '20261122T225822' });
    expect(told).toMatchObject({ systemIdentifier: '7711133734675781793', encrypted: false, sizeBytes: 23_137_993 });
    const reuse = catalogue([parseShown(sample('3.20_showbackup_arch_latest.json'), 'arch')]).backups;
    expect(reuse).toEqual(
      catalogue([parseBackupInfo('20261122T225902', sample('3.20_rsync_reuse_backup.info'))]).backups,
    );
  });

  it('lists each server its own', () => {
    const text = sample('3.4_listbackups_all.json');
    expect(parseList(text, 'labarch')).toEqual([{ id: '20261122T055852', status: 'DONE' }]);
    expect(parseList(text, 'labstream')).toHaveLength(2);
    expect(refused(() => parseList(text, 'lab')).code).toBe('SOURCE_BAD_ANSWER');
  });

  it('half of it is no answer, at any byte', () => {
    const text = sample('3.4_listbackups_all.json');
    for (let length = 0; length < text.trimEnd().length; length += 1) {
      expect(refused(() => parseList(text.slice(0, length), 'labarch')).code).toBe('SOURCE_BAD_ANSWER');
    }
  });

  it.each([
    ['{"_ERROR": ["Unknown server \'lab\'"]}', 'SOURCE_NOT_FOUND', 'Barman knows no server "lab"'],
    ['{"_EXCEPTION": ["it broke"]}', 'SOURCE_PROGRAM_FAILED', 'barman list-backups said: it broke'],
    ['{"lab": {}}', 'SOURCE_BAD_ANSWER', 'it lists no backups'],
    ['{"lab": [{"backup_id": "1", "status": "NEW"}]}', 'SOURCE_BAD_ANSWER', 'a status that is not known'],
    ['Traceback', 'SOURCE_BAD_ANSWER', 'something else stands before the JSON'],
  ])('%s is %s', (text, code, message) => {
    const error = refused(() => parseList(text, 'lab'));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('says no password of a connection string', () => {
    const error = refused(() => parseList('{"_ERROR": ["conninfo: host=a password=hush"]}', 'lab'));
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hush');
  });

  it('was asked for by one command, with the configuration in front', () => {
    const place = { command: ['barman', '-q'], server: 'main', config: '/etc/b.conf' };
    expect(barmanCommand(place, 'show-backup', ['1'])).toEqual([
      'barman',
      '-q',
      '--config=/etc/b.conf',
      '--format=json',
      'show-backup',
      'main',
      '1',
    ]);
  });
});

describe('the catalogue of Barman', () => {
  const full = info({}, '20261120T000000');
  const first = { ...info({ parent_backup_id: '20261120T000000' }), id: '20261121T000000' };
  const second = { ...info({ parent_backup_id: '20261121T000000' }), id: '20261122T000000' };

  it('tells of a chain all that is needed, the lost ones too', () => {
    const needs = (found: readonly BarmanBackup[]): unknown => catalogue(found).backups.at(-1)?.needs;
    expect(needs([second, full, first])).toEqual(['20261121T000000', '20261120T000000']);
    expect(needs([second, full])).toEqual(['20261121T000000']);
    expect(needs([full, { ...first, status: 'FAILED' }, second])).toEqual(['20261121T000000']);
    expect(catalogue([full, first]).backups.map(({ type }) => type)).toEqual(['full', 'incremental']);
    expect(needs([{ ...second, parentId: second.id }])).toEqual([]);
  });

  it('counts one whose WAL is waited for, and none that failed or was interrupted', () => {
    const found = catalogue([
      { ...full, status: 'WAITING_FOR_WALS' },
      { ...first, status: 'FAILED', error: 'failure copying: password=hush\nno space' },
      { ...second, status: 'STARTED' },
    ]);
    expect(found.backups.map(({ label }) => label)).toEqual([full.id]);
    expect(found).toMatchObject({ running: [], lastFailureSeconds: 1_000 });
    expect(found.problems.map(({ code, message }) => [code, message])).toEqual([
      ['BACKUP_INCOMPLETE', '20261121T000000 of Barman is no backup: it failed: no space'],
      ['BACKUP_INCOMPLETE', '20261122T000000 of Barman is no backup: it was interrupted (STARTED)'],
    ]);
  });

  it('has one that runs only as the newest', () => {
    const begun = { ...second, status: 'STARTED' as const };
    expect(catalogue([full, begun], true)).toMatchObject({ running: [{ type: 'incremental' }], problems: [] });
    expect(catalogue([{ ...full, status: 'STARTED' }, second], true)).toMatchObject({ running: [], problems: [{}] });
  });

  it('says of a backup without an end or WAL that nobody can use it', () => {
    const { backups, problems } = catalogue([
      { ...full, endSeconds: undefined },
      { ...first, end: undefined },
    ]);
    expect(backups).toEqual([]);
    expect(problems.map(({ message }) => message)).toEqual([
      'Barman does not tell of backup 20261120T000000 when it ended',
      'Barman does not tell of backup 20261121T000000 which WAL it needs',
    ]);
  });
});

describe('moments of Barman', () => {
  it.each([
    ['2026-11-22 05:58:52.699647+00:00', 1_795_327_132.699647],
    ['2026-11-22T11:28:52+05:30', 1_795_327_132],
    ['2026-11-22 00:58:52.5-0500', 1_795_327_132.5],
    ['2026-11-22T05:58:52Z', 1_795_327_132],
    ['2026-11-22 05:58:52', undefined],
    ['Sun Nov 22 05:58:52 2026', undefined],
    ['2026-13-40 05:58:52Z', undefined],
    [undefined, undefined],
  ])('%s is %s', (text, seconds) => {
    expect(parseMoment(text)).toBe(seconds);
  });

  it('are the names of backups, in the zone that the nearest other one shows', () => {
    const winter = { ...info({}), id: '20261101T120000', beginSeconds: Date.UTC(2026, 10, 1, 11, 4) / 1000 };
    const summer = { ...info({}), id: '20260701T120000', beginSeconds: Date.UTC(2026, 6, 1, 10, 0) / 1000 };
    expect(whenMade('20261102T120000', [summer, winter])).toBe(Date.UTC(2026, 10, 2, 11) / 1000);
    expect(whenMade('20260702T120000', [summer, winter])).toBe(Date.UTC(2026, 6, 2, 10) / 1000);
    expect(whenMade('20260702T120000', [])).toBeUndefined();
    expect(whenMade('mine', [summer])).toBeUndefined();
  });
});
