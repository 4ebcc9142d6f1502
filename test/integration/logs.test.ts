import { copyFile, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { scrape } from '../support/http.ts';
import {
  divideByZero,
  fileOf,
  type LogLab,
  rotateByRename,
  settledErrors,
  settledValue,
  startLogLab,
  watchFromNow,
} from '../support/log-lab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KINDS = [
  [13, 'stderr'],
  [13, 'csvlog'],
  [18, 'stderr'],
  [18, 'csvlog'],
  [18, 'jsonlog'],
] as const;

describe.each(KINDS)('the log of PostgreSQL %i, as %s', (major, format) => {
  let lab: LogLab & AsyncDisposable;

  beforeAll(async () => {
    lab = await startLogLab(major, format);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('is found by asking the server, and counted from now on', async () => {
    await divideByZero(lab, 3);
    await using walguard = await watchFromNow(lab, ['--logs.path=auto']);
    await divideByZero(lab, 5);
    expect(await settledErrors(walguard, 5)).toBe(5);
    expect(await settledValue(walguard, 'walguard_log_behind_bytes', {}, 0)).toBe(0);
  });

  it('is counted once, however it is rotated', async () => {
    await using walguard = await watchFromNow(lab, [`--logs.path=${fileOf(lab, format)}`]);
    await divideByZero(lab, 10);
    await rotateByRename(lab, format, `old-${format}.1`);
    await divideByZero(lab, 20);
    expect(await settledErrors(walguard, 30)).toBe(30);
    // As `copytruncate` of logrotate: copied, and cut to nothing while the server has it open.
    await copyFile(fileOf(lab, format), join(lab.folder, `copy-${format}.1`));
    await truncate(fileOf(lab, format));
    await divideByZero(lab, 40);
    expect(await settledErrors(walguard, 70)).toBe(70);
    await divideByZero(lab, 5);
    expect(await settledErrors(walguard, 75)).toBe(75);
  });

  it('is gone on with after walguard was killed, also in a file that was renamed meanwhile', async () => {
    await using state = await temporaryFolder();
    const args = [`--logs.path=${fileOf(lab, format)}`, `--logs.state-directory=${state.path}`];
    {
      await using walguard = await watchFromNow(lab, args);
      await divideByZero(lab, 10);
      expect(await settledErrors(walguard, 10)).toBe(10);
      await waitFor('the state to be kept', async () =>
        (await readdir(state.path)).some((name) => name.endsWith('.json')),
      );
      await divideByZero(lab, 7);
      walguard.signal('SIGKILL');
    }
    await divideByZero(lab, 20);
    await rotateByRename(lab, format, `killed-${format}.1`);
    await divideByZero(lab, 3);
    await using walguard = await watchFromNow(lab, args);
    expect(await settledErrors(walguard, 40)).toBe(40);
    await divideByZero(lab, 2);
    expect(await settledErrors(walguard, 42)).toBe(42);
  });

  it('tells what happened, and of the databases that exist', async () => {
    await using walguard = await watchFromNow(lab, ['--logs.path=auto']);
    await expect
      .poll(async () => (await scrape(`${walguard.url}/metrics`)).text)
      .toContain('pg_log_deadlocks_total{datname="shop"} 0');
    await makeMischief(lab);
    expect(await settledValue(walguard, 'pg_log_deadlocks_total', { datname: 'shop' }, 1)).toBe(1);
    const failures = 'pg_log_authentication_failures_total';
    expect(await settledValue(walguard, failures, { datname: '', method: 'password' }, 1)).toBe(1);
    expect(await settledValue(walguard, failures, { datname: 'postgres', method: 'password' }, 1)).toBe(1);
    const { families, text } = await scrape(`${walguard.url}/metrics`);
    const value = (name: string, labels: string): number =>
      Number(new RegExp(`^${name}${labels} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(families.size).toBeGreaterThan(50);
    expect(value('pg_log_temp_files_total', '\\{datname="shop"\\}')).toBeGreaterThan(0);
    expect(value('pg_log_temp_file_bytes_total', '\\{datname="shop"\\}')).toBeGreaterThan(1_000_000);
    expect(value('pg_log_lock_waits_total', '\\{datname="shop"\\}')).toBeGreaterThan(0);
    expect(value('pg_log_checkpoints_total', '\\{cause="requested"\\}')).toBe(1);
    expect(value('pg_log_checkpoint_duration_seconds_count', '')).toBe(1);
    expect(value('pg_log_statement_duration_seconds_count', '\\{datname="shop"\\}')).toBe(1);
    expect(text).not.toMatch(/planted|nowhere_to_be/);
    expect(walguard.stderr + walguard.stdout).not.toMatch(/planted|nowhere_to_be/);
  });
});

/** One of each: deadlock, wait for a lock, temporary file, checkpoint, slow statement, and two logins that fail. */
async function makeMischief({ server }: LogLab): Promise<void> {
  const url = server.url({ database: 'shop' });
  const [one, other] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  await Promise.all([one.connect(), other.connect()]);
  try {
    await one.query('CREATE TABLE IF NOT EXISTS two (id int); TRUNCATE two; INSERT INTO two VALUES (1), (2)');
    await one.query('BEGIN; UPDATE two SET id = id WHERE id = 1');
    await other.query('BEGIN; UPDATE two SET id = id WHERE id = 2');
    await Promise.allSettled([
      one.query('UPDATE two SET id = id WHERE id = 2'),
      other.query(`UPDATE two SET id = id WHERE id = 1 AND 'planted' <> ''`),
    ]);
    await one.query('ROLLBACK');
    await other.query('ROLLBACK');
    await one.query('BEGIN; LOCK TABLE two');
    const waiting = other.query('BEGIN; LOCK TABLE two; COMMIT').catch(() => undefined);
    await server.waitForSql(`EXISTS (SELECT FROM pg_locks WHERE NOT granted)`);
    // Past deadlock_timeout, from which on a wait is told of.
    await one.query('SELECT pg_sleep(0.3); COMMIT');
    await waiting;
    await one.query(
      `SET work_mem = '64kB'; SELECT count(*) FROM (SELECT n FROM generate_series(1, 200000) n ORDER BY -n OFFSET 1) s`,
    );
    await one.query(`SET log_min_duration_statement = '50ms'; SELECT pg_sleep(0.1), 'planted'`);
    await one.query('RESET ALL');
    await one.query('CHECKPOINT');
  } finally {
    await Promise.all([one.end(), other.end()]);
  }
  for (const database of ['nowhere_to_be_found', 'postgres']) {
    const wrong = new URL(server.url({ database, user: 'planted_user' }));
    wrong.password = 'planted';
    const client = new Client({ connectionString: wrong.href });
    await client.connect().catch(() => undefined);
  }
}
