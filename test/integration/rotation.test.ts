import { chmod, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

describe('what a login needs and files hold', () => {
  let server: PostgresServer;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    server = await startPostgres();
    await createMonitorRole(server, 'walguard', 'first');
  });
  afterAll(() => server[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await temporaryFolder();
    await setPassword('first');
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  async function setPassword(password: string): Promise<void> {
    await server.sql(`ALTER ROLE walguard PASSWORD '${password}'`);
  }

  async function endSessions(): Promise<void> {
    const ours = `application_name = 'walguard'`;
    await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ours}`);
    await server.waitForSql(`NOT EXISTS (SELECT FROM pg_stat_activity WHERE ${ours})`);
  }

  /** pg_up, or why there was no answer. */
  async function upOf(walguard: Walguard): Promise<unknown> {
    const { families } = await scrape(`${walguard.url}/metrics`);
    return valueOf(families, 'pg_up') === 1 ? 1 : failuresOf(families, 'facts');
  }

  function warningsOf(walguard: Walguard): readonly unknown[] {
    return walguard.logLines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
  }

  const uri = (): string => `127.0.0.1:${server.port}/postgres`;
  const whole = (password: string): string => `postgresql://walguard:${password}@${uri()}`;

  it.each([
    [
      'DATA_SOURCE_PASS_FILE',
      (path: string) => ({ DATA_SOURCE_URI: uri(), DATA_SOURCE_USER: 'walguard', DATA_SOURCE_PASS_FILE: path }),
      (password: string) => `${password}\n`,
    ],
    ['DATA_SOURCE_NAME_FILE', (path: string) => ({ DATA_SOURCE_NAME_FILE: path }), whole],
    [
      'PGPASSFILE',
      (path: string) => ({ DATA_SOURCE_NAME: `postgresql://walguard@${uri()}`, PGPASSFILE: path }),
      (password: string) => `127.0.0.1:${server.port}:postgres:walguard:${password}\n`,
    ],
    [
      'PGSERVICEFILE',
      (path: string) => ({ PGSERVICE: 'main', PGSERVICEFILE: path }),
      (password: string) =>
        `[main]\nhost=127.0.0.1\nport=${server.port}\ndbname=postgres\nuser=walguard\npassword=${password}\n`,
    ],
  ])('is read from %s at each login', async (_, give, write) => {
    const path = await folder.write('secret', write('first'));
    await chmod(path, 0o600);
    await using walguard = await startWalguard({ env: give(path) });
    expect(await upOf(walguard)).toBe(1);

    await setPassword('second');
    await folder.write('secret', write('second'));
    await endSessions();

    expect(await upOf(walguard)).toBe(1);
    expect(warningsOf(walguard)).toEqual([]);
  });

  it('is read from a file that the configuration file names at each login', async () => {
    const path = await folder.write('secret', 'first');
    const config = await folder.write(
      'walguard.yaml',
      `data_source: {uri: "${uri()}", user: walguard, pass_file: ${path}}`,
    );
    await using walguard = await startWalguard({ args: [`--config.file=${config}`] });
    expect(await upOf(walguard)).toBe(1);

    await setPassword('second');
    await folder.write('secret', 'second');
    await endSessions();

    expect(await upOf(walguard)).toBe(1);
  });

  it('stays as it was while a file is away or empty, which is told once', async () => {
    const path = await folder.write('name', whole('first'));
    await using walguard = await startWalguard({ env: { DATA_SOURCE_NAME_FILE: path } });

    await rm(path);
    for (let times = 0; times < 2; times += 1) {
      expect(await upOf(walguard)).toBe(1);
      await endSessions();
    }
    await folder.write('name', '');
    expect(await upOf(walguard)).toBe(1);
    expect(warningsOf(walguard)).toEqual(['connection settings stay as they were']);

    await folder.write('name', whole('first'));
    await endSessions();
    expect(await upOf(walguard)).toBe(1);
    expect(walguard.logLines.map(({ msg }) => msg)).toContain('connection settings can be read again');
    expect(walguard.stderr).not.toContain('first');
  });

  it('leads to the same server until a restart, whatever the file says later', async () => {
    const path = await folder.write('name', whole('first'));
    await using walguard = await startWalguard({ env: { DATA_SOURCE_NAME_FILE: path } });
    expect(await upOf(walguard)).toBe(1);

    await folder.write('name', 'postgresql://walguard:first@127.0.0.1:1/other');
    await endSessions();

    expect(await upOf(walguard)).toBe(1);
    expect(warningsOf(walguard)).toEqual(['another server or database is named now']);
  });

  it('is offered once a scrape when it is wrong, by default too, where TLS is only preferred', async () => {
    const refused = async (): Promise<number> =>
      (await server.log()).split('password authentication failed').length - 1;
    await using walguard = await startWalguard({ dataSourceName: whole('wrong') });
    const before = await refused();

    for (let times = 0; times < 3; times += 1) await upOf(walguard);

    expect((await refused()) - before).toBe(3);
  });

  it('is told with the password file it is from when it is wrong', async () => {
    const path = await folder.write('pass', '*:*:*:*:wrong\n');
    await chmod(path, 0o600);
    await using walguard = await startWalguard({
      dataSourceName: `postgresql://walguard@${uri()}?passfile=${encodeURIComponent(path)}`,
    });

    expect(await upOf(walguard)).toEqual({ authentication: 1 });
    expect(walguard.stderr).toContain(`the password is that of ${path}`);
  });

  it('is ignored in a password file that others may read, which is told once', async () => {
    const path = await folder.write('pass', '*:*:*:*:first\n');
    await chmod(path, 0o644);
    await using walguard = await startWalguard({
      env: { DATA_SOURCE_NAME: `postgresql://walguard@${uri()}`, PGPASSFILE: path },
    });

    for (let times = 0; times < 2; times += 1)
      expect(await upOf(walguard)).toMatchObject({ authentication: times + 1 });

    expect(warningsOf(walguard)).toEqual(['a file for connecting is left aside', 'collector failed']);
    expect(walguard.stderr).not.toContain('first');
  });
});
