import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';

import { serverAccount } from '../../servers/index.ts';
import { scrape, valueOf } from '../support/http.ts';
import { divideByZero, type LogLab, settledErrors, settledValue, startLogLab, watchLog } from '../support/log-lab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard } from '../support/walguard.ts';

const WARNINGS = { error_severity: 'WARNING', sqlstate_class: '01' };
const SESSIONS = 4;
const WARNINGS_OF_SESSION = 50_000;
const ALL = SESSIONS * WARNINGS_OF_SESSION;

/** Some 40 MB of log within seconds, by several sessions at once. */
async function burst({ server }: LogLab): Promise<void> {
  const clients = Array.from(
    { length: SESSIONS },
    () => new Client({ connectionString: server.url({ database: 'shop' }) }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const raise = `SET client_min_messages = error;
    DO $$ BEGIN FOR n IN 1..${WARNINGS_OF_SESSION} LOOP RAISE WARNING '% %', n, repeat('x', 80); END LOOP; END $$`;
  try {
    await Promise.all(clients.map((client) => client.query(raise)));
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

describe('a burst of the log', () => {
  it('is counted to the last message over rotations to new names', async () => {
    await using lab = await startLogLab(18, 'jsonlog', {
      log_filename: 'server-%H%M%S.log',
      log_rotation_size: '2MB',
    });
    await using walguard = await watchLog(lab, ['--logs.path=auto']);
    expect(await settledValue(walguard, 'walguard_log_up', {}, 1)).toBe(1);
    await burst(lab);
    expect(await settledValue(walguard, 'pg_log_messages_total', WARNINGS, ALL)).toBe(ALL);
    expect((await readdir(lab.folder)).filter((name) => name.endsWith('.json')).length).toBeGreaterThan(2);
    expect(await settledValue(walguard, 'walguard_log_skipped_bytes_total', {}, 0)).toBe(0);
  });

  it('waits where more comes than may be read in a second, and is not lost', async () => {
    await using lab = await startLogLab(13, 'csvlog');
    await using walguard = await watchLog(lab, ['--logs.path=auto', '--logs.max-rate=4MiB']);
    expect(await settledValue(walguard, 'walguard_log_up', {}, 1)).toBe(1);
    await burst(lab);
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'walguard_log_behind_bytes', {})).toBeGreaterThan(4_194_304);
    expect(await settledValue(walguard, 'pg_log_messages_total', WARNINGS, ALL)).toBe(ALL);
    expect(await settledValue(walguard, 'walguard_log_behind_bytes', {}, 0)).toBe(0);
    expect(await settledValue(walguard, 'walguard_log_skipped_bytes_total', {}, 0)).toBe(0);
  });
});

describe('a folder for how far the log was read', () => {
  it('is of one walguard, and of the next one when that has ended', async () => {
    await using lab = await startLogLab(18, 'jsonlog');
    await using state = await temporaryFolder();
    const args = ['--logs.path=auto', `--logs.state-directory=${state.path}`];
    const first = await watchLog(lab, args);
    expect(await settledValue(first, 'walguard_log_up', {}, 1)).toBe(1);
    await using second = await watchLog(lab, args);
    await divideByZero(lab, 3);
    expect(await settledErrors(first, 3)).toBe(3);
    expect(await settledValue(second, 'walguard_log_up', {}, 0)).toBe(0);
    await expect.poll(() => second.stderr, { timeout: 10_000 }).toContain(`process ${first.pid} on`);
    await first.stop();
    expect(await settledValue(second, 'walguard_log_up', {}, 1)).toBe(1);
    expect(await settledErrors(second, 3)).toBe(3);
    second.signal('SIGKILL');
    await second.finished;
    await using third = await watchLog(lab, args);
    expect(await settledValue(third, 'walguard_log_up', {}, 1)).toBe(1);
  });
});

describe('a log that walguard may not read for a while', () => {
  it('is told of, and read on where it was left', async () => {
    await using lab = await startLogLab(18, 'stderr');
    const account = await serverAccount();
    // Another than the server's and root, who read whatever the rights; an ordinary user is neither.
    const launcher =
      account === undefined
        ? []
        : ['setpriv', `--reuid=${account.uid + 1}`, `--regid=${account.gid + 1}`, '--clear-groups'];
    await chmod(lab.server.dataDirectory, 0o711);
    await chmod(lab.folder, 0o755);
    await using walguard = await startWalguard({
      dataSourceName: lab.monitorUrl,
      args: [`--logs.path=${join(lab.folder, '*.log')}`],
      launcher,
    });
    expect(await settledValue(walguard, 'walguard_log_up', {}, 1)).toBe(1);
    await divideByZero(lab, 3);
    expect(await settledErrors(walguard, 3)).toBe(3);
    await chmod(lab.folder, 0o000);
    expect(await settledValue(walguard, 'walguard_log_up', {}, 0)).toBe(0);
    expect(walguard.stderr).toContain('EACCES');
    await divideByZero(lab, 4);
    await chmod(lab.folder, 0o755);
    expect(await settledErrors(walguard, 7)).toBe(7);
    expect(await settledValue(walguard, 'walguard_log_up', {}, 1)).toBe(1);
  });
});
