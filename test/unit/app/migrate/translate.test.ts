import { describe, expect, it } from 'vitest';

import { commandOf, translate } from '../../../../src/app/migrate/translate.ts';

const LOGFMT = '--log.format=logfmt';

function command(from: 'postgres_exporter' | 'pg_exporter', words: readonly string[], env = {}): readonly string[] {
  return commandOf(translate({ from, words, env }));
}

describe('what becomes of the command line of postgres_exporter', () => {
  it.each([
    [[], [LOGFMT]],
    [['/usr/bin/postgres_exporter', '--log.format=json'], ['--log.format=json']],
    [
      ['--extend.query-path', 'a.yaml'],
      ['--extend.query-path=a.yaml', LOGFMT],
    ],
    [['--no-collector.wal'], ['--no-collector.wal', LOGFMT]],
    [['--collector.postmaster'], ['--collector.server', LOGFMT]],
    [
      ['--auto-discover-databases', '--exclude-databases=a, b'],
      ['--databases.include=*', '--databases.exclude=a', '--databases.exclude=b', LOGFMT],
    ],
    [
      ['--auto-discover-databases', '--include-databases=a,b'],
      ['--databases.include=a', '--databases.include=b', LOGFMT],
    ],
    [['--disable-settings-metrics'], ['--no-collector.settings', LOGFMT]],
    [['--collection-timeout=30s'], ['--scrape.timeout=30s', LOGFMT]],
  ])('%j', (words, wanted) => {
    expect(command('postgres_exporter', words)).toEqual(wanted);
  });

  it('a flag wins over its variable', () => {
    const env = { PG_EXPORTER_EXTEND_QUERY_PATH: 'of-variable.yaml', PG_EXPORTER_METRIC_PREFIX: 'pg' };
    expect(command('postgres_exporter', [], env)).toContain('--extend.query-path=of-variable.yaml');
    expect(command('postgres_exporter', ['--extend.query-path=of-flag.yaml'], env)).not.toContain(
      '--extend.query-path=of-variable.yaml',
    );
  });

  it.each([
    ['--constantLabels=a=b'],
    ['--metric-prefix=postgres'],
    ['--config.file=a.yml'],
    ['--collector.stat_statements.limit=5'],
  ])('%s is for a person', (word) => {
    const [migrated] = translate({ from: 'postgres_exporter', words: [word], env: {} });
    expect(migrated).toMatchObject({ fate: 'attention', becomes: [] });
    expect(migrated?.why).not.toBe('');
  });

  it('several servers are for a person, one is not', () => {
    const fateOf = (dsn: string): string | undefined =>
      translate({ from: 'postgres_exporter', words: [], env: { DATA_SOURCE_NAME: dsn } }).find(
        ({ said }) => said === 'DATA_SOURCE_NAME',
      )?.fate;
    expect(fateOf('postgresql://a@one/db,postgresql://a@two/db')).toBe('attention');
    expect(fateOf('postgresql://a@one,two/db')).toBe('same');
  });
});

describe('what becomes of the command line of pg_exporter', () => {
  const DEFAULTS = [
    '--web.listen-address=:9630',
    '--databases.include=*',
    '--databases.exclude=template0',
    '--databases.exclude=template1',
    '--databases.exclude=postgres',
    LOGFMT,
  ];

  it.each([
    [[], DEFAULTS],
    [
      ['-c', 'dir', '-t', 'x,y'],
      ['--extend.query-path=dir', '--extend.tag=x', '--extend.tag=y', ...DEFAULTS],
    ],
    [
      ['-cdir', '--no-auto-discovery', '-x', ''],
      ['--extend.query-path=dir', '--web.listen-address=:9630', LOGFMT],
    ],
    [
      ['-P', '/m', '-i', 'a,b'],
      [
        '--web.telemetry-path=/m',
        '--databases.include=a',
        '--databases.include=b',
        ...DEFAULTS.filter((each) => !each.includes('*')),
      ],
    ],
  ])('%j', (words, wanted) => {
    expect(command('pg_exporter', words)).toEqual(wanted);
  });

  it('has no password in it', () => {
    const migrated = translate({
      from: 'pg_exporter',
      words: ['--url=postgres://a:planted@h/db'],
      env: { PG_EXPORTER_URL_FILE: '/planted' },
    });
    expect(JSON.stringify(migrated)).not.toContain('planted');
  });
});

describe('a command line that is not that of the exporter', () => {
  it.each([
    [['--colector.wal'], 'USAGE_UNKNOWN_OPTION', '--collector.wal'],
    [['--web.telemetry-path'], 'USAGE_BAD_VALUE', 'command line'],
    [['--log.level', 'info', 'postgres://a:planted@h/db'], 'USAGE_UNKNOWN_OPTION', 'command line'],
  ])('%j is refused', (words, code, hint) => {
    let thrown: unknown;
    try {
      translate({ from: 'postgres_exporter', words, env: {} });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code });
    expect((thrown as { hint: string }).hint).toContain(hint);
    expect(String(thrown)).not.toContain('planted');
  });
});
