import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { createWalGArchive } from '../../src/archive/wal-g/index.ts';
import { walGBackups } from '../../src/backup/wal-g/index.ts';
import type { ArchiveSource, BackupSource } from '../../src/core/catalogue.ts';
import { programEnvironment } from '../../src/process/launch.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';

const signal = AbortSignal.timeout(600_000);

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/wal-g/${name}`, import.meta.url));
}

/** Stands for WAL-G, which cannot be had here: only how a program is run and how it fails is tried with it. */
async function standIn(folder: TemporaryFolder, lines: string): Promise<string> {
  const path = await folder.write('wal-g', `#!/bin/sh\n${lines}\n`);
  await chmod(path, 0o755);
  return path;
}

function sourceOf(program: string, timeoutMs = 60_000): BackupSource {
  const launch = { prefix: [], environment: programEnvironment(process.env, {}), timeoutMs };
  return walGBackups({ path: undefined, command: [program], config: '/etc/wal-g.json', launch });
}

function archiveOf(program: string): ArchiveSource {
  const launch = { prefix: [], environment: programEnvironment(process.env, {}), timeoutMs: 60_000 };
  return createWalGArchive({ path: undefined, command: [program], config: undefined, launch });
}

describe('wal-g st', () => {
  it('tells the segments there are, and the histories, each of them once', async () => {
    await using folder = await temporaryFolder();
    const program = await standIn(
      folder,
      `echo "$*" >> '${folder.path}/asked'
       case "$*" in
       'st ls wal_005') cat '${fixture('st_ls_type.txt')}' ;;
       'st cat --decrypt --decompress wal_005/00000003.history.lz4') printf '1\\t1/0\\tx\\n2\\t2/9F000000\\tx\\n' ;;
       *) exit 3 ;;
       esac`,
    );
    const source = archiveOf(program);
    for (let reading = 0; reading < 2; reading += 1) {
      const contents = await source.read(NOTHING_KNOWN, signal);
      expect(heldNames({ ...contents, segmentBytes: 16_777_216 })).toEqual([
        '0000000300000002000000A0',
        '0000000300000002000000A1',
      ]);
      expect(contents).toMatchObject({ badFiles: [], unverified: 2, labels: [] });
      expect(contents.timelines[0]?.times[1]).toBe(Date.UTC(2025, 1, 2, 23, 21) / 1000);
      expect(contents.histories.get(3)).toEqual([
        { parent: 1, switchLsn: 0x100000000n },
        { parent: 2, switchLsn: 0x29f000000n },
      ]);
    }
    expect((await readFile(join(folder.path, 'asked'), 'utf8')).match(/st cat/g)).toHaveLength(1);
  });

  it.each([
    ['no storage', 'echo "ERROR: 2025/02/05 10:00:00.000001 no such bucket" >&2; exit 1', 'SOURCE_PROGRAM_FAILED'],
    ['half a list', `head -c 300 '${fixture('st_ls_type.txt')}'`, 'SOURCE_BAD_ANSWER'],
    [
      'a history that it cannot decrypt',
      `test "$2" = ls || { echo "ERROR: 2025/02/05 10:00:00.000001 openpgp: incorrect key" >&2; exit 1; }
       cat '${fixture('st_ls_type.txt')}'`,
      'SOURCE_PROGRAM_FAILED',
    ],
  ])('that gives %s is an error', async (_, lines, code) => {
    await using folder = await temporaryFolder();
    const read = archiveOf(await standIn(folder, lines)).read(NOTHING_KNOWN, signal);
    await expect(read).rejects.toMatchObject({ code });
  });
});

describe('wal-g backup-list', () => {
  it('is asked for all there is by its own configuration, and its log is no part of the answer', async () => {
    await using folder = await temporaryFolder();
    const program = await standIn(
      folder,
      `echo 'INFO: 2025/02/05 10:00:00.000001 List backups from storages: [default]' >&2
       test "$*" = 'backup-list --detail --json --config /etc/wal-g.json' && cat '${fixture('list_3_0.json')}'`,
    );
    expect((await sourceOf(program).read(signal)).backups).toHaveLength(3);
  });

  it('of a storage without backups is a word in the log, with whatever exit code', async () => {
    await using folder = await temporaryFolder();
    for (const code of [0, 1]) {
      const program = await standIn(
        folder,
        `echo 'INFO: 2025/02/05 10:00:00.000001 No backups found' >&2; exit ${code}`,
      );
      expect(await sourceOf(program).read(signal)).toMatchObject({ backups: [], problems: [] });
    }
  });

  it.each([
    ['half-written JSON', `head -c 900 '${fixture('list_3_0.json')}'`, 'SOURCE_BAD_ANSWER', 'only a part of it'],
    ['nothing, and no word', 'exit 0', 'SOURCE_BAD_ANSWER', 'it is empty'],
    [
      'an older program',
      'echo "Error: unknown flag: --detail" >&2; exit 1',
      'SOURCE_PROGRAM_FAILED',
      'wal-g backup-list ended with exit code 1 and said: Error: unknown flag: --detail',
    ],
    [
      'a storage that is not reached',
      'echo "ERROR: 2025/02/05 10:00:00.000001 failed to list s3 folder: dial tcp: i/o timeout" >&2; exit 1',
      'SOURCE_PROGRAM_FAILED',
      'i/o timeout',
    ],
    ['a list and a failure', `cat '${fixture('list_3_0.json')}'; exit 2`, 'SOURCE_PROGRAM_FAILED', 'exit code 2'],
  ])('that gives %s is an error', async (_, lines, code, message) => {
    await using folder = await temporaryFolder();
    const read = sourceOf(await standIn(folder, lines)).read(signal);
    await expect(read).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('that hangs is given up', async () => {
    await using folder = await temporaryFolder();
    const read = sourceOf(await standIn(folder, 'sleep 1000'), 300).read(signal);
    await expect(read).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });
  });
});
