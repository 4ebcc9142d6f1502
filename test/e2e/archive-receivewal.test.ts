import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { giveToServer, serverAccount, startPostgres, waitFor } from '../../servers/index.ts';
import { createDirectoryArchive } from '../../src/archive/directory/index.ts';
import { isolatedCopy } from '../support/archive-copy.ts';
import { age, cut, heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';

const signal = AbortSignal.timeout(600_000);

describe.each([
  { compress: 'none', suffix: '' },
  { compress: 'gzip', suffix: '.gz' },
  { compress: 'lz4', suffix: '.lz4' },
])('a directory that pg_receivewal writes, compressed by $compress', ({ compress, suffix }) => {
  it('has whole segments, and the beginning of the one that is being written', async () => {
    await using server = await startPostgres({ major: 15, initdbArgs: ['--wal-segsize=1'] });
    const folder = join(server.cluster.directory, 'received');
    await mkdir(folder);
    await giveToServer(server.cluster, folder);
    const args = ['-D', folder, '-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres', '--no-loop'];
    const account = await serverAccount();
    const options = { ...account, cwd: '/', stdio: 'ignore' as const };
    const receiver = spawn('pg_receivewal', [...args, '-n', '--compress', compress], options);
    const ended = once(receiver, 'exit');
    try {
      const whole = async (): Promise<readonly string[]> =>
        (await readdir(folder)).filter((name) => !name.endsWith('.partial')).toSorted();
      await server.waitForSql('EXISTS (SELECT FROM pg_stat_replication)', 90_000);
      for (let count = 1; count <= 4; count += 1) {
        await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x'); SELECT pg_switch_wal()`);
        await waitFor('a whole segment', async () => (await whole()).length >= count, 90_000);
      }
      await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
      await waitFor('a beginning', async () => (await readdir(folder)).length > (await whole()).length, 90_000);
      const names = await whole();
      await using copy = await isolatedCopy(folder);
      await cut(join(copy.path, names[1] ?? ''), 600);
      await age(join(copy.path, names[1] ?? ''));

      const contents = await createDirectoryArchive({ path: folder }).read(NOTHING_KNOWN, signal);
      const damaged = await createDirectoryArchive({ path: copy.path }).read(NOTHING_KNOWN, signal);

      expect(names.every((name) => name.endsWith(suffix))).toBe(true);
      expect(contents).toMatchObject({
        badFiles: [],
        foreignFiles: 0,
        unverified: 0,
      });
      expect(heldNames({ ...contents, segmentBytes: 1_048_576 })).toEqual(names.map((name) => name.slice(0, 24)));
      expect(contents.partials).toHaveLength(1);
      expect(damaged.badFiles.map(({ name, reason }) => [name, reason])).toEqual([[names[1], 'wrong_size']]);
    } finally {
      receiver.kill('SIGTERM');
      await ended;
    }
  });
});
