import { describe, expect, it } from 'vitest';
import { type Invocation, readCommandLine } from '../../../src/cli/program.ts';
import { OPTIONS } from '../../../src/config/options.ts';
import { variableOf } from '../../../src/config/settings.ts';

const facts = {
  version: '1.2.3',
  collectors: [
    { name: 'archiver', enabledByDefault: true },
    { name: 'locks', enabledByDefault: true },
    { name: 'stat_statements', enabledByDefault: false },
  ],
};

function read(...argv: readonly string[]): {
  readonly invocation: Invocation;
  readonly out: string;
  readonly err: string;
} {
  let out = '';
  let err = '';
  const invocation = readCommandLine(argv, facts, { out: (text) => (out += text), err: (text) => (err += text) });
  return { invocation, out, err };
}

describe('the command line', () => {
  it('serves unless it says something else', () => {
    expect(read().invocation).toEqual({ kind: 'serve', flags: {} });
    expect(read('serve').invocation).toEqual({ kind: 'serve', flags: {} });
  });

  it('gives the text of every flag by its name', () => {
    const argv = Object.values(OPTIONS).flatMap(({ flag }, index) => [`--${flag}`, `v${index}`]);
    const flags = Object.fromEntries(Object.values(OPTIONS).map(({ flag }, index) => [flag, [`v${index}`]]));
    const { invocation, err } = read(...argv, '--config.file', 'walguard.yml');
    expect(err).toBe('');
    expect(invocation).toEqual({ kind: 'serve', flags: { ...flags, 'config.file': ['walguard.yml'] } });
  });

  it.each([
    [['--log.level=warn'], 'log.level', ['warn']],
    [['serve', '--log.level', 'warn'], 'log.level', ['warn']],
    [['--log.level=warn', '--log.level=error'], 'log.level', ['error']],
    [['--web.listen-address=:1', '--web.listen-address', ':2'], 'web.listen-address', [':1', ':2']],
    [['--extend.query-path=a=b.yaml'], 'extend.query-path', ['a=b.yaml']],
    [['--web.telemetry-path='], 'web.telemetry-path', ['']],
    [['--web.listen-address=-1'], 'web.listen-address', ['-1']],
  ])('%j gives %s %j', (argv, flag, texts) => {
    expect(read(...argv).invocation).toEqual({ kind: 'serve', flags: { [flag]: texts } });
  });

  it('prints the version', () => {
    expect(read('--version')).toEqual({ invocation: { kind: 'done', exitCode: 0 }, out: '1.2.3\n', err: '' });
  });

  it.each([
    ['an unknown flag', ['--web.listen-adress', ':1'], '--web.listen-address'],
    ['an unknown flag with its value', ['--log.levle=warn'], '--log.level'],
    ['an unknown flag of the command', ['serve', '--scrape.timeot', '1s'], '--scrape.timeout'],
    ['a flag without its value', ['--log.level'], "'--log.level <level>' argument missing"],
    ['an unknown command', ['sevre'], "unknown command 'sevre'\n(Did you mean serve?)"],
    ['too many words', ['serve', 'now'], "unknown command 'now'"],
    ['a switch of a collector with a value', ['--collector.locks=true'], '--collector.locks'],
  ])('exits with 2 for %s', (_what, argv, told) => {
    const { invocation, out, err } = read(...argv);
    expect(invocation).toEqual({ kind: 'done', exitCode: 2 });
    expect(out).toBe('');
    expect(err).toContain(told);
  });
});

describe('walguard check', () => {
  const nothing = { kind: 'check', paths: [], target: undefined, json: false, strict: false, flags: {} };

  it.each([
    [[], {}],
    [['a.yaml', 'b'], { paths: ['a.yaml', 'b'] }],
    [['--json', '--strict', 'a.yaml'], { paths: ['a.yaml'], json: true, strict: true }],
    [['--target', 'a.yaml'], { paths: ['a.yaml'], target: { said: undefined } }],
    [['--target=', 'a.yaml'], { paths: ['a.yaml'], target: { said: undefined } }],
    [['--target=host=db user=x', 'a.yaml'], { paths: ['a.yaml'], target: { said: 'host=db user=x' } }],
    [
      ['--extend.tag=a', '--extend.tag', 'b', '--config.file=c'],
      { flags: { 'extend.tag': ['a', 'b'], 'config.file': ['c'] } },
    ],
  ])('reads %j', (argv, said) => {
    expect(read('check', ...argv)).toEqual({ invocation: { ...nothing, ...said }, out: '', err: '' });
  });

  it.each([
    ['an unknown option', ['check', '--strct'], '--strict'],
    ['an option of serve', ['check', '--web.listen-address=:1'], "unknown option '--web.listen-address'"],
    ['a misspelt command', ['chek'], 'Did you mean check?'],
  ])('is refused with 2 for %s', (_what, argv, told) => {
    const { invocation, err } = read(...argv);
    expect(invocation).toEqual({ kind: 'done', exitCode: 2 });
    expect(err).toContain(told);
  });

  it.each([
    [['check', '--targt=postgresql://u:hunter2@h/db']],
    [['check', '-target=postgresql://u:hunter2@h/db']],
    [['check', '--target', 'postgresql://u:hunter2@h/db']],
    [['check', 'host=h password=hunter2']],
    [['--target=postgresql://u:hunter2@h/db']],
  ])('repeats no connection string: %j', (argv) => {
    const { invocation, out, err } = read(...argv);
    expect(invocation).toEqual({ kind: 'done', exitCode: 2 });
    expect(out + err).not.toContain('hunter2');
  });

  it('has its own help', () => {
    const { invocation, out } = read('check', '--help');
    expect(invocation).toEqual({ kind: 'done', exitCode: 0 });
    expect(out).toMatchInlineSnapshot(`
      "Usage: walguard check [options] [path...]

      Check query packs, by themselves or against a server.

      Arguments:
        path                  Packs to check.

      Options:
        --target [dsn]        Have this server describe the queries, and say where in the YAML its errors are.
        --strict              Count warnings as errors in the exit code.
        --json                Write one JSON object instead of lines.
        --config.file <file>  Configuration file. (env: WALGUARD_CONFIG_FILE)
        --extend.tag <tag>    Tag that blocks of query packs may ask for (tags: [gold]) or refuse (not:gold); may be given
                              several times. (env: WALGUARD_EXTEND_TAG)
        -h, --help            Print this help and exit.

      PATH is a file, a directory or a pattern, as --extend.query-path takes it; without one the packs that come with walguard
      are checked. What a walguard would refuse to load is an error, what a person should know a warning: docs/check.md.

      --target has a server describe the queries, without running any: the one of DATA_SOURCE_NAME and its companions, a target
      of the configuration file by its name, or that of a connection string. A password need not stand on the command line:
      DATA_SOURCE_PASS, PGPASSWORD and a password file do.

      Exit codes: 0 no errors, 1 errors, 2 wrong usage or configuration.

      "
    `);
  });
});

describe('walguard explain', () => {
  it.each([
    [[], { target: { said: undefined } }],
    [['--target=host=db', '--json'], { target: { said: 'host=db' }, json: true }],
    [['--databases.include=*', '--extend.tag=a'], { flags: { 'databases.include': ['*'], 'extend.tag': ['a'] } }],
  ])('reads %j as what is to be explained', (argv, said) => {
    const nothing = { kind: 'explain', target: { said: undefined }, json: false, flags: {} };
    expect(read('explain', ...argv)).toEqual({ invocation: { ...nothing, ...said }, out: '', err: '' });
  });

  it.each([[['explain', 'pack.yaml']], [['explain', '--web.listen-address=:1']]])('refuses %j', (argv) => {
    expect(read(...argv).invocation).toEqual({ kind: 'done', exitCode: 2 });
  });

  it('has a help of its own, with the flags that decide what is scraped', () => {
    const { out } = read('explain', '--help');
    expect(out).toContain('--target [dsn]');
    expect(out).toContain('--databases.include <pattern>');
    expect(out).not.toContain('--web.');
  });
});

describe('walguard status', () => {
  const running = { kind: 'status', url: 'http://localhost:9187', format: 'text', timeout: '10s', flags: {} };

  it.each([
    [[], {}],
    [['--url=http://db2:9187', '--timeout=1s'], { url: 'http://db2:9187', timeout: '1s' }],
    [['--once', '--config.file=a.yml'], { url: undefined, flags: { 'config.file': ['a.yml'] } }],
    [['--json'], { format: 'json' }],
    [['--brief'], { format: 'brief' }],
  ])('reads %j as whom to ask', (argv, said) => {
    expect(read('status', ...argv)).toEqual({ invocation: { ...running, ...said }, out: '', err: '' });
  });

  it.each([[['--json', '--brief']], [['--once', '--url=http://db2:9187']], [['db2']], [['--web.listen-address=:1']]])(
    'refuses %j by what is no verdict',
    (argv) => {
      const { invocation, err } = read('status', ...argv);
      expect(invocation).toEqual({ kind: 'done', exitCode: 3 });
      expect(err).not.toBe('');
    },
  );
});

describe('a connection string in place of a command', () => {
  it.each([['postgresql://u:hunter2@h/db'], ['password=hunter2']])('is refused and not repeated', (dsn) => {
    const { invocation, out, err } = read(dsn);
    expect(invocation).toEqual({ kind: 'done', exitCode: 2 });
    expect(out + err).not.toContain('hunter2');
    expect(err).toContain('DATA_SOURCE_NAME');
  });
});

describe('the help', () => {
  it('names the collectors', () => {
    expect(read('--help').out).toContain('archiver, locks');
  });

  it('is printed on demand', () => {
    const { invocation, out, err } = read('--help');
    expect(invocation).toEqual({ kind: 'done', exitCode: 0 });
    expect(err).toBe('');
    expect(out).toMatchInlineSnapshot(`
      "Usage: walguard [options] [command]

      Prometheus exporter for PostgreSQL: statistics, replication, checkpoints, and the state of WAL archiving.

      Options:
        --version                  Print the version and exit.
        -h, --help                 Print this help and exit.

      Commands:
        serve [options]            Serve metrics over HTTP (the default).
        check [options] [path...]  Check query packs, by themselves or against a server.
        explain [options]          Say what a scrape would run, where and how often, and why the rest is skipped.
        status [options]           Say whether the server could be got back, to when, and how much would be lost.
        drill [options]            Restore a backup and measure it: whether all comes back, to when, and how long that takes.
        logs [options] <file...>   Read finished logs of PostgreSQL and say what they come to.
        migrate [options]          Say what becomes of the configuration of another exporter, and of what uses its metrics.

      Usage: walguard serve [options]

      Serve metrics over HTTP (the default).

      Options:
        --config.file <file>                       Configuration file. (env: WALGUARD_CONFIG_FILE)
        --web.listen-address <host:port>           Address to listen on; may be given several times. (env:
                                                   WALGUARD_WEB_LISTEN_ADDRESS) (default: :9187)
        --web.telemetry-path <path>                Path under which the metrics are served. (env: WALGUARD_WEB_TELEMETRY_PATH)
                                                   (default: /metrics)
        --web.config.file <path>                   File with TLS, users and headers of what walguard serves, as exporters of
                                                   Prometheus have it. (env: WALGUARD_WEB_CONFIG_FILE)
        --web.max-requests <count>                 Scrapes that are answered at once; further ones get 503. (env:
                                                   WALGUARD_WEB_MAX_REQUESTS) (default: 100)
        --web.enable-lifecycle [true|false]        Read the configuration anew when POST /-/reload is asked for, as at SIGHUP.
                                                   (env: WALGUARD_WEB_ENABLE_LIFECYCLE) (default: false)
        --extend.query-path <path>                 Query pack to load beside those that come with walguard: a file, a
                                                   directory or a pattern; may be given several times. (env:
                                                   WALGUARD_EXTEND_QUERY_PATH)
        --extend.tag <tag>                         Tag that blocks of query packs may ask for (tags: [gold]) or refuse
                                                   (not:gold); may be given several times. (env: WALGUARD_EXTEND_TAG)
        --log.level <level>                        Least severe messages to log: debug, info, warn, error. (env:
                                                   WALGUARD_LOG_LEVEL) (default: info)
        --log.format <format>                      Format of the log: json, logfmt. (env: WALGUARD_LOG_FORMAT) (default: json)
        --scrape.timeout <duration>                Longest a scrape may take; Prometheus' own limit shortens it. (env:
                                                   WALGUARD_SCRAPE_TIMEOUT) (default: 10s)
        --scrape.connections <count>               Connections to the server, kept open between scrapes. (env:
                                                   WALGUARD_SCRAPE_CONNECTIONS) (default: 2)
        --databases.include <pattern>              Databases, beside the connection string's own, in which the collectors of
                                                   single databases run: a name, or a pattern such as '*'; may be given
                                                   several times. (env: WALGUARD_DATABASES_INCLUDE)
        --databases.exclude <pattern>              Databases in which nothing runs, also if --databases.include or a query
                                                   names them; may be given several times. (env: WALGUARD_DATABASES_EXCLUDE)
        --databases.connections <count>            Connections at a time to those databases, opened for a scrape and closed
                                                   with it. (env: WALGUARD_DATABASES_CONNECTIONS) (default: 2)
        --scrape.max-series <count>                Series that the collectors of one page may give together; what is over is
                                                   left out and counted. (env: WALGUARD_SCRAPE_MAX_SERIES) (default: 1000000)
        --scrape.max-series-per-collector <count>  Series that one collector may give; what is over is left out and counted.
                                                   (env: WALGUARD_SCRAPE_MAX_SERIES_PER_COLLECTOR) (default: 500000)
        --archiver.stalled-after <duration>        How long nothing may be archived while a segment waits before archiving
                                                   counts as hung or stalled. (env: WALGUARD_ARCHIVER_STALLED_AFTER) (default:
                                                   2m)
        --wal.capacity <size>                      Bytes the WAL directory may take up, for its free space where walguard
                                                   cannot look itself; such as 50GiB. (env: WALGUARD_WAL_CAPACITY)
        --logs.path <path>                         Log of the server to count messages of: a file or a pattern, all of one
                                                   format; auto asks the server where it is, server reads through the server,
                                                   - is standard input. May be given several times. (env: WALGUARD_LOGS_PATH)
        --logs.state-directory <path>              Folder in which walguard keeps how far it has read the log and what it
                                                   counted, so that a restart loses and doubles nothing. (env:
                                                   WALGUARD_LOGS_STATE_DIRECTORY)
        --logs.max-rate <size>                     The most that is read of the log in a second; what comes faster waits, and
                                                   is skipped once it is 1 GiB behind. (env: WALGUARD_LOGS_MAX_RATE) (default:
                                                   32MiB)
        --logs.line-prefix <prefix>                The server's log_line_prefix, for the log format stderr; by default the
                                                   server is asked. (env: WALGUARD_LOGS_LINE_PREFIX)
        -h, --help                                 Print this help and exit.

      Collectors that --no-collector.NAME switches off (WALGUARD_COLLECTOR_NAME=false):
        archiver, locks
      and that --collector.NAME switches on (WALGUARD_COLLECTOR_NAME=true):
        stat_statements

      The server: DATA_SOURCE_NAME (postgresql://user:password@host:port/database or host=... user=...), or DATA_SOURCE_URI,
      DATA_SOURCE_USER and DATA_SOURCE_PASS, each also as ..._FILE, the last also as ..._COMMAND that prints it; else PGHOST,
      PGPORT, PGUSER, PGPASSWORD, PGDATABASE, or PGSERVICE: docs/connecting.md has the rest.

      A flag wins over its environment variable, that over the file, that over the default. In the file a dot nests and a
      dash is an underscore: --web.listen-address is "web: {listen_address: ...}". The file alone says where WAL is archived and
      backups are kept, and what is wanted of them: docs/recoverability.md.

      Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage or configuration.

      "
    `);
  });

  it('of the command lists every flag with its variable and its default', () => {
    expect(read('serve', '--help').out).toContain('Exit codes:');
    const lines = read('serve', '--help')
      .out.replaceAll(/\n {20,}/g, ' ')
      .split('\n');
    for (const { flag, placeholder, fallbackText } of Object.values(OPTIONS)) {
      const line = lines.find((each) => each.includes(`--${flag} ${placeholder} `)) ?? '';
      expect(line).toContain(`(env: ${variableOf(flag)})`);
      if (fallbackText !== '') expect(line).toContain(`(default: ${fallbackText})`);
    }
  });
});
