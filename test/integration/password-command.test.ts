import { chmod, readFile } from 'node:fs/promises';
import { escapeLiteral } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { everythingSaidBy, expectNoSecret, plantedSecret } from '../support/secret-hunt.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard, type Walguard } from '../support/walguard.ts';

let server: PostgresServer;
let folder: TemporaryFolder;

beforeAll(async () => {
  server = await startPostgres();
  await createMonitorRole(server, 'walguard', 'first');
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await temporaryFolder();
  await folder.write('password', 'first\n');
  await setPassword('first');
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Writes down that it was run, and with what; prints the password, unless it is told to do more. */
async function program(more = ''): Promise<string> {
  const script = `#!/bin/sh\ncd ${folder.path}\necho "run $*" >>runs\n${more}\ncat password\n`;
  const path = await folder.write('token', script);
  await chmod(path, 0o755);
  return path;
}

async function runs(): Promise<readonly string[]> {
  const text = await readFile(`${folder.path}/runs`, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

async function setPassword(password: string): Promise<void> {
  await server.sql(`ALTER ROLE walguard PASSWORD ${escapeLiteral(password)}`);
}

async function endSessions(): Promise<void> {
  const ours = `application_name = 'walguard'`;
  await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ours}`);
  await server.waitForSql(`NOT EXISTS (SELECT FROM pg_stat_activity WHERE ${ours})`, 60_000);
}

/** pg_up, or why there was no answer. */
async function upOf({ url }: Walguard): Promise<unknown> {
  const { families } = await scrape(`${url}/metrics`);
  return valueOf(families, 'pg_up') === 1 ? 1 : failuresOf(families, 'facts');
}

const uri = (): string => `127.0.0.1:${server.port}/postgres`;

async function startWith(command: string, more: Readonly<Record<string, string>> = {}): Promise<Walguard> {
  const env = { DATA_SOURCE_URI: uri(), DATA_SOURCE_USER: 'walguard', DATA_SOURCE_PASS_COMMAND: command, ...more };
  return await startWalguard({ env, args: ['--log.level=debug'] });
}

describe('a program that prints the password', () => {
  it('is run once for many logins, with its arguments as they are, and again in the scrape whose login is refused', async () => {
    await using walguard = await startWith(`${await program()} main "two words" '$HOME;'`);
    for (let times = 0; times < 3; times++) {
      expect(await upOf(walguard)).toBe(1);
      await endSessions();
    }
    expect(await runs()).toEqual(['run main two words $HOME;']);

    await setPassword('second');
    await folder.write('password', 'second\n');
    expect(await upOf(walguard)).toBe(1);
    expect(await runs()).toHaveLength(2);
    await endSessions();
    expect(await upOf(walguard)).toBe(1);
    expect(await runs()).toHaveLength(2);
  });

  it('is named in the configuration file as a list, and run for each login if nothing is to be kept', async () => {
    const config = await folder.write(
      'walguard.yaml',
      `data_source: {uri: "${uri()}", user: walguard, pass_command: [${await program()}, a b], pass_command_ttl: 0}`,
    );
    await using walguard = await startWalguard({ args: [`--config.file=${config}`, '--scrape.connections=1'] });
    expect(await upOf(walguard)).toBe(1);
    await endSessions();
    expect(await upOf(walguard)).toBe(1);
    expect(await runs()).toEqual(['run a b', 'run a b']);
  });

  it("has walguard's environment without what walguard connects with", async () => {
    const more = { PGPASSWORD: plantedSecret, DATA_SOURCE_PASS: plantedSecret, AWS_PROFILE: 'monitoring' };
    await using walguard = await startWith(await program('env >variables'), more);
    expect(await upOf(walguard)).toBe(1);
    const variables = await readFile(`${folder.path}/variables`, 'utf8');
    expect(variables).toContain('AWS_PROFILE=monitoring\n');
    expect(variables).not.toMatch(/DATA_SOURCE_|PGPASSWORD/);
  });

  it('is not run where the server asks for no password', async () => {
    const env = { DATA_SOURCE_NAME: server.url(), DATA_SOURCE_PASS_COMMAND: await program() };
    await using walguard = await startWalguard({ env });
    expect(await upOf(walguard)).toBe(1);
    expect(await runs()).toEqual([]);
  });

  it('that takes longer than the login may has the password ready for the next one', async () => {
    const command = await program('while [ ! -e go ]; do sleep 0.05; done');
    await using walguard = await startWith(command, { DATA_SOURCE_URI: `${uri()}?connect_timeout=1` });
    expect(await upOf(walguard)).toEqual({ unreachable: 1 });
    await folder.write('go', '');
    await waitFor('the password', async () => (await upOf(walguard)) === 1, 60_000);
  });

  it.each([
    ['is not there', '/nowhere/token', 'the password command token is not there, or may not be executed'],
    ['fails', 'exit 3', 'the password command token ended with exit code 3'],
    ['is killed', 'kill -9 $$', 'the password command token could not be run to its end'],
    ['prints nothing', 'exit 0', 'the password command token printed nothing'],
    ['prints a page', 'cat password', 'the password command token printed more than a line'],
    ['prints without end', 'cat /dev/zero', 'the password command token printed more than 65536 bytes'],
  ])('and %s is told so, without a word of what it wrote', async (_what, script, reason) => {
    await folder.write('password', `${plantedSecret}\n`);
    const command = script.startsWith('/') ? script : await program(`cat password >&2; ${script}`);
    await using walguard = await startWith(`${command} ${JSON.stringify(plantedSecret.replaceAll('"', ''))}`);
    expect(await upOf(walguard)).toEqual({ authentication: 1 });
    expect(walguard.stderr).toContain(reason);
    expectNoSecret(await everythingSaidBy(walguard));
  });

  it('gives nothing away of the password when it is right, and when it is refused', async () => {
    await setPassword(plantedSecret);
    await folder.write('password', `${plantedSecret}\n`);
    await using walguard = await startWith(await program());
    expect(await upOf(walguard)).toBe(1);
    await setPassword('other');
    await endSessions();
    expect(await upOf(walguard)).toEqual({ authentication: 1 });
    expectNoSecret(await everythingSaidBy(walguard));
  });

  it.each([
    ['DATA_SOURCE_PASS_COMMAND', { DATA_SOURCE_PASS_COMMAND: "token 'pl4nted" }],
    ['DATA_SOURCE_PASS_COMMAND_TTL', { DATA_SOURCE_PASS_COMMAND: 'token', DATA_SOURCE_PASS_COMMAND_TTL: 'pl4nted' }],
  ])('is refused at the start when %s cannot be understood', async (variable, env) => {
    const { code, stderr } = await runWalguard([], { env: { DATA_SOURCE_URI: uri(), ...env } });
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^USAGE_BAD_VALUE: ${variable} is not usable\n {2}hint: Give `));
    expect(stderr).not.toContain('pl4nted');
  });

  it('is refused at its place in the file when it is none', async () => {
    const config = await folder.write(
      'walguard.yaml',
      'data_source:\n  uri: db\n  pass_command: [token, {pl4nted: 1}]\n',
    );
    const { code, stderr } = await runWalguard([`--config.file=${config}`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /walguard\.yaml:3:\d+: CONFIG_BAD_VALUE: data_source\.pass_command\S* is not usable\n {2}hint: Give /,
    );
    expect(stderr).not.toContain('pl4nted');
  });

  it('serves the check of a pack against the server too', async () => {
    const env = { DATA_SOURCE_URI: uri(), DATA_SOURCE_USER: 'walguard', DATA_SOURCE_PASS_COMMAND: await program() };
    const { code, stderr } = await runWalguard(['explain', '--target='], { env });
    expect([code, stderr]).toEqual([0, '']);
    expect(await runs()).toHaveLength(1);
  });
});
