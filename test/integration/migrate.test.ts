import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { MigrationReport } from '../../src/app/migrate/report.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { type Finished, runWalguard } from '../support/walguard.ts';

const PACK = `mine:
  query: SELECT 1 AS one
  metrics:
    - one: {usage: GAUGE, description: One}
`;

describe('walguard migrate', () => {
  let folder: TemporaryFolder;
  let pack: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    pack = await folder.write('a b.yaml', PACK);
  });
  afterAll(() => folder?.[Symbol.asyncDispose]());

  async function migrate(...args: readonly string[]): Promise<Finished> {
    return await runWalguard(['migrate', ...args]);
  }

  async function reportOf(...args: readonly string[]): Promise<MigrationReport> {
    const { stdout, stderr } = await migrate('--json', ...args);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as MigrationReport;
  }

  it('takes command line and variables from the file of a package, and prints no secret', async () => {
    const envFile = await folder.write(
      'default',
      `# comment
export DATA_SOURCE_NAME='postgresql://a:planted@h/db'
PG_EXPORTER_DISABLE_SETTINGS_METRICS=true
ARGS="--log.level=debug --extend.query-path='${pack}' --web.telemetry-path=/m"
`,
    );
    const { code, stdout, stderr } = await migrate('--from=postgres_exporter', `--environment-file=${envFile}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`walguard \\
  --log.level=debug \\
  '--extend.query-path=${pack}' \\
  --web.telemetry-path=/m \\
  --no-collector.settings \\
  --log.format=logfmt
`);
    expect(stdout).toContain('Nothing is lost.');
    expect(stdout).not.toContain('planted');
  });

  it('tells what needs attention, and errors of query files at their places', async () => {
    const broken = await folder.write('broken.yaml', PACK.replace('GAUGE', 'GUAGE'));
    const { code, stdout } = await migrate(
      '--from=postgres_exporter',
      '--',
      `--extend.query-path=${broken}`,
      '--constantLabels=a=b',
    );
    expect(code).toBe(1);
    expect(stdout).toContain(`${broken}:4:13: error: CONFIG_BAD_VALUE`);
    expect(stdout).toMatch(/^--constantLabels +ATTENTION/m);
  });

  it('knows every metric of the rules and dashboards that come with walguard', async () => {
    const filesOf = async (path: string, ending: string): Promise<readonly string[]> =>
      (await readdir(join(projectDirectory, path)))
        .filter((name) => name.endsWith(ending))
        .map((name) => join(projectDirectory, path, name));
    const rules = (await filesOf('prometheus/rules', '.yml')).map((path) => `--rules=${path}`);
    const boards = (await filesOf('grafana/dashboards', '.json')).map((path) => `--dashboards=${path}`);
    const { metrics = [] } = await reportOf('--from=postgres_exporter', ...rules, ...boards);
    expect(metrics.length).toBeGreaterThan(100);
    expect(metrics.filter(({ collector }) => collector === undefined)).toEqual([]);
    const off = new Set(metrics.filter(({ isOn }) => !isOn).map(({ collector }) => collector));
    expect(off).toEqual(new Set(['logs', 'stat_statements']));
  });

  it('tells settings that are switched off from names that no exporter here gives', async () => {
    const rules = await folder.write(
      'settings.yml',
      `groups:
  - name: g
    rules: [{alert: Mine, expr: 'pg_settings_max_connections > 1 and pg_exporter_user_queries_load_error > 0'}]
`,
    );
    const of = async (...words: readonly string[]): Promise<unknown> => {
      const { metrics = [] } = await reportOf('--from=postgres_exporter', `--rules=${rules}`, '--', ...words);
      return metrics.map(({ collector, isOn }) => ({ collector, isOn }));
    };
    const missing = { collector: undefined, isOn: false };
    expect(await of()).toEqual([{ collector: 'settings', isOn: true }, missing]);
    expect(await of('--disable-settings-metrics')).toEqual([{ collector: 'settings', isOn: false }, missing]);
  });

  it('names metrics that walguard lacks, but none of a pack that goes along or that rules record', async () => {
    const rules = await folder.write(
      'rules.yml',
      `groups:
  - name: g
    rules:
      - {record: pg_mine_rate, expr: 'rate(pgbackrest_backup_info[5m])'}
      - {alert: Mine, expr: 'mine_one > 0 and pg_mine_rate > 0 and pg_up == 0 or pg_nowhere > node_load1'}
`,
    );
    const { metrics = [] } = await reportOf(
      '--from=postgres_exporter',
      `--rules=${rules}`,
      '--',
      `--extend.query-path=${pack}`,
    );
    expect(metrics.map(({ name, collector }) => [name, collector])).toEqual([
      ['pgbackrest_backup_info', undefined],
      ['pg_up', 'walguard itself'],
      ['pg_nowhere', undefined],
    ]);
  });

  it.each([
    [['--from=postgres_exporter', '--', '--no-such-flag=planted'], 'USAGE_UNKNOWN_OPTION'],
    [['--from=postgres_exporter', '--environment-file=/nowhere/default'], 'CONFIG_FILE_UNREADABLE'],
    [['--from=pg_exporter', '--', '--config=/nowhere.yml'], 'CONFIG_FILE_UNREADABLE'],
    [['--from=pg_exporter', '--rules=/nowhere.yml'], 'CONFIG_FILE_UNREADABLE'],
    [['--from=pgbadger'], 'postgres_exporter, pg_exporter'],
    [[], '--from'],
  ])('refuses %j', async (args, said) => {
    const { code, stdout, stderr } = await migrate(...args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(said);
    expect(stdout + stderr).not.toContain('planted');
  });
});
