import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { mayBeInfo, parseInfo } from '../../../src/backup/pgbackrest/parse.ts';
import { infoCommand } from '../../../src/backup/pgbackrest/source.ts';
import { WalguardError } from '../../../src/core/error.ts';

const folder = new URL('../../fixtures/pgbackrest/', import.meta.url);
const samples = readdirSync(folder).filter((name) => name.endsWith('.json'));

const sample = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

function refused(text: string, repo?: number): WalguardError {
  try {
    parseInfo(text, { stanza: 'demo', repo });
  } catch (thrown) {
    if (thrown instanceof WalguardError) return thrown;
  }
  throw new Error('It was not refused.');
}

interface Entry {
  [key: string]: unknown;
  backup: Record<string, unknown>[];
  db: Record<string, unknown>[];
}

/** A real answer with one thing changed. */
function changed(name: string, change: (stanza: Entry) => void): string {
  const exact = sample(name).replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"');
  const [stanza] = JSON.parse(exact) as [Entry];
  change(stanza);
  return JSON.stringify([stanza]);
}

describe('what pgbackrest info printed', () => {
  it.each(samples)('%s is understood as it is meant', (name) => {
    const catalogues = [1, 2].map((repo) => {
      try {
        const { backups, running, problems } = parseInfo(sample(name), { stanza: 'demo', repo });
        expect(problems).toEqual([]);
        return { backups: backups.map(({ label, hasErrors }) => (hasErrors ? `${label}!` : label)), running };
      } catch (thrown) {
        return thrown instanceof WalguardError ? thrown.message : thrown;
      }
    });
    expect(catalogues).toMatchSnapshot();
  });

  it('is read to the last field', () => {
    const { backups } = parseInfo(sample('info_04_full_diff_incr.json'), { stanza: 'demo', repo: undefined });
    expect(backups[1]).toEqual({
      label: '20261122-053211F_20261122-053220D',
      type: 'differential',
      startTimeSeconds: 1_795_325_540,
      stopTimeSeconds: 1_795_325_544,
      wal: { timeline: 1, start: 0xb000028n, stop: 0xb000100n, included: false, segmentBytes: 16_777_216 },
      systemIdentifier: '7710864321451968091',
      majorVersion: 150_000,
      needs: ['20261122-053211F'],
      hasErrors: false,
      sizeBytes: 109_738_758,
      storedBytes: 4_637_514,
    });
    expect(backups.map(({ type, needs }) => [type, needs])).toEqual([
      ['full', []],
      ['differential', ['20261122-053211F']],
      ['incremental', ['20261122-053211F', '20261122-053211F_20261122-053220D']],
    ]);
  });

  it('tells each repository its own backups', () => {
    const of = (repo: number): readonly string[] =>
      parseInfo(sample('info_08_two_repos.json'), { stanza: 'demo', repo }).backups.map(({ label }) => label);
    expect(of(1)).toHaveLength(4);
    expect(of(2)).toEqual(['20261122-060132F', '20261122-060132F_20261122-060701I']);
  });

  it('of several repositories needs the number of one', () => {
    expect(refused(sample('info_08_two_repos.json'))).toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: 'stanza demo is in the repositories 1, 2',
    });
    expect(refused(sample('info_08_two_repos.json'), 3).code).toBe('SOURCE_NOT_FOUND');
  });

  it('says page errors of a backup whose status is ok', () => {
    const { backups } = parseInfo(sample('info_09_page_checksum_error.json'), { stanza: 'demo', repo: 2 });
    expect(backups.map(({ hasErrors }) => hasErrors)).toEqual([true]);
  });
});

describe('other versions of pgbackrest', () => {
  it('2.30, with one repository and without positions, is read by the names of WAL', () => {
    const text = changed('info_04_full_diff_incr.json', (stanza) => {
      delete stanza['repo'];
      for (const each of [...stanza.backup, ...stanza.db]) {
        delete each['repo-key'];
        delete each['lsn'];
        delete each['error'];
        if ('database' in each) each['database'] = { id: 1 };
      }
    });
    const [full] = parseInfo(text, { stanza: 'demo', repo: undefined }).backups;
    expect(full?.wal).toEqual({ timeline: 1, start: 0x7000000n, stop: 0x7ffffffn, included: false });
    expect(full?.hasErrors).toBe(false);
  });

  it('2.60, with progress of each repository and fields nobody knew, is read', () => {
    const text = changed('info_07_backup_running.json', (stanza) => {
      stanza['status'] = {
        code: 0,
        message: 'ok',
        lock: {
          backup: { held: true, size: 300, 'size-cplt': 120, repo: [{ key: 2, size: 200, 'size-cplt': 100 }] },
          restore: { held: false },
        },
      };
      for (const each of stanza.backup) each['brand-new'] = { a: [1] };
    });
    const running = (repo: number): unknown => parseInfo(text, { stanza: 'demo', repo }).running;
    expect(running(2)).toEqual([{ type: undefined, startTimeSeconds: undefined, doneBytes: 100, expectedBytes: 200 }]);
    expect(running(1)).toEqual([]);
  });

  it('2.48 has the progress of the stanza, and one without a lock cannot tell', () => {
    const withLock = (lock: unknown): unknown => {
      const text = changed('info_04_full_diff_incr.json', (stanza) => {
        stanza['status'] = { code: 0, message: 'ok', ...(lock === undefined ? {} : { lock }) };
      });
      return parseInfo(text, { stanza: 'demo', repo: 1 }).running;
    };
    expect(withLock({ backup: { held: true, size: 300, 'size-cplt': 120 } })).toMatchObject([
      { doneBytes: 120, expectedBytes: 300 },
    ]);
    expect(withLock(undefined)).toBeUndefined();
  });

  it('after stanza-upgrade each backup is of the cluster it was made of', () => {
    const text = changed('info_04_full_diff_incr.json', (stanza) => {
      stanza.db.push({ id: 2, 'repo-key': 1, 'system-id': '7999999999999999999', version: '9.6' });
      const last = stanza.backup.at(-1);
      if (last !== undefined) last['database'] = { id: 2, 'repo-key': 1 };
    });
    const { backups } = parseInfo(text, { stanza: 'demo', repo: 1 });
    expect(backups.map(({ systemIdentifier, majorVersion }) => [systemIdentifier, majorVersion])).toEqual([
      ['7710864321451968091', 150_000],
      ['7710864321451968091', 150_000],
      ['7999999999999999999', 90_600],
    ]);
  });

  it('without a list of references a backup needs the one before it', () => {
    const text = changed('info_04_full_diff_incr.json', (stanza) => {
      for (const each of stanza.backup) each['reference'] = null;
    });
    const { backups } = parseInfo(text, { stanza: 'demo', repo: 1 });
    expect(backups.map(({ needs }) => needs)).toEqual([
      [],
      ['20261122-053211F'],
      ['20261122-053211F_20261122-053220D'],
    ]);
  });

  it('a backup of a server that was shut down has no WAL', () => {
    const text = changed('info_04_full_diff_incr.json', (stanza) => {
      for (const each of stanza.backup) each['archive'] = { start: null, stop: null };
    });
    expect(parseInfo(text, { stanza: 'demo', repo: 1 }).backups[0]?.wal).toBeUndefined();
  });
});

describe('an answer that is none', () => {
  const whole = sample('info_04_full_diff_incr.json');

  it.each([
    ['nothing', '', 'it is empty'],
    ['a half', whole.slice(0, 900), 'only a part of it'],
    ['a warning before it', `WARN: configuration file contains invalid option 'x'\n${whole}`, 'stands before the JSON'],
    ['another JSON', '{"server": []}', 'stands before the JSON'],
    ['other stanzas', '[{"name": "demo"}]', '0.status is not as expected'],
    ['an array of numbers', '[7710864321451968091]', '0 is not as expected'],
  ])('%s is said to be none', (_what, text, said) => {
    const error = refused(text);
    expect(error.code).toBe('SOURCE_BAD_ANSWER');
    expect(error.message).toContain('a JSON array of stanzas');
    expect(error.message).toContain(said);
  });

  it('an empty list of stanzas is a stanza that is not there', () => {
    expect(refused('[]')).toMatchObject({ code: 'SOURCE_NOT_FOUND', message: 'pgbackrest knows no stanza "demo"' });
  });

  it('one backup that cannot be understood is a problem, and the others hold', () => {
    const text = changed('info_04_full_diff_incr.json', ({ backup }) => {
      if (backup[1] !== undefined) backup[1]['timestamp'] = { start: 1, stop: 'later' };
    });
    const { backups, problems } = parseInfo(text, { stanza: 'demo', repo: 1 });
    expect(backups).toHaveLength(2);
    expect(problems.map(({ message }) => message)).toEqual([
      'backup 20261122-053211F_20261122-053220D: timestamp.stop is not as expected',
    ]);
  });

  it('if no backup can be understood, the answer is not', () => {
    const text = changed('info_04_full_diff_incr.json', ({ backup }) => {
      for (const each of backup) each['timestamp'] = 'otherwise';
    });
    expect(refused(text).code).toBe('SOURCE_BAD_ANSWER');
  });

  it('a repository deciphered by a wrong passphrase shows none of the bytes that came out', () => {
    const garbage = 'key/value found outside of section at line 1: \u00EFhunter2\u0003\uFFFD';
    const message = `[FormatError] unable to load info file '/repo/backup.info' or '/repo/backup.info.copy':\nFormatError: ${garbage}`;
    const text = changed('info_04_full_diff_incr.json', (stanza) => {
      stanza['repo'] = [{ key: 1, status: { code: 99, message } }];
      stanza.backup = [];
    });
    const error = refused(text.replaceAll(String.raw`\u0003`, '\u0003'));
    expect(error.code).toBe('SOURCE_UNREADABLE');
    expect(error.message).toBe(
      "pgbackrest cannot read stanza demo in repository 1: [FormatError] unable to load info file '/repo/backup.info' or '/repo/backup.info.copy'",
    );
    expect(error.hint).toContain('cipher-pass');
  });
});

it('an exit code other than 0 does not matter where JSON was printed', () => {
  expect(mayBeInfo('\n[{"name"')).toBe(true);
  expect(mayBeInfo('ERROR: [055]: unable to open missing file')).toBe(false);
});

it('nothing but info is asked of pgbackrest, which then writes no log', () => {
  const command = infoCommand({ command: ['/opt/pgbackrest'], stanza: 'a b', repo: 2, config: '/etc/pg back.conf' });
  expect(command).toEqual([
    '/opt/pgbackrest',
    'info',
    '--output=json',
    '--stanza=a b',
    '--repo=2',
    '--config=/etc/pg back.conf',
    '--log-level-console=off',
    '--log-level-stderr=warn',
    '--log-level-file=off',
  ]);
});
