import { describe, expect, it } from 'vitest';

import { boardFile, BOARDS } from '../../grafana/boards.ts';
import { shippedCollectors } from '../../src/app/collectors.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { PASSWORD_COMMAND_KEYS } from '../../src/config/password-command.ts';
import { DATA_SOURCE_KEYS, fileKey } from '../../src/config/schema.ts';
import { variableOf } from '../../src/config/settings.ts';
import type { Collector } from '../../src/core/collector.ts';
import type { Family } from '../../src/core/family.ts';
import { FINDINGS } from '../../src/recoverability/finding-list.ts';
import { TALLY_FAMILIES } from '../../src/scrape/tally.ts';
import { TARGET_FAMILIES } from '../../src/scrape/target.ts';
import { createInstruments } from '../../src/self/instruments.ts';
import { alertTables, prometheusRule } from '../support/alert-pages.ts';
import { readRecord, RECORDED_MAJORS } from '../support/archiver-record.ts';
import type { Measured } from '../support/archiver-run.ts';
import { ARCHIVER_SCENARIOS } from '../support/archiver-scenarios.ts';
import { readProjectFile } from './project.ts';
import { collectorsPage } from '../support/collectors-page.ts';
import { coveragePage } from '../support/coverage-page.ts';
import { packSchema } from '../support/pack-schema.ts';
import { statusSchema } from '../support/status-schema.ts';
import { type Tool, VERDICT_TABLE, type VerdictRow } from '../support/verdict-table.ts';

const GENERATED = 'This page is generated; `npm run gen` writes it anew.';

describe('generated documentation', () => {
  it('docs/metrics.md lists every family of every collector', async () => {
    const own = await createInstruments({ version: '0', revision: '0' }).read();
    const ownFamilies = [...TALLY_FAMILIES, ...own.map(({ family }) => family)].filter(({ name }) =>
      name.startsWith('walguard_'),
    );

    const page = metricsPage(shippedCollectors(), [...TARGET_FAMILIES, ...ownFamilies]);

    await expect(page).toMatchFileSnapshot('../../docs/metrics.md');
  });

  it('docs/collectors.md lists every collector with what it needs', async () => {
    await expect(collectorsPage(GENERATED)).toMatchFileSnapshot('../../docs/collectors.md');
  });

  it('docs/coverage.md lists every column of every view of statistics with its collectors or its reason', async () => {
    await expect(coveragePage(GENERATED)).toMatchFileSnapshot('../../docs/coverage.md');
  });

  it('docs/configuration.md lists every option with its variable, key and default', async () => {
    await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md');
  });

  it('packs/schema.json is the format of packs for editors', async () => {
    await expect(`${JSON.stringify(packSchema(), undefined, 2)}\n`).toMatchFileSnapshot('../../packs/schema.json');
  });

  it('docs/status.schema.json is the format of /api/v1/status', async () => {
    const text = `${JSON.stringify(statusSchema(), undefined, 2)}\n`;

    await expect(text).toMatchFileSnapshot('../../docs/status.schema.json');
  });

  it('docs/recoverability.md has every finding, and what is said of each situation that is tested', async () => {
    const rows = Object.entries(FINDINGS).map(
      ([name, { severity, meaning, cure }]) => `| \`${name}\` | ${severity} | ${meaning} | ${cure} |`,
    );
    const table = ['| finding | severity | what it means | what to do |', '|---|---|---|---|', ...rows];

    const withFindings = filled(readProjectFile('docs/recoverability.md'), 'findings', table);
    const page = filled(withFindings, 'verdicts', verdictTable());

    await expect(page).toMatchFileSnapshot('../../docs/recoverability.md');
  });

  it('docs/alerts.md has every alert with what it means', async () => {
    await expect(filled(readProjectFile('docs/alerts.md'), 'alerts', alertTables())).toMatchFileSnapshot(
      '../../docs/alerts.md',
    );
  });

  it('prometheus/walguard.prometheusrule.yaml has the rules of prometheus/rules', async () => {
    await expect(prometheusRule()).toMatchFileSnapshot('../../prometheus/walguard.prometheusrule.yaml');
  });

  it('docs/archiver.md has the states that were measured', async () => {
    const page = filled(readProjectFile('docs/archiver.md'), 'measured', measuredTable());

    await expect(page).toMatchFileSnapshot('../../docs/archiver.md');
  });
});

describe('generated dashboards', () => {
  it.each(BOARDS.map((board) => [board.uid, board] as const))('%s is what its code says', async (_uid, board) => {
    const { name, text } = boardFile(board);
    await expect(text).toMatchFileSnapshot(`../../grafana/dashboards/${name}`);
  });

  it('grafana/panel-ids.tsv has the ids that links may rely on: none changes, and none is used again', async () => {
    const lines = BOARDS.flatMap(({ uid, rows }) =>
      rows.flatMap(({ panels }) => panels.map(({ id, title }) => `${uid}\t${id}\t${title}`)),
    );
    const text = ['dashboard\tid\ttitle', ...lines, ''].join('\n');

    await expect(text).toMatchFileSnapshot('../../grafana/panel-ids.tsv');
  });
});

/** The text of a page with what is generated of it between two comments of this name. */
function filled(text: string, name: string, lines: readonly string[]): string {
  const [before = '', after = ''] = text.split(new RegExp(`(?<=<!-- ${name} -->\\n)[^]*(?=<!-- /${name} -->)`));
  return `${before}\n${lines.join('\n')}\n\n${after}`;
}

function verdictTable(): readonly string[] {
  const rows = Object.values<VerdictRow>(VERDICT_TABLE).map(
    ({ situation, tools, verdict, spans, gaps, backups, findings }) => {
      const found = findings.map((name) => `\`${name}\``).join(', ');
      const by = tools.map((tool) => TOOLS[tool]).join(', ');
      return `| ${[situation, by, `\`${verdict}\``, spans.join('; '), gaps.join(', '), backups, found].join(' | ')} |`;
    },
  );
  const head = '| what is so | tools | verdict | any moment from | missing WAL | backups | findings |';
  return [head, '|---|---|---|---|---|---|---|', ...rows];
}

const TOOLS: Readonly<Record<Tool, string>> = { files: '`cp`, pg_basebackup', pgbackrest: 'pgBackRest' };

function measuredTable(): readonly string[] {
  const records = RECORDED_MAJORS.map((major) => ({ major, record: readRecord(major) }));
  const rows = ARCHIVER_SCENARIOS.map(({ title, since = 13 }) => {
    const cells = records.map(({ major, record }) => (major < since ? '' : measuredCell(record[title])));
    return `| ${[title, ...cells].join(' | ')} |`;
  });
  return [`| what is done | ${RECORDED_MAJORS.join(' | ')} |`, `|---${'|---'.repeat(records.length)}|`, ...rows];
}

/** Throws for a scenario that was never measured: the table would say less than it seems to. */
function measuredCell(measured: Measured | undefined): string {
  if (measured === undefined) throw new Error('A scenario was not measured: npm run gen:archiver, and :docker for 19.');
  return measured.map(({ state, seconds }) => (seconds === undefined ? state : `${state} ${seconds} s`)).join(', ');
}

function metricsPage(collectors: readonly Collector[], others: readonly Family[]): string {
  const sections = collectors
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, help, enabledByDefault, families }) =>
      [
        `## ${name}`,
        '',
        `${help}${enabledByDefault ? '' : ' Off by default.'}`,
        '',
        ...familyTable(name, families),
        '',
      ].join('\n'),
    );
  return `# Metrics

${GENERATED}

A family is absent where it does not apply or is not known; 0 is a measured zero. Types are those of the text format's
TYPE lines, but for \`info\`, which is a gauge there; in OpenMetrics a counter whose name lacks \`_total\` is
\`unknown\`. A heading is a collector: \`--no-collector.NAME\` switches it off, \`--collector.NAME\` on one that is off by default.
Those that begin with \`pgbouncer_\` are for the console of PgBouncer, and for no server: [pgbouncer.md](pgbouncer.md).

${sections.join('\n')}
## walguard's own

pg_up and what walguard says of itself; these have no switch. The process adds \`process_*\` and \`nodejs_*\`.

${familyTable('', others).join('\n')}
`;
}

function familyTable(collector: string, families: readonly Family[]): readonly string[] {
  if (collector === 'settings')
    return [
      'One gauge `pg_settings_<name>[_bytes|_seconds]` for each setting that is a number or a switch, without labels.',
    ];
  const rows = families
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, type, labelNames, help }) =>
        `| ${name} | ${type} | ${labelNames.join(', ')} | ${help.replaceAll('|', '\\|')} |`,
    );
  return ['| family | type | labels | meaning |', '|---|---|---|---|', ...rows];
}

function configurationPage(): string {
  const rows = Object.values(OPTIONS).map(({ flag, help, fallbackText }) => {
    const [section, key] = fileKey(flag);
    return `| \`--${flag}\` | \`${variableOf(flag)}\` | \`${section}: {${key}: }\` | ${fallbackText === '' ? '' : `\`${fallbackText}\``} | ${help} |`;
  });
  const sources = [...DATA_SOURCE_KEYS, ...PASSWORD_COMMAND_KEYS].map(
    (key) => `| \`DATA_SOURCE_${key.toUpperCase()}\` | \`data_source: {${key}: }\` |`,
  );
  return `# Configuration

${GENERATED}

A flag wins over its environment variable, that over the configuration file, that over the default. The file is YAML
and named by \`--config.file\` or \`${variableOf('config.file')}\`; an unknown key in it is an error, and so is a variable
that is nearly one of these.

| flag | variable | key in the file | default | |
|---|---|---|---|---|
${rows.join('\n')}

A flag that may be given several times takes a list in the file, and in its variable a text with commas.

## Collectors

\`--collector.NAME\` switches a collector on, \`--no-collector.NAME\` off; the variable is
\`WALGUARD_COLLECTOR_NAME=true\` or \`false\`, the key \`collector: {NAME: true}\`. [metrics.md](metrics.md) has the names.
A request chooses among those that are on: \`/metrics?collect[]=locks&collect[]=archiver\`, \`?exclude[]=settings\`.

## The server

| variable | key in the file |
|---|---|
${sources.join('\n')}

\`DATA_SOURCE_NAME\` is a connection string of libpq's, \`postgresql://user:password@host:port/database?sslmode=require\`
or \`host=db1 user=walguard password=secret\`. Without it \`DATA_SOURCE_URI\` is such a URL without
\`postgresql://\`, user and password, which \`DATA_SOURCE_USER\` and \`DATA_SOURCE_PASS\` give. A variable that ends in
\`_FILE\` names a file that holds the value, and wins over the plain one; \`DATA_SOURCE_PASS_COMMAND\` is a program that prints
the password, and wins over both. Without any of these, \`PGHOST\` or
\`PGHOSTADDR\` names the server, or \`PGSERVICE\` a section of libpq's service file. What the connection string leaves
open comes from there and from \`PGPORT\`, \`PGUSER\`, \`PGPASSWORD\`, \`PGSSLMODE\` and their companions. No server named
is an error. [connecting.md](connecting.md) has every parameter, TLS, several servers, and passwords that change.

## Targets

\`targets\` names many servers in place of one, each with a data source and, where it needs them, options, switches and
labels of its own; \`auth_modules\` holds credentials for servers that Prometheus names. They stand in the file only:
[targets.md](targets.md).

## Repositories

\`repositories\` says where WAL is archived and backups are kept, \`recoverability\` what is wanted of them. They stand in
the file only: [recoverability.md](recoverability.md) has every key.

## Time limits

A scrape ends after \`--scrape.timeout\`, or earlier if Prometheus says so: its limit less half a second, or less a fifth
where that is shorter. What was read by then is served. Each query has a limit of its own in its pack.
`;
}
