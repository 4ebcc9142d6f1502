import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import {
  drillDumps,
  type DumpDrillWanted,
  type DumpLab,
  leftOf,
  planDumpDrill,
  processesIn,
  reportsOfDumps,
  startDumpDrill,
} from '../support/dump-drill.ts';
import { flipByte, pack, runClient, settle } from '../support/dumps.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { fingerprintOf, ownedByServers } from '../support/tool-drill.ts';

const LONG_MS = 60_000;
const LAST_WORDS = /\n-- PostgreSQL database dump complete/;
const HOUR_SECONDS = 3_600;
/** Each is a database, the file that it is dumped into, and what restores that. */
const FORMATS = [
  ['custom', 'custom.dump', 'pg_restore --jobs=', '-Fc'],
  ['folder', 'folder', 'pg_restore --jobs=', '-Fd'],
  ['archive', 'archive.tar', 'pg_restore ', '-Ft'],
  ['plain', 'plain.sql', 'psql', '-Fp'],
  ['created', 'created.sql', 'psql', '-Fp', '-C'],
  ['gzipped', 'gzipped.sql.gz', 'psql', '-Fp'],
  ['zstandard', 'zstandard.sql.zst', 'psql', '-Fp'],
  ['packed', 'packed.dump.lz4', 'pg_restore --jobs=', '-Fc'],
] as const;
const PACKERS: Readonly<Record<string, string>> = { gz: 'gzip', zst: 'zstd', lz4: 'lz4' };

let folder: TemporaryFolder;
let server: PostgresServer;
let lab: DumpLab;
let made: string;
let logBefore: string;
let folders = 0;

beforeAll(async () => {
  folder = await temporaryFolder();
  made = join(folder.path, 'made');
  await mkdir(made);
  // The newest that Debian's pg_dump reads.
  server = await startPostgres({ major: 15, databases: ['app'] });
  lab = { folder, server };
  await fill();
  await dumpAll();
  await server.alterSystem({ log_connections: 'on' });
  await server.sql('SELECT pg_reload_conf()');
  logBefore = await server.log();
}, 180_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Rows that look like statements, and objects of roles and a tablespace that a new server does not have. */
async function fill(): Promise<void> {
  const space = join(server.cluster.directory, 'space');
  await mkdir(space);
  await ownedByServers(space);
  await server.sql(`CREATE TABLESPACE "else where" LOCATION '${space}'`);
  for (const statement of [
    `CREATE ROLE "the owner" LOGIN PASSWORD 'hush-hush'`,
    'CREATE ROLE reader',
    'CREATE ROLE member IN ROLE reader',
    'CREATE TABLE orders (id int PRIMARY KEY, note text) TABLESPACE "else where"',
    'ALTER TABLE orders OWNER TO "the owner"',
    'GRANT SELECT ON orders TO reader WITH GRANT OPTION',
    'ALTER DEFAULT PRIVILEGES FOR ROLE "the owner" GRANT SELECT ON TABLES TO reader',
    'CREATE POLICY own ON orders TO member, reader USING (id > 0)',
    `INSERT INTO orders SELECT n, E'\\nGRANT ALL ON x TO nobody_at_all;\\n\\\\.\\n' || n FROM generate_series(1, 5000) AS n`,
    'CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM orders',
    `SELECT lo_from_bytea(0, 'abc')`,
    'ALTER DATABASE app SET work_mem = 1234',
  ])
    await server.sql(statement, 'app');
  for (const [name] of FORMATS) await server.sql(`CREATE DATABASE ${name} TEMPLATE app`);
  for (const name of ['custom', 'plain']) await server.sql('CREATE EXTENSION amcheck', name);
}

async function dumpAll(): Promise<void> {
  for (const [name, file, , ...args] of FORMATS) {
    const packer = PACKERS[file.split('.')[2] ?? ''];
    const target = join(made, packer === undefined ? file : `raw-${name}`);
    await runClient(server, 'pg_dump', [...args, '-f', target, '-d', name]);
    if (packer !== undefined) await pack(target, join(made, file), packer, []);
  }
  await runClient(server, 'pg_dumpall', ['-f', join(made, 'all.sql')]);
  await runClient(server, 'pg_dumpall', ['--globals-only', '-f', join(made, 'globals.sql')]);
}

/** A folder with some of the dumps, an hour old. */
async function dumpsOf(...names: readonly string[]): Promise<string> {
  folders += 1;
  const path = join(folder.path, `dumps-${folders}`);
  for (const name of names) await cp(join(made, name), join(path, name), { recursive: true });
  for (const name of names) await settle(join(path, name));
  await ownedByServers(path);
  return path;
}

function checksIn(databases: readonly string[]): string {
  const checks = databases.flatMap((name) => [
    `{name: orders of ${name}, database: ${name}, sql: SELECT count(*) FROM orders, equals: 5000}`,
    `{name: view of ${name}, database: ${name}, sql: SELECT n FROM totals, equals: 5000}`,
  ]);
  const rows = databases.map((name) => `{database: ${name}, table: orders}`);
  return `drill: {checks: [${checks.join(', ')}], rows: [${rows.join(', ')}]}`;
}

const ONE = 'drill: {checks: [{name: orders, sql: SELECT count(*) FROM orders, equals: 5000}]}';

async function succeed(wanted: DumpDrillWanted): Promise<DrillReport> {
  const { code, report } = await drillDumps(lab, wanted);
  expect({ code, failure: report.failure }).toEqual({ code: 0 });
  expect(report).toMatchObject({ source: 'dumps', outcome: 'success', backup: { method: 'pg_dump' } });
  return report;
}

async function fail(wanted: DumpDrillWanted): Promise<NonNullable<DrillReport['failure']>> {
  const before = await fingerprintOf(wanted.dumps);
  const { code, report } = await drillDumps(lab, wanted);
  expect({ code, outcome: report.outcome }).toEqual({ code: 1, outcome: 'failed' });
  expect(await fingerprintOf(wanted.dumps)).toBe(before);
  if (report.failure === undefined) throw new Error('A drill that failed does not say why.');
  return report.failure;
}

describe('a drill of dumps', () => {
  it('restores the newest of each database in whatever format, and makes the roles that nothing brings', async () => {
    const dumps = await dumpsOf(...FORMATS.map(([, file]) => file));
    const before = await fingerprintOf(dumps);
    const report = await succeed({ dumps, repository: checksIn(FORMATS.map(([name]) => name)) });
    const by = new Map(report.checks.map(({ name, message }) => [name, message]));
    for (const [, file, program] of FORMATS) expect(by.get(`dump ${file}`)).toContain(`restored by ${program}`);
    expect(report.checks.filter(({ kind }) => kind === 'sql').map(({ result }) => result)).toEqual(
      FORMATS.flatMap(() => ['passed', 'passed']),
    );
    expect(by.has('amcheck custom')).toBe(true);
    expect(report.warnings?.join()).toMatch(
      /^Roles that no dump of globals brought .*: (?=.*the owner)(?=.*reader)(?=.*member)/,
    );
    expect(report.warnings?.join()).not.toContain('nobody_at_all');
    expect(report.phases.map(({ phase }) => phase)).toEqual(['plan', 'start', 'restore', 'checks', 'stop']);
    expect(report.phases.find(({ phase }) => phase === 'restore')?.bytes).toBeGreaterThan(100_000);
    expect(report.recoveredTo?.seconds).toBeLessThan(Date.now() / 1_000 - HOUR_SECONDS / 2);
    expect(report).not.toHaveProperty('shortfallSeconds');
    expect(await fingerprintOf(dumps)).toBe(before);
  });

  it('takes the roles out of the globals, and asks the only database where none is named', async () => {
    const report = await succeed({ dumps: await dumpsOf('globals.sql', 'custom.dump'), repository: ONE });
    expect(report).not.toHaveProperty('warnings');
    expect(report.backup?.label).toBe('custom.dump and 1 more');
    expect(report.checks.find(({ kind }) => kind === 'sql')).toMatchObject({ datname: 'custom', result: 'passed' });
  });

  it('restores a whole cluster out of pg_dumpall', async () => {
    const report = await succeed({ dumps: await dumpsOf('all.sql'), repository: checksIn(['app', 'plain']) });
    expect(report).not.toHaveProperty('warnings');
    expect(report.checks.filter(({ kind }) => kind === 'databases').map(({ datname }) => datname)).toContain('packed');
  });

  it('goes back to the dumps of a moment, and says what would be restored', async () => {
    const dumps = await dumpsOf('custom.dump', 'plain.sql');
    await cp(join(dumps, 'custom.dump'), join(dumps, 'custom-old.dump'));
    await settle(join(dumps, 'custom-old.dump'), 50 * HOUR_SECONDS);
    await settle(join(dumps, 'plain.sql'), 60 * HOUR_SECONDS);
    await ownedByServers(dumps);
    const day = new Date(Date.now() - 48 * HOUR_SECONDS * 1_000).toISOString();
    const report = await succeed({ dumps, args: [`--to=${day}`] });
    expect(report.wanted.kind).toBe('time');
    const restored = report.checks.flatMap(({ kind, name }) => (kind === 'consistency' ? [name] : []));
    expect(restored).toEqual(['dump custom-old.dump', 'dump plain.sql']);
    const before = await fail({ dumps, args: ['--to=2001-01-01'] });
    expect(before).toMatchObject({ phase: 'plan', code: 'DRILL_OUTSIDE' });
  });

  it('says what it would do, and does nothing', async () => {
    const dumps = await dumpsOf('globals.sql', 'custom.dump');
    const before = (await reportsOfDumps(lab)).length;
    const { code, stdout } = await planDumpDrill(lab, { dumps });
    expect(code).toBe(0);
    for (const line of ['restore: globals.sql, written', 'restore: custom.dump, written', 'with PostgreSQL 15 from:'])
      expect(stdout).toContain(`  ${line}`);
    expect([await leftOf(lab), (await reportsOfDumps(lab)).length]).toEqual([[], before]);
  });

  it('never comes to the server that was dumped', async () => {
    expect(logBefore).toContain('reload');
    expect((await server.log()).slice(logBefore.length)).not.toContain('connection received');
  });
});

describe('a drill of a dump that cannot be restored', () => {
  it('says that it is cut off, which the catalogue knows', async () => {
    const dumps = await dumpsOf('custom.dump');
    await truncate(join(dumps, 'custom.dump'), 4_000);
    await settle(join(dumps, 'custom.dump'));
    expect(await fail({ dumps })).toMatchObject({ phase: 'plan', code: 'DRILL_NO_BACKUP' });
  });

  it('says that it is cut off, where only unpacking it tells', async () => {
    const dumps = await dumpsOf('zstandard.sql.zst');
    const cut = (await readFile(join(made, 'raw-zstandard'))).subarray(0, -20_000);
    await writeFile(join(dumps, 'raw'), cut);
    await pack(join(dumps, 'raw'), join(dumps, 'zstandard.sql.zst'), 'zstd', []);
    await truncate(join(dumps, 'raw'), 0);
    await settle(join(dumps, 'zstandard.sql.zst'));
    await ownedByServers(dumps);
    const failure = await fail({ dumps });
    expect(failure).toMatchObject({ phase: 'restore', code: 'DRILL_RESTORE_FAILED' });
    expect(failure.message).toContain('zstandard.sql.zst cannot be restored: it is cut off');
  });

  it('says what pg_restore says of damaged data, and no row of it', async () => {
    const dumps = await dumpsOf('custom.dump');
    const path = join(dumps, 'custom.dump');
    await flipByte(path, (await readFile(path)).length - 20_000);
    await settle(path);
    const failure = await fail({ dumps });
    expect(failure).toMatchObject({ phase: 'restore', code: 'DRILL_RESTORE_FAILED' });
    expect(failure.message).toMatch(/^custom\.dump cannot be restored: pg_restore said: pg_restore: error: /);
    expect(JSON.stringify(failure)).not.toContain('nobody_at_all');
  });

  it('names the extension that is not there', async () => {
    const dumps = await dumpsOf('plain.sql');
    const path = join(dumps, 'plain.sql');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll('EXTENSION IF NOT EXISTS amcheck', 'EXTENSION IF NOT EXISTS no_such'));
    await settle(path);
    const failure = await fail({ dumps });
    expect(failure.message).toContain('extension "no_such" is not available');
    expect(failure.hint).toContain('Install this extension');
  });

  it('says that a check is false, and what was warned of', async () => {
    const dumps = await dumpsOf('created.sql');
    const path = join(dumps, 'created.sql');
    const warned = `DO $$BEGIN RAISE WARNING 'mind the gap'; END$$;\n`;
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace(LAST_WORDS, (words) => `\n${warned}${words}`),
    );
    await settle(path);
    const { report } = await drillDumps(lab, { dumps, repository: ONE.replace('5000', '5001') });
    expect(report.failure).toMatchObject({ phase: 'checks', code: 'DRILL_CHECK_FAILED' });
    expect(report.warnings).toContain('created.sql: WARNING:  mind the gap');
    expect(report.checks.find(({ name }) => name === 'orders')).toMatchObject({ found: '5000', result: 'failed' });
  });

  it('says before it begins that the disk is too small', async () => {
    const dumps = await dumpsOf('zstandard.sql.zst');
    const path = join(dumps, 'zstandard.sql.zst');
    await truncate(path, 2 ** 43);
    await settle(path);
    const { report } = await drillDumps(lab, { dumps });
    expect(report.failure).toMatchObject({ phase: 'plan', code: 'DRILL_NO_SPACE' });
    expect(report.phases.map(({ phase }) => phase)).toEqual(['plan', 'stop']);
  });
});

describe('a drill of dumps that is stopped while it restores', () => {
  let dumps: string;

  beforeAll(async () => {
    dumps = await dumpsOf('plain.sql');
    const path = join(dumps, 'plain.sql');
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      text.replace(LAST_WORDS, (words) => `\nSELECT pg_sleep(600);${words}`),
    );
    await settle(path);
  });

  async function isAllGone(): Promise<boolean> {
    return (await leftOf(lab)).length === 0 && (await processesIn(lab)).length === 0;
  }

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('by %s leaves nothing but its report', async (name, expected) => {
    const before = (await reportsOfDumps(lab)).length;
    const fingerprint = await fingerprintOf(dumps);
    await using drill = await startDumpDrill(lab, { dumps });
    const restores = async (): Promise<boolean> =>
      drill.hasEnded || (await processesIn(lab)).some((line) => line.includes('psql'));
    await waitFor('psql to restore', restores, LONG_MS);
    expect(drill.hasEnded).toBe(false);
    drill.signal(name);
    expect((await drill.finished).code).toBe(expected);
    await waitFor('all of it to be gone', isAllGone, LONG_MS);
    const reports = await reportsOfDumps(lab);
    expect(reports).toHaveLength(before + 1);
    expect(reports.at(-1)).toMatchObject({
      outcome: 'interrupted',
      source: 'dumps',
      failure: { phase: 'restore', code: 'DRILL_INTERRUPTED' },
    });
    expect(await fingerprintOf(dumps)).toBe(fingerprint);
  });
});
