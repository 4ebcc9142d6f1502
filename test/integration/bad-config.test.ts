import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { freePort, waitFor } from '../../servers/index.ts';
import { fetchText } from '../support/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard, type Walguard } from '../support/walguard.ts';

/** Nothing listens there: what is wrong must be said before anything is connected to. */
const nowhere = 'postgresql://walguard:walguard@127.0.0.1:1/postgres';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** What a walguard that must not start wrote to stderr, with the temporary folder's name taken out of it. */
async function refusalOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await runWalguard(args, { dataSourceName: nowhere, env });
  expect(stdout).toBe('');
  expect(code).toBe(2);
  return stderr.replaceAll(`${folder.path}/`, '');
}

describe('a wrong connection string', () => {
  it('is no reason to guess: without a server named walguard exits with 2 and says how to name one', async () => {
    const { code, stderr } = await runWalguard([]);

    expect(code).toBe(2);
    expect(stderr).toMatch(/^TARGET_MISSING: no PostgreSQL server is named\n {2}hint: Set DATA_SOURCE_NAME=/);
  });

  it.each([
    ['a percent sign that escapes nothing', 'postgresql://walguard:planted%zz@127.0.0.1/postgres', '%25'],
    ['a slash in the password', 'postgresql://walguard:17/planted@127.0.0.1/postgres', '%2F'],
    ['a question mark in the password', 'postgresql://walguard:17?planted@127.0.0.1/postgres', '%3F'],
    ['a question mark before what looks like a parameter', 'postgresql://walguard:17?planted=x@127.0.0.1/postgres', ''],
    ['a password with a space and no quotes', 'host=127.0.0.1 password=my planted', "password='a b'"],
    ['a password that looks like two parameters', 'host=127.0.0.1 password=my planted=x', "password='a b'"],
    ['a quote that is not closed', "host=127.0.0.1 password='planted", "password='a b'"],
    [
      'a misspelt parameter',
      'postgresql://walguard:planted@127.0.0.1/postgres?sslmod=require',
      'Did you mean "sslmode"?',
    ],
    [
      'a misspelt sslmode',
      'postgresql://walguard:planted@127.0.0.1/postgres?sslmode=requird',
      'Did you mean "require"?',
    ],
    ['a port that is none', 'postgresql://walguard:planted@127.0.0.1:99999/postgres', '5432'],
    ['several servers', 'postgresql://u:planted@one/a,postgresql://u:planted@two/b', 'docs/targets.md'],
    ['another scheme', 'mysql://walguard:planted@127.0.0.1/postgres', 'postgresql://user:password@host:5432/database'],
  ])('with %s exits with 2, says the cure, and repeats nothing of it', async (_what, dataSourceName, cure) => {
    const { code, stdout, stderr } = await runWalguard(['--log.level=debug'], { dataSourceName });

    expect(code).toBe(2);
    expect(stderr).toMatch(/^TARGET_BAD_DSN: /);
    expect(stderr).toContain(cure);
    expect(stdout + stderr).not.toContain('planted');
  });
});

describe('wrong files', () => {
  it('are reported whole: every mistake of two packs and the connection string at once, by file, line and column', async () => {
    const one = await folder.write(
      'one.yaml',
      [
        'pg_one:',
        '  querry: SELECT 1 AS a',
        '  metrics:',
        '    - a: {usage: GUAGE}',
        '    - b: {usage: LABEL, descripton: b}',
      ].join('\n'),
    );
    const two = await folder.write('two.yaml', 'pg_two:\n  query: "SELECT 1\n  metrics: [\n');

    const { code, stderr } = await runWalguard([`--extend.query-path=${one}`, `--extend.query-path=${two}`], {
      dataSourceName: 'host=127.0.0.1 prot=5432',
    });

    const lines = stderr.replaceAll(`${folder.path}/`, '').split('\n');
    expect(code).toBe(2);
    expect(lines).toEqual(
      expect.arrayContaining([
        'TARGET_BAD_DSN: the connection string cannot be understood: the parameter "prot" is not known',
        '  hint: Did you mean "port"?',
        'one.yaml:2:3: CONFIG_UNKNOWN_KEY: the key "querry" is not known in pg_one',
        '  hint: Did you mean "query"?',
        'one.yaml:4:11: CONFIG_BAD_VALUE: pg_one.metrics.0.a.usage is "GUAGE"',
        expect.stringMatching(/^ {2}hint: Use LABEL, COUNTER, .*\(did you mean "GAUGE"\?\)\.$/),
        'one.yaml:5:25: CONFIG_UNKNOWN_KEY: the key "descripton" is not known in pg_one.metrics.1.b',
        '  hint: Did you mean "description"?',
        expect.stringMatching(/^two\.yaml:\d+:\d+: CONFIG_YAML_SYNTAX: /),
      ]),
    );
  });

  it('that declare a collector or a family of another pack, or a family of walguard itself, are refused with the way out', async () => {
    const block = (key: string, rest: string, column: string): string =>
      `${key}: {${rest}query: SELECT 1 AS ${column}, metrics: [${column}: {usage: GAUGE}]}\n`;
    const one = await folder.write('one.yaml', block('pg_mine', '', 'a'));
    const mine = await folder.write(
      'mine.yaml',
      block('pg_mine', '', 'b') + block('pg_other', 'prefix: pg_mine, ', 'a') + block('pg_up', 'prefix: pg, ', 'up'),
    );

    const said = await refusalOf([`--extend.query-path=${one}`, `--extend.query-path=${mine}`]);

    expect(said).toMatch(
      /^mine\.yaml:1:1: PACK_DUPLICATE_COLLECTOR: there is a collector mine in \S*one\.yaml:1 too$/m,
    );
    expect(said).toContain('--no-collector.mine');
    expect(said).toMatch(/^mine\.yaml:2:1: PACK_DUPLICATE_FAMILY: the family pg_mine_a is already declared by mine$/m);
    expect(said).toMatch(
      /^mine\.yaml:3:1: PACK_DUPLICATE_FAMILY: the family pg_up is already declared by walguard itself$/m,
    );
  });

  it('among them the configuration file: all its unknown keys and bad values at once, each with its place', async () => {
    const file = await folder.write(
      'walguard.yaml',
      [
        'web:',
        '  listen_adress: ":9187"',
        'scrap:',
        '  timeout: 10s',
        'collector:',
        '  locks: perhaps',
        'log: loud',
      ].join('\n'),
    );

    const said = await refusalOf([`--config.file=${file}`]);

    expect(said.split('\n')).toEqual(
      expect.arrayContaining([
        'walguard.yaml:2:3: CONFIG_UNKNOWN_KEY: the key "listen_adress" is not known in web',
        '  hint: Did you mean "listen_address"?',
        'walguard.yaml:3:1: CONFIG_UNKNOWN_KEY: the key "scrap" is not known',
        '  hint: Did you mean "scrape"?',
        'walguard.yaml:6:3: CONFIG_BAD_VALUE: collector.locks is "perhaps"',
        'walguard.yaml:7:1: CONFIG_BAD_VALUE: log is "loud"',
      ]),
    );
  });

  it('that are not there are named, with the option that named them', async () => {
    const missing = `${folder.path}/missing.yaml`;

    expect(await refusalOf([`--config.file=${missing}`])).toMatch(
      /^missing\.yaml: CONFIG_FILE_UNREADABLE: .*no such file\n.*--config\.file/,
    );
    expect(await refusalOf([`--extend.query-path=${missing}`])).toMatch(
      /CONFIG_FILE_UNREADABLE: .*\n.*--extend\.query-path/,
    );
  });
});

describe('a wrong command line', () => {
  it('with a misspelt flag exits with 2 and names the nearest, not the value that was given', async () => {
    expect(await refusalOf(['--log.levl=verbose'])).toBe(
      `error: unknown option '--log.levl'\n(Did you mean --log.level?)\n`,
    );
    expect(await refusalOf(['--scrape.timeuot', '5s'])).toContain('(Did you mean --scrape.timeout?)');
  });

  it('with a misspelt collector exits with 2 and names the nearest, whether by flag or by environment', async () => {
    const said = await refusalOf(['--no-collector.stat_activty'], { WALGUARD_COLLECTOR_STAT_BGWRITR: 'false' });

    expect(said).toContain(
      '--no-collector.stat_activty: there is no collector stat_activty\n  hint: Did you mean stat_activity?',
    );
    expect(said).toContain(
      'WALGUARD_COLLECTOR_STAT_BGWRITR: there is no collector stat_bgwritr\n  hint: Did you mean stat_bgwriter?',
    );
  });

  it('with unusable values in flags, environment and file exits with 2 and says all of them', async () => {
    const file = await folder.write('walguard.yaml', 'web:\n  telemetry_path: metrics\n');

    const said = await refusalOf([`--config.file=${file}`, '--scrape.timeout=10'], { WALGUARD_LOG_LEVEL: 'loud' });

    expect(said).toContain('USAGE_BAD_VALUE: --scrape.timeout is "10"\n  hint: Give a duration such as 10s');
    expect(said).toContain(
      'USAGE_BAD_VALUE: WALGUARD_LOG_LEVEL is "loud"\n  hint: Give one of debug, info, warn, error.',
    );
    expect(said).toContain('walguard.yaml:2:3: CONFIG_BAD_VALUE: web.telemetry_path is "metrics"');
  });

  it('with a port in use exits with 1 and says which', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      const { code, stderr } = await runWalguard([`--web.listen-address=127.0.0.1:${port}`], {
        dataSourceName: nowhere,
      });

      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^LISTEN_FAILED: 127\\.0\\.0\\.1:${port} cannot be listened on`, 'm'));
      expect(stderr).toContain('Another process uses the port');
    } finally {
      other.close();
    }
  });
});

describe('a setting given several times', () => {
  /** What the level lets through of a warning, an info and a debug message that every start and failed scrape makes. */
  async function levelsLogged(walguard: Walguard): Promise<readonly string[]> {
    await fetchText(`${walguard.url}/metrics`);
    await fetchText(`${walguard.url}/metrics`);
    await walguard.stop();
    return [...new Set(walguard.logLines.map(({ level }) => String(level)))].toSorted();
  }

  it('is taken from the flag before the environment before the file before the default, as for the level of the log', async () => {
    const file = await folder.write('walguard.yaml', 'log: {level: debug}\n');
    const inFile = `--config.file=${file}`;
    const inEnvironment = { WALGUARD_LOG_LEVEL: 'error' };
    const given = [
      { args: [inFile, '--log.level=warn'], env: inEnvironment },
      { args: [inFile], env: inEnvironment },
      { args: [inFile] },
      {},
    ];

    const levels = given.map(async ({ args = [], ...options }) => {
      const port = await freePort();
      const listen = `--web.listen-address=127.0.0.1:${port}`;
      await using walguard = await startWalguard({
        dataSourceName: nowhere,
        port,
        args: [listen, ...args],
        ...options,
      });
      return await levelsLogged(walguard);
    });

    expect(await Promise.all(levels)).toEqual([['warn'], [], ['debug', 'info', 'warn'], ['info', 'warn']]);
  });

  it('is taken whole from one place, as the addresses to listen on', async () => {
    const [inFlag, inEnvironment, inFile] = [await freePort(), await freePort(), await freePort()];
    const file = await folder.write('walguard.yaml', `web: {listen_address: "127.0.0.1:${inFile}"}\n`);
    const args = [`--config.file=${file}`];
    const env = { WALGUARD_WEB_LISTEN_ADDRESS: `127.0.0.1:${inEnvironment}` };

    await using byFile = await startWalguard({ dataSourceName: nowhere, port: inFile, args });
    await using byEnvironment = await startWalguard({ dataSourceName: nowhere, port: inEnvironment, args, env });
    await using byFlag = await startWalguard({
      dataSourceName: nowhere,
      port: inFlag,
      args: [...args, `--web.listen-address=127.0.0.1:${inFlag}`],
      env,
    });

    const walguards = [byFile, byEnvironment, byFlag];
    await waitFor('the log of three starts', () => walguards.every(({ logLines }) => logLines.length > 0));
    expect(walguards.map(({ logLines }) => logLines[0]?.['addresses'])).toEqual(
      [inFile, inEnvironment, inFlag].map((port) => [`127.0.0.1:${port}`]),
    );
  });
});
