import { cp, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres } from '../../servers/index.ts';
import type { DumpOptions } from '../../src/backup/pg-dump/source.ts';
import type { DumpLevel } from '../../src/core/dumps.ts';
import {
  breakToc,
  describeDump,
  dumpEverything,
  dumpsIn,
  flipByte,
  pack,
  readDumps,
  runClient,
  settle,
} from '../support/dumps.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const never = new AbortController().signal;
const HOSTILE = 'sp ace\n"q" <b>';

let server: PostgresServer;
let folder: TemporaryFolder;
let made: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  made = join(folder.path, 'made');
  // The newest for which Debian's pg_dump works.
  server = await startPostgres({ major: 15, databases: ['app'] });
  const rows = 'SELECT n, md5(n::text) AS text FROM generate_series(1, 20000) AS n';
  await server.sql(`CREATE TABLE one AS ${rows}; CREATE TABLE two AS ${rows}; SELECT lo_from_bytea(0, 'abc')`, 'app');
  await dumpEverything(server, made, 'app');
  for (const [ending, program] of [
    ['gz', 'gzip'],
    ['zst', 'zstd'],
    ['lz4', 'lz4'],
    ['xz', 'xz'],
    ['bz2', 'bzip2'],
  ] as const)
    await pack(join(made, 'app.sql'), join(made, `app.sql.${ending}`), program, program === 'xz' ? ['-0'] : []);
  await pack(join(made, 'globals.sql'), join(made, 'globals.sql.gz'), 'gzip', []);
  await pack(join(made, 'app.uncompressed'), join(made, 'app.custom.gz'), 'gzip', []);
}, 120_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

type Change = (path: string) => Promise<unknown>;
const nothing: Change = async () => {};

/** What is said of one dump that was changed, alone in a folder. */
async function saidOf(original: string, change: Change, given: Partial<DumpOptions> = {}): Promise<string> {
  await using root = await temporaryFolder();
  const path = join(root.path, original);
  await cp(join(made, original), path, { recursive: true });
  await change(path);
  await settle(path);
  const { dumps, problems } = await readDumps(root.path, given);
  const others = problems.filter((problem) => !dumps.some((dump) => dump.problem === problem));
  return [...dumps.map(describeDump), ...others.map(({ message }) => message)].join('; ').replaceAll(root.path, '');
}

const half: Change = async (path) => await truncate(path, Math.floor((await stat(path)).size / 2));
const lastByte: Change = async (path) => await truncate(path, (await stat(path)).size - 1);
const flipped: Change = async (path) => await flipByte(path, Math.floor((await stat(path)).size / 2));
const empty: Change = (path) => truncate(path, 0);

describe('a whole dump', () => {
  it.each([
    ['app.custom', 'database app custom good', 'database app custom good'],
    ['app.uncompressed', 'database app custom good', 'database app custom good'],
    ['app.dir', 'database app directory good', 'database app directory good'],
    ['app.tar', 'database app tar good', 'database app tar good'],
    ['app.sql', 'database app plain good', 'database app plain good'],
    ['app.create', 'database app plain good', 'database app plain good'],
    ['all.sql', 'cluster - plain good', 'cluster - plain good'],
    ['globals.sql', 'globals - plain good', 'globals - plain good'],
    ['globals.sql.gz', 'globals - plain gz good', 'globals - plain gz good'],
    ['app.sql.gz', 'database app plain gz unknown', 'database app plain gz good'],
    ['app.custom.gz', 'database app custom gz unknown', 'database app custom gz good'],
    ['app.sql.zst', 'database app - zst unknown', 'database app plain zst good'],
    ['app.sql.lz4', 'database app - lz4 unknown', 'database app plain lz4 good'],
    ['app.sql.xz', 'database app - xz unknown', 'database app plain xz good'],
    ['app.sql.bz2', 'database app - bz2 unknown', 'database app plain bz2 good'],
  ])('%s is told at every level', async (name, header, whole) => {
    expect(await saidOf(name, nothing)).toBe(header);
    expect(await saidOf(name, nothing, { level: 'whole' })).toBe(whole);
  });

  it('is told by its name alone at the level that opens no file', async () => {
    expect(await saidOf('app.sql', nothing, { level: 'fresh' })).toBe('database app - unknown');
    expect(await saidOf('app.dir', nothing, { level: 'fresh' })).toBe('database app - unknown');
  });

  it('of definitions only is none of a database', async () => {
    expect(await saidOf('app.schema', nothing)).toBe('');
  });
});

const CUT = 'it is cut off';
const UNPACK = 'it cannot be unpacked';
const UNKNOWN = 'unknown';

describe('a damaged dump', () => {
  it.each<[string, string, Change, readonly [header: string, whole: string]]>([
    ['cut in half', 'app.custom', half, [CUT, CUT]],
    ['without its last byte', 'app.custom', lastByte, [CUT, CUT]],
    ['with a byte of its data changed', 'app.custom', flipped, ['good', 'pg_restore cannot read it']],
    ['cut in half', 'app.tar', half, [CUT, CUT]],
    ['cut in half', 'app.sql', half, [CUT, CUT]],
    ['cut in half', 'all.sql', half, [CUT, CUT]],
    ['cut in half', 'app.sql.gz', half, [UNKNOWN, UNPACK]],
    ['with a byte changed', 'app.sql.gz', flipped, [UNKNOWN, UNPACK]],
    ['cut in half', 'globals.sql.gz', half, [UNPACK, UNPACK]],
    ['cut in half', 'app.sql.zst', half, [UNKNOWN, 'zstd cannot read it']],
    ['cut in half', 'app.sql.lz4', half, [UNKNOWN, 'lz4 cannot read it']],
    ['cut in half', 'app.sql.xz', half, [UNKNOWN, 'xz cannot read it']],
    ['with a byte changed', 'app.sql.bz2', flipped, [UNKNOWN, 'bzip2 cannot read it']],
  ])('%s: %s', async (_what, name, change, [header, whole]) => {
    const ends = (why: string): string =>
      /^(?:good|unknown)$/.test(why) ? ` ${why}` : ` bad: /${name} is no good dump: ${why}`;
    expect(await saidOf(name, change)).toContain(ends(header));
    expect(await saidOf(name, change, { level: 'whole' })).toContain(ends(whole));
  });

  it.each<[string, string, Change, string]>([
    ['empty', 'app.custom', (path) => empty(path), 'it is empty'],
    [
      'with a table of contents that is damaged',
      'app.custom',
      (path) => breakToc(path, 'TABLE DATA'),
      'it is cut off or damaged in its table of contents',
    ],
    [
      'with a table of contents that is damaged',
      'app.dir',
      (path) => breakToc(join(path, 'toc.dat'), 'TABLE DATA'),
      'of its toc.dat, it is cut off or damaged',
    ],
    [
      'with a table of contents that is cut off',
      'app.dir',
      (path) => half(join(path, 'toc.dat')),
      'of its toc.dat, it is cut off or damaged',
    ],
    ['with an empty table of contents', 'app.dir', (path) => empty(join(path, 'toc.dat')), 'its toc.dat is empty'],
    ['without a data file', 'app.dir', async (path) => rm(await dataFile(path)), 'of its data files is missing'],
    ['with an empty data file', 'app.dir', async (path) => empty(await dataFile(path)), 'of its data files is missing'],
  ])('%s: %s is found at the level header', async (_what, name, change, why) => {
    expect(await saidOf(name, change)).toContain(why);
  });

  it('a data file cut in half is found at the level whole only', async () => {
    const change: Change = async (path) => half(await dataFile(path));
    expect(await saidOf('app.dir', change)).toBe('database app directory good');
    expect(await saidOf('app.dir', change, { level: 'whole' })).toContain('pg_restore cannot read it');
  });

  it.each<DumpLevel>(['header', 'whole'])('is none at all at level %s', async (level) => {
    await using root = await temporaryFolder();
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 256));
    for (const name of ['noise.dump', 'noise.bin', 'README']) await writeFile(join(root.path, name), noise);
    await writeFile(join(root.path, 'script.sql'), 'SELECT 1;\n');
    await writeFile(join(root.path, '.hidden.dump'), '');
    await writeFile(join(root.path, 'a.dump.part'), '');
    for (const name of ['noise.dump', 'noise.bin', 'README', 'script.sql']) await settle(join(root.path, name));
    const { dumps, running } = await readDumps(root.path, { level });
    expect(dumps.map(describeDump)).toEqual([
      `database noise - bad: ${root.path}/noise.dump is no good dump: it does not begin as a dump does`,
    ]);
    expect(running).toBe(0);
  });
});

/** The largest file of data in a dump that is a directory. */
async function dataFile(path: string): Promise<string> {
  const toc = (await readFile(join(path, 'toc.dat'))).toString('latin1');
  const [name = ''] = /\d+\.dat/.exec(toc) ?? [];
  return join(path, `${name}.gz`);
}

describe('of which database a dump is', () => {
  it('an archive says itself, whatever its name says', async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, 'other-2026-11-22.dump');
    await cp(join(made, 'app.custom'), path);
    await settle(path);
    const { dumps, problems } = await readDumps(root.path, { patterns: ['{datname}-{date}.dump'] });
    expect(dumps.map(({ datname }) => datname)).toEqual(['app']);
    expect(problems.map(({ message }) => message)).toEqual([`${path} is a dump of app, not of other as its name says`]);
  });

  it('a plain one says if it makes it; of others nobody can tell without a name', async () => {
    await using root = await temporaryFolder();
    await cp(join(made, 'app.create'), join(root.path, '2026-11-21.sql'));
    await cp(join(made, 'app.sql'), join(root.path, '2026-11-22.sql'));
    for (const name of ['2026-11-21.sql', '2026-11-22.sql']) await settle(join(root.path, name));
    const { dumps, problems } = await readDumps(root.path);
    expect(dumps.map(({ datname }) => datname)).toEqual(['app', undefined]);
    expect(problems.map(({ message }) => message)).toEqual([
      `nobody can tell of which database ${root.path}/2026-11-22.sql is`,
    ]);
  });

  it('may be a name with blanks, quotes and lines', async () => {
    await server.sql(`CREATE DATABASE "${HOSTILE.replaceAll('"', '""')}"`);
    await using root = await temporaryFolder();
    const path = join(root.path, `${HOSTILE.replaceAll('/', '')}.dump`);
    await runClient(server, 'pg_dump', ['-Fc', '-f', path, '-d', `dbname='${HOSTILE}'`]);
    await settle(path);
    const { dumps, problems } = await readDumps(root.path, { level: 'whole' });
    expect(dumps.map(({ datname, valid }) => [datname, valid])).toEqual([[HOSTILE, true]]);
    expect(problems).toEqual([]);
  });
});

describe('when a dump was made', () => {
  it('is when it was written, or when it says it began if it was copied without its times', async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, 'app.dump');
    await cp(join(made, 'app.custom'), path);
    const bytes = await readFile(path);
    await settle(path);
    const [first] = (await readDumps(root.path)).dumps;
    expect(first?.timeSeconds).toBeCloseTo(Date.now() / 1_000 - 3_600, -2);
    // The year of struct tm, the sixth number behind the compression.
    bytes[11 + 5 + 5 * 5 + 1] = (bytes[11 + 5 + 5 * 5 + 1] ?? 0) - 1;
    await writeFile(path, bytes);
    await settle(path);
    const [second] = (await readDumps(root.path)).dumps;
    expect(Date.now() / 1_000 - (second?.timeSeconds ?? 0)).toBeGreaterThan(300 * 86_400);
  });

  it('nobody asks while it is being written, and once it was left it is no good', async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, 'app.dump');
    await cp(join(made, 'app.custom'), path);
    await half(path);
    const source = dumpsIn(root.path);
    expect(await source.read(never)).toMatchObject({ dumps: [], running: 1, problems: [] });
    await settle(path);
    const { dumps, running } = await source.read(never);
    expect([dumps.map(({ valid }) => valid), running]).toEqual([[false], 0]);
  });
});

describe('the level whole', () => {
  it('proves a dump once, and anew when it was changed', async () => {
    await using root = await temporaryFolder();
    await mkdir(join(root.path, 'dumps'));
    const path = join(root.path, 'dumps', 'app.dump');
    const log = join(root.path, 'log');
    await cp(join(made, 'app.custom'), path);
    await settle(path);
    const script = `echo run >> '${log}'; exec pg_restore "$@"`;
    const source = dumpsIn(join(root.path, 'dumps'), { level: 'whole', command: ['sh', '-c', script, 'sh'] });
    const valid = async (): Promise<unknown> => (await source.read(never)).dumps.map((dump) => dump.valid);
    expect(await valid()).toEqual([true]);
    expect(await valid()).toEqual([true]);
    expect(await readFile(log, 'utf8')).toBe('run\n');
    await flipped(path);
    await settle(path, 1_800);
    expect(await valid()).toEqual([false]);
    expect(await readFile(log, 'utf8')).toBe('run\nrun\n');
  });

  it('goes on to the dump before where the newest is no good', async () => {
    await using root = await temporaryFolder();
    for (const [name, ago] of [
      ['app-2026-11-21.dump', 7_200],
      ['app-2026-11-22.dump', 3_600],
    ] as const) {
      await cp(join(made, 'app.custom'), join(root.path, name));
      if (ago === 3_600) await flipped(join(root.path, name));
      await settle(join(root.path, name), ago);
    }
    const source = dumpsIn(root.path, { level: 'whole' });
    await source.read(never);
    const { dumps } = await source.read(never);
    expect(dumps.map(({ file, valid }) => [file, valid])).toEqual([
      ['app-2026-11-21.dump', true],
      ['app-2026-11-22.dump', false],
    ]);
  });

  it.each([
    [
      'there is none',
      ['/nowhere/pg_restore'],
      'SOURCE_PROGRAM_MISSING',
      'could not be checked: pg_restore is not there',
    ],
    [
      'it takes too long',
      ['sh', '-c', 'exec sleep 60'],
      'SOURCE_TIMEOUT',
      'could not be checked: sh did not end within 500 ms',
    ],
    [
      'it is older than the dump',
      ['sh', '-c', 'echo "pg_restore: error: unsupported version (1.17) in file header" >&2; exit 1'],
      'SOURCE_PROGRAM_FAILED',
      'unsupported version (1.17)',
    ],
    ['memory runs out', ['sh', '-c', 'kill -9 $$'], 'SOURCE_PROGRAM_FAILED', 'was ended by SIGKILL'],
  ])('does not pretend to know where pg_restore cannot tell: %s', async (_why, command, code, message) => {
    await using root = await temporaryFolder();
    const path = join(root.path, 'app.dump');
    await cp(join(made, 'app.custom'), path);
    await settle(path);
    const launch = { prefix: [], environment: { PATH: process.env['PATH'] ?? '' }, timeoutMs: 500 };
    const { dumps } = await readDumps(root.path, { level: 'whole', command, launch });
    expect(dumps.map(({ valid, problem }) => [valid, problem?.code])).toEqual([[undefined, code]]);
    expect(dumps[0]?.problem?.message).toContain(message);
  });

  it('is ended with the reading that was called off', async () => {
    await using root = await temporaryFolder();
    const path = join(root.path, 'app.dump');
    const log = join(root.path, 'log');
    await cp(join(made, 'app.custom'), path);
    await settle(path);
    const stop = new AbortController();
    const command = ['sh', '-c', `trap 'echo ended > ${log}; exit 1' TERM; echo began > ${log}; sleep 60 & wait`];
    const reading = dumpsIn(root.path, { level: 'whole', command }).read(stop.signal);
    await expect.poll(async () => await readFile(log, 'utf8').catch(() => ''), { timeout: 30_000 }).toBe('began\n');
    stop.abort();
    await reading;
    await expect.poll(async () => await readFile(log, 'utf8'), { timeout: 30_000 }).toBe('ended\n');
  });
});
