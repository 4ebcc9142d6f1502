import { describe, expect, it } from 'vitest';
import { OPTIONS } from '../../../src/config/options.ts';
import { readSettings, type Settings, type SettingSources, variableOf } from '../../../src/config/settings.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();

interface Sources {
  readonly flags?: SettingSources['flags'];
  readonly collectorFlags?: ReadonlyMap<string, boolean>;
  readonly env?: SettingSources['env'];
  readonly file?: string;
}

let written = 0;

function read({ flags = {}, collectorFlags = new Map(), env = {}, file }: Sources): Settings {
  const path = file === undefined ? undefined : files.write(`walguard-${++written}.yml`, file);
  return readSettings({ flags: path === undefined ? flags : { ...flags, 'config.file': [path] }, collectorFlags, env });
}

/** For every option the texts to give, and what they come to. */
const examples = {
  listenAddresses: {
    inFile: ['web', 'listen_address', ':1', [{ host: undefined, port: 1 }]],
    inEnvironment: ['a:2', [{ host: 'a', port: 2 }]],
    onCommandLine: ['[::1]:3', [{ host: '::1', port: 3 }]],
  },
  telemetryPath: {
    inFile: ['web', 'telemetry_path', '/f', '/f'],
    inEnvironment: ['/e', '/e'],
    onCommandLine: ['/c', '/c'],
  },
  enableLifecycle: {
    inFile: ['web', 'enable_lifecycle', 'true', true],
    inEnvironment: ['false', false],
    onCommandLine: ['true', true],
  },
  webConfigPath: { inFile: ['web', 'config_file', 'f', 'f'], inEnvironment: ['e', 'e'], onCommandLine: ['c', 'c'] },
  mostRequests: { inFile: ['web', 'max_requests', '1', 1], inEnvironment: ['2', 2], onCommandLine: ['3', 3] },
  queryPaths: {
    inFile: ['extend', 'query_path', 'f', ['f']],
    inEnvironment: ['e', ['e']],
    onCommandLine: ['c', ['c']],
  },
  logLevel: {
    inFile: ['log', 'level', 'warn', 'warn'],
    inEnvironment: ['error', 'error'],
    onCommandLine: ['debug', 'debug'],
  },
  logFormat: {
    inFile: ['log', 'format', 'logfmt', 'logfmt'],
    inEnvironment: ['json', 'json'],
    onCommandLine: ['logfmt', 'logfmt'],
  },
  scrapeTimeoutMs: {
    inFile: ['scrape', 'timeout', '1s', 1_000],
    inEnvironment: ['2s', 2_000],
    onCommandLine: ['3s', 3_000],
  },
  tags: {
    inFile: ['extend', 'tag', 'a', ['a']],
    inEnvironment: ['b, c', ['b', 'c']],
    onCommandLine: ['d', ['d']],
  },
  includedDatabases: {
    inFile: ['databases', 'include', 'a*', ['a*']],
    inEnvironment: ['b, c', ['b', 'c']],
    onCommandLine: ['*', ['*']],
  },
  excludedDatabases: {
    inFile: ['databases', 'exclude', 'a', ['a']],
    inEnvironment: ['b,c?', ['b', 'c?']],
    onCommandLine: ['d', ['d']],
  },
  databaseConnections: {
    inFile: ['databases', 'connections', '1', 1],
    inEnvironment: ['2', 2],
    onCommandLine: ['30', 30],
  },
  maxSeries: { inFile: ['scrape', 'max_series', '10', 10], inEnvironment: ['20', 20], onCommandLine: ['30', 30] },
  maxSeriesPerCollector: {
    inFile: ['scrape', 'max_series_per_collector', '1', 1],
    inEnvironment: ['2', 2],
    onCommandLine: ['3', 3],
  },
  connections: { inFile: ['scrape', 'connections', '1', 1], inEnvironment: ['2', 2], onCommandLine: ['1', 1] },
  stalledAfterMs: {
    inFile: ['archiver', 'stalled_after', '1s', 1_000],
    inEnvironment: ['2s', 2_000],
    onCommandLine: ['3s', 3_000],
  },
  walCapacityBytes: {
    inFile: ['wal', 'capacity', '1KiB', 1_024],
    inEnvironment: ['2KiB', 2_048],
    onCommandLine: ['3KiB', 3_072],
  },
  logPaths: {
    inFile: ['logs', 'path', '/var/log/a.log', ['/var/log/a.log']],
    inEnvironment: ['/a/*.csv,auto', ['/a/*.csv', 'auto']],
    onCommandLine: ['auto', ['auto']],
  },
  logStateDirectory: {
    inFile: ['logs', 'state_directory', '/a', '/a'],
    inEnvironment: ['/b', '/b'],
    onCommandLine: ['/c', '/c'],
  },
  logMaxRate: {
    inFile: ['logs', 'max_rate', '1MiB', 1_048_576],
    inEnvironment: ['2MiB', 2_097_152],
    onCommandLine: ['3KiB', 3_072],
  },
  logLinePrefix: {
    inFile: ['logs', 'line_prefix', '%m ', '%m '],
    inEnvironment: ['%t [%p] ', '%t [%p] '],
    onCommandLine: ['%p: ', '%p: '],
  },
} as const satisfies Readonly<
  Record<
    keyof typeof OPTIONS,
    {
      readonly inFile: readonly [section: string, key: string, text: string, value: unknown];
      readonly inEnvironment: readonly [text: string, value: unknown];
      readonly onCommandLine: readonly [text: string, value: unknown];
    }
  >
>;

const keys = Object.keys(OPTIONS) as readonly (keyof typeof OPTIONS)[];

describe('the setting', () => {
  it.each(keys)('%s is the default, else what the file says, else the environment, else the flag', (key) => {
    const { flag, fallback } = OPTIONS[key];
    const { inFile, inEnvironment, onCommandLine } = examples[key];
    const file = `${inFile[0]}: {${inFile[1]}: "${inFile[2]}"}\n`;
    const env = { [variableOf(flag)]: inEnvironment[0] };
    const flags = { [flag]: [onCommandLine[0]] };
    expect(read({})[key]).toEqual(fallback);
    expect(read({ file })[key]).toEqual(inFile[3]);
    expect(read({ file, env })[key]).toEqual(inEnvironment[1]);
    expect(read({ file, env, flags })[key]).toEqual(onCommandLine[1]);
    expect(read({ flags })[key]).toEqual(onCommandLine[1]);
  });

  it('is not touched by a variable that is empty', () => {
    const env = { WALGUARD_LOG_LEVEL: '', WALGUARD_CONFIG_FILE: '' };
    expect(read({ env, file: 'log: {level: warn}\n' }).logLevel).toBe('warn');
    expect(read({ env }).logLevel).toBe('info');
  });

  it('takes the last of several flags, or all where it may be given several times', () => {
    const flags = { 'log.level': ['warn', 'error'], 'extend.query-path': ['a.yaml', 'b.yaml'] };
    expect(read({ flags })).toMatchObject({ logLevel: 'error', queryPaths: ['a.yaml', 'b.yaml'] });
  });

  it('takes several values from a variable with commas and from a list of the file', () => {
    const env = { WALGUARD_WEB_LISTEN_ADDRESS: ':1, localhost:2' };
    const file = 'extend: {query_path: [a.yaml, b.yaml]}\n';
    expect(read({ env, file })).toMatchObject({
      listenAddresses: [
        { host: undefined, port: 1 },
        { host: 'localhost', port: 2 },
      ],
      queryPaths: ['a.yaml', 'b.yaml'],
    });
  });

  it('takes what YAML reads as a number', () => {
    expect(read({ file: 'scrape: {connections: 1}\nwal: {capacity: 1073741824}\n' })).toMatchObject({
      connections: 1,
      walCapacityBytes: 1_073_741_824,
    });
  });
});

describe('the configuration file', () => {
  it('may be named by a variable, and a flag wins over it', () => {
    const named = files.write('named.yml', 'log: {level: warn}\n');
    const other = files.write('other.yml', 'log: {level: error}\n');
    const env = { WALGUARD_CONFIG_FILE: named };
    expect(read({ env }).logLevel).toBe('warn');
    expect(read({ env, flags: { 'config.file': [other] } }).logLevel).toBe('error');
  });

  it('that cannot be read is told with the way to correct it', () => {
    const path = `${files.folder}/none.yml`;
    expect(problemsOf(() => read({ flags: { 'config.file': [path] } })).replaceAll(path, 'none.yml'))
      .toMatchInlineSnapshot(`
      "none.yml: CONFIG_FILE_UNREADABLE: none.yml cannot be read: there is no such file
        hint: Correct --config.file, or the rights of the file."
    `);
  });
});

describe('the variable of a flag', () => {
  it.each([
    ['web.listen-address', 'WALGUARD_WEB_LISTEN_ADDRESS'],
    ['log.level', 'WALGUARD_LOG_LEVEL'],
    ['archiver.stalled-after', 'WALGUARD_ARCHIVER_STALLED_AFTER'],
  ])('%s is %s', (flag, variable) => {
    expect(variableOf(flag)).toBe(variable);
  });
});

describe('the switches of the collectors', () => {
  it('are those of the file, else of the environment, else of the command line', () => {
    const file = 'collector: {a: true, b: true, c: true}\n';
    const env = { WALGUARD_COLLECTOR_B: 'false', WALGUARD_COLLECTOR_C: 'false' };
    const collectorFlags = new Map([['c', true]]);
    const { collectors } = read({ file, env, collectorFlags });
    expect([...collectors].map(([name, { on, said }]) => [name, on, said])).toEqual([
      ['a', true, 'collector.a'],
      ['b', false, 'WALGUARD_COLLECTOR_B'],
      ['c', true, '--collector.c'],
    ]);
  });

  it('keep the place in the file', () => {
    const { collectors } = read({ file: 'collector:\n  a: true\n  b: false\n' });
    expect(collectors.get('b')).toMatchObject({ on: false, where: { line: 3, column: 3 } });
  });

  it('say the flag that switched one off', () => {
    const { collectors } = read({ collectorFlags: new Map([['a', false]]) });
    expect(collectors.get('a')).toMatchObject({ on: false, said: '--no-collector.a', where: {} });
  });

  it.each([
    ['true', true],
    ['1', true],
    ['ON', true],
    ['Yes', true],
    ['false', false],
    ['0', false],
    ['off', false],
    ['No', false],
  ])('take %s in the environment', (value, on) => {
    expect(read({ env: { WALGUARD_COLLECTOR_STAT_IO: value } }).collectors.get('stat_io')?.on).toBe(on);
  });

  it('are not touched by variables that are empty or of something else', () => {
    const env = { WALGUARD_COLLECTOR_A: '', WALGUARD_COLLECTORS: 'x', COLLECTOR_B: 'true' };
    expect(read({ env }).collectors.size).toBe(0);
  });
});

describe('what is wrong with the settings', () => {
  it('is told for every flag and variable at once, with what is wanted', () => {
    const flags = {
      'web.listen-address': [':9187', 'nowhere'],
      'scrape.timeout': ['soon'],
      'scrape.connections': ['9'],
    };
    const env = {
      WALGUARD_LOG_LEVEL: 'loud',
      WALGUARD_LOG_FORMAT: 'xml',
      WALGUARD_WEB_TELEMETRY_PATH: 'metrics',
      WALGUARD_ARCHIVER_STALLED_AFTER: '2d',
      WALGUARD_WAL_CAPACITY: '50GB',
      WALGUARD_COLLECTOR_LOCKS: 'maybe',
      WALGUARD_COLLECTOR_WAL: 'perhaps',
    };
    expect(problemsOf(() => read({ flags, env }))).toMatchInlineSnapshot(`
      "USAGE_BAD_VALUE: --web.listen-address is "nowhere"
        hint: Give host:port or :port, an IPv6 address in brackets.
      USAGE_BAD_VALUE: WALGUARD_WEB_TELEMETRY_PATH is "metrics"
        hint: Give a path such as /metrics.
      USAGE_BAD_VALUE: WALGUARD_LOG_LEVEL is "loud"
        hint: Give one of debug, info, warn, error.
      USAGE_BAD_VALUE: WALGUARD_LOG_FORMAT is "xml"
        hint: Give one of json, logfmt.
      USAGE_BAD_VALUE: --scrape.timeout is "soon"
        hint: Give a duration such as 10s, 500ms or 1m30s.
      USAGE_BAD_VALUE: --scrape.connections is "9"
        hint: Give a number from 1 to 2.
      USAGE_BAD_VALUE: WALGUARD_ARCHIVER_STALLED_AFTER is "2d"
        hint: Give a duration of a day at most.
      USAGE_BAD_VALUE: WALGUARD_WAL_CAPACITY is "50GB"
        hint: Give a number of bytes, or of KiB, MiB, GiB or TiB such as 50GiB.
      USAGE_BAD_VALUE: WALGUARD_COLLECTOR_LOCKS is "maybe"
        hint: Give true or false.
      USAGE_BAD_VALUE: WALGUARD_COLLECTOR_WAL is "perhaps"
        hint: Give true or false."
    `);
  });

  it('is told of a variable that is nearly one of walguard', () => {
    const env = { WALGUARD_LOG_LEVL: 'debug', WALGUARD_CONFIGFILE: 'walguard.yml', WALGUARD_LOG_FORMAT: 'logfmt' };
    expect(problemsOf(() => read({ env }))).toMatchInlineSnapshot(`
      "USAGE_UNKNOWN_OPTION: the variable WALGUARD_LOG_LEVL is not known
        hint: Did you mean WALGUARD_LOG_LEVEL?
      USAGE_UNKNOWN_OPTION: the variable WALGUARD_CONFIGFILE is not known
        hint: Did you mean WALGUARD_CONFIG_FILE?"
    `);
  });

  it('is not told of the variables that Kubernetes sets for a service of the name walguard', () => {
    const env = {
      WALGUARD_SERVICE_HOST: '10.0.0.1',
      WALGUARD_SERVICE_PORT: '9187',
      WALGUARD_SERVICE_PORT_METRICS: '9187',
      WALGUARD_PORT: 'tcp://10.0.0.1:9187',
      WALGUARD_PORT_9187_TCP: 'tcp://10.0.0.1:9187',
      WALGUARD_PORT_9187_TCP_ADDR: '10.0.0.1',
      WALGUARD_PORT_9187_TCP_PORT: '9187',
      WALGUARD_PORT_9187_TCP_PROTO: 'tcp',
    };
    expect(read({ env }).collectors.size).toBe(0);
  });

  it('is told when it is only one thing', () => {
    expect(problemsOf(() => read({ env: { WALGUARD_LOG_LEVEL: 'loud' } }))).toContain('WALGUARD_LOG_LEVEL is "loud"');
    expect(problemsOf(() => read({ env: { WALGUARD_COLLECTOR_WAL: 'x' } }))).toContain('WALGUARD_COLLECTOR_WAL is "x"');
  });

  it('is told at its place in the file', () => {
    const file = `log:
  level: loud
web:
  listen_address: [":1", "nowhere", 5]
scrape:
  timeout: 10
`;
    const problems = problemsOf(() => read({ file }));
    expect(problems.replaceAll(/^\S+\/walguard-\d+\.yml/gm, 'walguard.yml')).toMatchInlineSnapshot(`
      "walguard.yml:4:3: CONFIG_BAD_VALUE: web.listen_address is "nowhere"
        hint: Give host:port or :port, an IPv6 address in brackets.
      walguard.yml:4:3: CONFIG_BAD_VALUE: web.listen_address is "5"
        hint: Give host:port or :port, an IPv6 address in brackets.
      walguard.yml:2:3: CONFIG_BAD_VALUE: log.level is "loud"
        hint: Give one of debug, info, warn, error.
      walguard.yml:6:3: CONFIG_BAD_VALUE: scrape.timeout is "10"
        hint: Give a duration such as 10s, 500ms or 1m30s."
    `);
  });

  it('is not told of a value that another one wins over', () => {
    expect(read({ file: 'log: {level: loud}\n', flags: { 'log.level': ['warn'] } }).logLevel).toBe('warn');
  });
});
