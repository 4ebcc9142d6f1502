import { join } from 'node:path';

import type { DumpRequest, DumpRestorer, RestoredDump } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import type { Filter } from '../../core/unpack-programs.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { UNLIMITED_MS } from '../../process/restoring.ts';
import { runProgram } from '../../process/run-program.ts';
import { writePrivate } from '../../storage/drill-folder.ts';
import { readForRestore, removeFile, writeRestoredFile } from '../../storage/restored-files.ts';
import { unpacked } from '../../storage/unpack.ts';
import { type DumpContents, majorOf, noDump, orDamaged, readContents } from './contents.ts';
import { Complaints } from './complaints.ts';
import { DumpScript } from './script.ts';
import type { Needs } from './script-names.ts';
import { hasItsEnd, readTextHead } from './text.ts';

export interface DumpRestoreOptions {
  /** The folder with the dumps, as it is configured. */
  readonly path: string;
  /** What programs see. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One dump on its way into a server. */
interface Restoring extends DumpRequest {
  readonly contents: DumpContents;
  readonly environment: Readonly<Record<string, string>>;
  readonly filter: Filter;
}

/** Databases that every server has; the one that is left as it is, is where others are made from. */
const TEMPLATE = 'template1';
const USUAL = 'postgres';
/** Entries of an archive that are all data: what they need, others say. */
const DATA_ENTRY = /^\d+; \d+ \d+ (?:TABLE DATA|BLOBS|MATERIALIZED VIEW DATA|STATISTICS DATA) /;

/** Puts back what pg_dump and pg_dumpall wrote, archives by pg_restore and scripts by psql. */
export function restoreDumps({ path, environment }: DumpRestoreOptions): DumpRestorer {
  return {
    method: 'pg_dump',
    async majorOf(dump, signal) {
      return majorOf(await readContents(path, dump, { filter: filtersIn(environment)(signal), signal }));
    },
    async restore(request) {
      const filter = filtersIn(environment)(request.signal);
      const contents = await readContents(path, request.dump, { filter, signal: request.signal });
      const restoring: Restoring = { ...request, contents, environment, filter };
      return contents.kind === 'script' ? await restoreScript(restoring) : await restoreArchive(restoring);
    },
  };
}

async function restoreArchive(restoring: Restoring): Promise<RestoredDump> {
  const { contents, dump, scratchDirectory, server, jobs } = restoring;
  const copy = join(scratchDirectory, 'unpacked');
  const file = contents.packing === '' ? contents.path : copy;
  if (file === copy) await writeRestoredFile(copy, piecesOf(restoring), () => undefined);
  try {
    const { datname = '' } = dump;
    const isMade = datname === '' || datname === TEMPLATE;
    const create = isMade ? [] : ['--create'];
    await makeNeeds(file, create, restoring);
    if (datname === USUAL) await server.clearDatabase(datname);
    const many = contents.kind === 'tar' || jobs < 2 ? [] : [`--jobs=${jobs}`];
    const options = ['--exit-on-error', ...create, ...many];
    const warnings = await run(restoring, 'pg_restore', [...options, `--dbname=${TEMPLATE}`, file]);
    return { by: ['pg_restore', ...many].join(' '), warnings };
  } finally {
    if (file === copy) await removeFile(copy);
  }
}

/** Roles and tablespaces that an archive names: all of it but the data is read as a script. */
async function makeNeeds(file: string, create: readonly string[], restoring: Restoring): Promise<void> {
  const list = join(restoring.scratchDirectory, 'list');
  const entries: Buffer[] = [];
  await run(restoring, 'pg_restore', ['--list', file], { take: (piece) => entries.push(piece) });
  const lines = Buffer.concat(entries).toString('utf8').split('\n');
  await writePrivate(list, lines.filter((line) => !DATA_ENTRY.test(line)).join('\n'));
  const script = new DumpScript({ user: restoring.server.user, isCluster: false });
  const needs: Needs[] = [];
  const take = (piece: Buffer): void => void needs.push(script.add(piece).needs);
  await run(restoring, 'pg_restore', [...create, `--use-list=${list}`, '--file=-', file], { take });
  for (const each of needs) await make(each, restoring);
}

async function make({ roles, tablespaces }: Needs, { server }: Restoring): Promise<void> {
  for (const name of roles) await server.needRole(name);
  for (const name of tablespaces) await server.needTablespace(name);
}

async function restoreScript(restoring: Restoring): Promise<RestoredDump> {
  const { contents, dump, server } = restoring;
  const text = readTextHead(contents.head);
  if (text === undefined) throw new WalguardError('BUG', 'a script is restored that is none');
  const script = new DumpScript({ user: server.user, isCluster: text.isCluster });
  let database = TEMPLATE;
  if (text.datname === USUAL) await server.clearDatabase(USUAL);
  else if (!text.isCluster && text.datname === undefined) {
    database = dump.datname ?? USUAL;
    await server.needDatabase(database);
  }
  const input = adapted(script, restoring, () => hasItsEnd(text, script.tail));
  const options = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--set=VERBOSITY=terse', '--output=/dev/null'];
  const warnings = await run(restoring, 'psql', [...options, `--dbname=${database}`], { input });
  return { by: 'psql', warnings };
}

async function* adapted(script: DumpScript, restoring: Restoring, isWhole: () => boolean): AsyncGenerator<Buffer> {
  for await (const piece of piecesOf(restoring)) {
    const { needs, bytes } = script.add(piece);
    await make(needs, restoring);
    if (bytes.length > 0) yield bytes;
  }
  const { needs, bytes } = script.finish();
  await make(needs, restoring);
  // psql would take the end of rows that are cut off for all of them.
  if (!isWhole()) throw noDump(restoring.dump.file, 'it is cut off');
  if (bytes.length > 0) yield bytes;
}

/** What the file holds, unpacked. */
function piecesOf({ contents, dump, filter, progress, signal }: Restoring): AsyncIterable<Buffer> {
  return orDamaged(
    dump.file,
    unpacked(counted(readForRestore(contents.path, signal), progress), contents.packing, filter),
  );
}

async function* counted(pieces: AsyncIterable<Buffer>, progress: (bytes: number) => void): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const piece of pieces) {
    done += piece.length;
    progress(done);
    yield piece;
  }
}

interface Streams {
  readonly take?: (piece: Buffer) => void;
  readonly input?: AsyncIterable<Buffer>;
}

/** @returns its warnings @throws DRILL_RESTORE_FAILED, DRILL_NO_SPACE */
async function run(
  { dump, server, programDirectory, environment, signal }: Restoring,
  program: 'pg_restore' | 'psql',
  args: readonly string[],
  streams: Streams = {},
): Promise<readonly string[]> {
  const complaints = new Complaints();
  const isConnected = args.some((each) => each.startsWith('--dbname='));
  const place = [`--host=${server.socketDirectory}`, `--port=${server.port}`, `--username=${server.user}`];
  const argv = [join(programDirectory, program), ...(isConnected ? [...place, '--no-password'] : []), ...args];
  const launch = { prefix: [], environment, timeoutMs: UNLIMITED_MS, hear: complaints.hear, ...streams };
  const { exitCode } = await runProgram(launch, argv, signal);
  if (exitCode !== 0) throw complaints.asError(dump.file, program, exitCode);
  return complaints.warnings;
}
