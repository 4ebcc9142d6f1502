import { describe, expect, it } from 'vitest';
import { buildCollectors, shippedCollectors } from '../../../src/app/collectors.ts';
import type { Collector } from '../../../src/core/collector.ts';
import { LABEL_NAME, METRIC_NAME } from '../../../src/core/family.ts';
import { createHistory } from '../../../src/core/history.ts';
import { encodeHeader } from '../../../src/exposition/encode.ts';
import { TALLY_FAMILIES } from '../../../src/scrape/tally.ts';
import { TARGET_FAMILIES } from '../../../src/scrape/target.ts';
import { factsOf } from '../support/facts.ts';
import { errorsOf, problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();

interface Changes {
  readonly packs?: readonly string[];
  /** Switches of the command line. */
  readonly switches?: Readonly<Record<string, boolean>>;
}

let written = 0;

function build({ packs = [], switches = {} }: Changes): readonly Collector[] {
  return buildCollectors(
    {
      queryPaths: packs.map((pack) => files.write(`pack-${++written}.yaml`, pack)),
      switches: new Map(
        Object.entries(switches).map(([name, on]) => [
          name,
          { on, said: `--${on ? '' : 'no-'}collector.${name}`, where: {} },
        ]),
      ),
      stalledAfterMs: 120_000,
      walCapacityBytes: undefined,
    },
    createHistory(),
  );
}

function namesOf(collectors: readonly Collector[]): readonly string[] {
  return collectors.map(({ name }) => name);
}

/** The problems, with the names of the temporary files as they were given. */
function problemsOfBuild(changes: Changes): string {
  return problemsOf(() => build(changes)).replaceAll(/\S+\/pack-\d+\.yaml/g, 'mine.yaml');
}

const allShipped = shippedCollectors();

describe('the collectors of walguard itself', () => {
  it('are those in code and those of the shipped pack', () => {
    const names = namesOf(build({}));
    expect(names).toEqual(
      expect.arrayContaining(['archiver', 'settings', 'wal_generated', 'wal_directory', 'stat_database', 'locks']),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('leave the names under which a scrape accounts for itself to nobody else', () => {
    const block = (key: string): string => `${key}: {query: SELECT 1 AS n, metrics: [n: {usage: GAUGE}]}`;
    const names = namesOf(build({ packs: [block('facts'), block('pg_databases')] }));
    expect(names.filter((name) => /^(pg_)?(facts|databases)$/.test(name))).toEqual(['pg_facts', 'pg_databases']);
  });

  it('are known although they are off by default', () => {
    expect(namesOf(build({}))).not.toContain('stat_statements');
    expect(namesOf(shippedCollectors())).toEqual(expect.arrayContaining(['stat_statements', ...namesOf(build({}))]));
  });

  it('have names that a flag, a variable and a label can hold', () => {
    expect(namesOf(allShipped).filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
  });

  it('declare families whose names and labels Prometheus takes', () => {
    const families = allShipped.flatMap((collector) => collector.families);
    expect(families.filter(({ name }) => !METRIC_NAME.test(name))).toEqual([]);
    expect(families.filter(({ labelNames }) => labelNames.some((label) => !LABEL_NAME.test(label)))).toEqual([]);
    expect(families.filter(({ help }) => help.trim() === '')).toEqual([]);
  });

  // In OpenMetrics pg_x_total and pg_x_info are samples of the family pg_x, which a gauge of that name would be too.
  it.each(['text', 'openmetrics'] as const)('declare no two families that are one in %s', (format) => {
    const families = [...TALLY_FAMILIES, ...TARGET_FAMILIES, ...allShipped.flatMap((collector) => collector.families)];
    const names = families.map((family) => /# TYPE (\S+)/.exec(encodeHeader(family, format))?.[1]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('are those of the optional packs too, once a flag asks for one', () => {
    expect(namesOf(build({}))).not.toContain('stat_statements');

    const names = namesOf(build({ switches: { stat_statements: true, database_wraparound: true } }));

    expect(names).toEqual(expect.arrayContaining(['stat_statements', 'database_wraparound', 'locks']));
    expect(names).not.toContain('stat_statements_info');
  });

  it('are all of an optional pack, but for what wants its flag, once its path is given', () => {
    const paths = ['packs/statements.yaml'];
    const settings = { queryPaths: paths, stalledAfterMs: 1, walCapacityBytes: undefined };
    const loaded = (on: readonly string[]) => {
      const switches = new Map(on.map((name) => [name, { on: true, said: name, where: {} }]));
      return namesOf(buildCollectors({ ...settings, switches }, createHistory()));
    };

    expect(loaded([])).toEqual(expect.arrayContaining(['stat_statements', 'stat_statements_info']));
    expect(loaded([])).not.toContain('stat_statements_text');
    expect(loaded(['stat_statements_text', 'table_bloat'])).toEqual(
      expect.arrayContaining(['stat_statements', 'stat_statements_text', 'table_bloat']),
    );
  });

  it('stand back where a pack of the user has a collector of the name', () => {
    const pack = 'pg_stat_statements: {query: SELECT 1 AS n, metrics: [{n: {usage: GAUGE}}]}\n';

    const collectors = build({ packs: [pack], switches: { stat_statements: true, table_bloat: true } });

    const families = collectors.find(({ name }) => name === 'stat_statements')?.families.map(({ name }) => name);
    expect(families).toEqual(['pg_stat_statements_n']);
    expect(namesOf(collectors)).toContain('table_bloat');
  });
});

describe('a switch', () => {
  it('turns a collector off', () => {
    expect(namesOf(build({ switches: { archiver: false } }))).not.toContain('archiver');
  });

  it('turns a collector of a pack on that is off', () => {
    const packs = ['mine: {enabled: false, query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n'];
    expect(namesOf(build({ packs }))).not.toContain('mine');
    expect(namesOf(build({ packs, switches: { mine: true } }))).toContain('mine');
  });

  it('is told when there is no such collector, whichever way it was given', () => {
    const settings = { queryPaths: [], stalledAfterMs: 1, walCapacityBytes: undefined };
    const switches = new Map([
      ['archive', { on: true, said: '--collector.archive', where: {} }],
      ['setings', { on: false, said: 'collector.setings', where: { file: 'walguard.yml', line: 3, column: 5 } }],
    ]);
    expect(problemsOf(() => buildCollectors({ ...settings, switches }, createHistory()))).toMatchInlineSnapshot(`
      "USAGE_UNKNOWN_OPTION: --collector.archive: there is no collector archive
        hint: Did you mean archiver?
      walguard.yml:3:5: USAGE_UNKNOWN_OPTION: collector.setings: there is no collector setings
        hint: Did you mean settings?"
    `);
  });

  it('is told with all the collectors when none has nearly that name', () => {
    const [error] = errorsOf(() => build({ switches: { completely_different: true } }));
    expect(error?.hint).toMatch(/^The collectors are .*archiver, .*wal_generated.*\.$/);
  });
});

describe('a pack of the user', () => {
  const fine = 'mine: {query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n';

  it('adds its collectors', () => {
    expect(namesOf(build({ packs: [fine, fine.replace('mine', 'other')] })).slice(-2)).toEqual(['mine', 'other']);
  });

  it('may see the schema public, which no query of walguard itself does', () => {
    const seeing = build({ packs: [fine] }).filter((collector) => {
      const step = collector.choose(factsOf({}));
      return typeof step === 'object' && step.kind === 'query' && step.seesPublic;
    });
    expect(namesOf(seeing)).toEqual(['mine']);
  });

  it('cannot have the name of a collector of another pack', () => {
    expect(problemsOfBuild({ packs: [fine, fine.replace('n:', 'm:')] })).toMatchInlineSnapshot(`
      "mine.yaml:1:1: PACK_DUPLICATE_COLLECTOR: there is a collector mine in mine.yaml:1 too
        hint: Give this one another name; --no-collector.mine then switches off the other, should they declare the same families."
    `);
  });

  it('keeps the pg_ of its name where walguard has a collector of that name', () => {
    const packs = ['pg_archiver: {query: SELECT 1, metrics: [n: {usage: GAUGE}]}\n'];
    expect(namesOf(build({ packs }))).toEqual(expect.arrayContaining(['archiver', 'pg_archiver']));
    expect(namesOf(build({ packs, switches: { archiver: false } }))).not.toContain('archiver');
    expect(namesOf(build({ packs, switches: { pg_archiver: false } }))).not.toContain('pg_archiver');
  });

  it('takes a family from a collector of walguard, which keeps its others', () => {
    const packs = ['mine: {query: SELECT 1, prefix: pg_stat_archiver, metrics: [failed_count: {usage: GAUGE}]}\n'];
    const familiesOf = (collectors: readonly Collector[]): readonly string[] =>
      collectors.find(({ name }) => name === 'stat_archiver')?.families.map(({ name }) => name) ?? [];
    const all = familiesOf(build({}));
    expect(all).toContain('pg_stat_archiver_failed_count');
    expect(familiesOf(build({ packs }))).toEqual(all.filter((name) => name !== 'pg_stat_archiver_failed_count'));
  });

  it('takes the place of a collector of walguard of which it has all families', () => {
    const packs = ['mine: {query: SELECT 1, prefix: pg_locks, metrics: [count: {usage: GAUGE}]}\n'];
    expect(namesOf(build({ packs }))).toContain('mine');
    expect(namesOf(build({ packs }))).not.toContain('locks');
  });

  it('cannot declare a family of another pack, nor of walguard itself', () => {
    const pack = (prefix: string, column: string): string =>
      `mine: {query: SELECT 1, prefix: ${prefix}, metrics: [${column}: {usage: GAUGE}]}\n`;
    const packs = [
      pack('walguard', 'collector_success'),
      pack('process', 'open_fds'),
      pack('pg', 'up'),
      pack('pg_settings', 'fsync'),
    ];
    expect(problemsOfBuild({ packs: [fine, pack('mine', 'n').replace('mine:', 'other:')] })).toBe(
      'mine.yaml:1:1: PACK_DUPLICATE_FAMILY: the family mine_n is already declared by mine\n' +
        '  hint: Rename it, or switch the other off with --no-collector.mine.',
    );
    expect(packs.map((each) => problemsOfBuild({ packs: [each] })).join('\n')).toMatchInlineSnapshot(`
      "mine.yaml:1:1: PACK_DUPLICATE_FAMILY: the family walguard_collector_success is already declared by walguard itself
        hint: Rename it.
      mine.yaml:1:1: PACK_DUPLICATE_FAMILY: the family process_open_fds is already declared by walguard itself
        hint: Rename it.
      mine.yaml:1:1: PACK_DUPLICATE_FAMILY: the family pg_up is already declared by walguard itself
        hint: Rename it.
      mine.yaml:1:1: PACK_DUPLICATE_FAMILY: the family pg_settings_fsync is already declared by settings
        hint: Rename it, or switch the other off with --no-collector.settings."
    `);
  });

  it('can take the place of a collector that is switched off', () => {
    const packs = ['mine: {query: SELECT 1, prefix: pg_locks, metrics: [count: {usage: GAUGE}]}\n'];
    expect(namesOf(build({ packs, switches: { locks: false } }))).toContain('mine');
  });

  it('can use the names of settings when these are switched off', () => {
    const packs = ['mine: {query: SELECT 1, prefix: pg_settings, metrics: [fsync: {usage: GAUGE}]}\n'];
    expect(namesOf(build({ packs, switches: { settings: false } }))).toContain('mine');
  });

  it('is told with all its problems and those of the others', () => {
    const packs = ['mine: {querry: SELECT 1}\n', fine, 'other: [\n'];
    expect(problemsOfBuild({ packs })).toMatchInlineSnapshot(`
      "mine.yaml:1:1: CONFIG_MISSING_KEY: mine.query is missing
        hint: Add it. It must be a string.
      mine.yaml:1:1: CONFIG_MISSING_KEY: mine.metrics is missing
        hint: Add it. It must be a list.
      mine.yaml:1:8: CONFIG_UNKNOWN_KEY: the key "querry" is not known in mine
        hint: Did you mean "query"?
      mine.yaml:2:1: CONFIG_YAML_SYNTAX: Flow sequence in block collection must be sufficiently indented and end with a ]
        hint: Give all entries of a list or map the same indentation, in blanks."
    `);
  });

  it('that cannot be read is told', () => {
    const settings = {
      queryPaths: ['/no/such.yaml'],
      switches: new Map(),
      stalledAfterMs: 1,
      walCapacityBytes: undefined,
    };
    expect(problemsOf(() => buildCollectors(settings, createHistory()))).toMatchInlineSnapshot(`
      "/no/such.yaml: CONFIG_FILE_UNREADABLE: /no/such.yaml cannot be read: there is no such file
        hint: Correct --extend.query-path, or the rights of the file."
    `);
  });
});
