import type { DumpCatalogue, DumpLevel, DumpSource } from '../../core/dumps.ts';
import type { WalguardError } from '../../core/error.ts';
import type { FileFacts } from '../../storage/file-facts.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { DumpChecks } from './checks.ts';
import { lookAtFolder } from './directory.ts';
import { lookAtFile } from './file.ts';
import { FOREIGN, type Look, UNSEEN } from './look.ts';
import { type DumpName, nameReader, type ReadName } from './names.ts';
import type { ProofTools } from './proofs.ts';
import { newestUnproven, type Settled, toCatalogue, toDump } from './settled.ts';
import { type Found, walkDumps } from './walk.ts';

export interface DumpOptions extends ProofTools {
  readonly path: string;
  readonly level: DumpLevel;
  /** Of names; all of a kind that dumps have if there are none. */
  readonly patterns: readonly string[];
}

/** What has not changed for so long is not being written: pg_dump writes in place. */
const QUIET_SECONDS = 120;
/** How long a reading waits for what is being proven: a small dump is known at once, a large one later. */
const PATIENCE_MS = 10_000;

/** What is known of a file since it was seen with its last change. */
interface Remembered {
  readonly found: Found;
  /** By walguard's clock: that of the files may be another. */
  readonly sinceSeconds: number;
  /** Undefined while it may still be written, and at the level that looks into none. */
  readonly seen: Look | undefined;
}

interface Round {
  readonly signal: AbortSignal;
  readonly nowSeconds: number;
  readonly old: ReadonlyMap<string, Remembered>;
  readonly next: Map<string, Remembered>;
}

/**
 * The dumps of pg_dump and pg_dumpall in a folder, and two floors of folders below it, in any format.
 *
 * What looks as before is not looked into again. Reading throws SOURCE_NOT_FOUND if there is no such folder, and
 * SOURCE_UNREADABLE if nothing in it may be read.
 */
export function pgDumps(options: DumpOptions): DumpSource {
  let memory: ReadonlyMap<string, Remembered> = new Map();
  const checks = options.level === 'whole' ? new DumpChecks(options) : undefined;
  const readName = nameReader(options.patterns);
  return {
    method: 'pg_dump',
    read: async (signal) => {
      const round: Round = { signal, nowSeconds: Date.now() / 1_000, old: memory, next: new Map() };
      const { settled, running, problems } = await lookAround(options, readName, round);
      memory = round.next;
      if (checks !== undefined) {
        checks.keepOnly(new Set(settled.map(({ found }) => found.path)));
        await checks.prove(newestUnproven(settled, checks), PATIENCE_MS, signal);
      }
      const dumps = settled.map((one) => toDump(one, checks));
      return toCatalogue(options.path, { settled, dumps, running, problems });
    },
  };
}

interface Around extends Pick<DumpCatalogue, 'running'> {
  readonly settled: readonly Settled[];
  readonly problems: readonly WalguardError[];
}

async function lookAround({ path, level }: DumpOptions, readName: ReadName, round: Round): Promise<Around> {
  const found: Found[] = [];
  const problems: WalguardError[] = [];
  const remembered = (folder: string, facts: FileFacts): Found | undefined => unchanged(round, folder, facts);
  await walkDumps(path, { signal: round.signal, remembered, found, problems });
  const settled: Settled[] = [];
  let running = 0;
  for (const one of found) {
    const name = readName(one.file);
    if (name === undefined) continue;
    const known = await remember(one, name, { level, round });
    const seen = known.seen ?? (name.looksLikeDump || one.folder !== undefined ? UNSEEN : FOREIGN);
    if (seen.kind === 'foreign') continue;
    if (isBeingWritten(known, round.nowSeconds)) running += 1;
    else settled.push({ found: one, name, seen });
  }
  return { settled, running, problems };
}

/** A folder into which nothing came is not listed again, if it was whole: there may be thousands of files in it. */
function unchanged({ old, nowSeconds }: Round, path: string, facts: FileFacts): Found | undefined {
  const known = old.get(path);
  if (known?.found.folder?.timeSeconds !== facts.timeSeconds || known.seen?.kind !== 'dump') return undefined;
  return known.seen.valid === false || isBeingWritten(known, nowSeconds) ? undefined : known.found;
}

interface Remembering {
  readonly level: DumpLevel;
  readonly round: Round;
}

/** Looks into what is new or was changed, once it is not being written any more. */
async function remember(found: Found, name: DumpName, { level, round }: Remembering): Promise<Remembered> {
  const known = round.old.get(found.path);
  const isSame = known?.found.look === found.look;
  const sinceSeconds = isSame ? known.sinceSeconds : round.nowSeconds;
  const bare: Remembered = { found, sinceSeconds, seen: isSame && !wasClosed(known) ? known.seen : undefined };
  const isOpen = bare.seen === undefined && level !== 'fresh' && !isBeingWritten(bare, round.nowSeconds);
  const seen = isOpen ? await look(found, name, round.signal) : bare.seen;
  // The names in a folder are many, and of use once.
  const kept = found.folder === undefined ? found : { ...found, folder: { ...found.folder, entries: [] } };
  round.next.set(found.path, { found: kept, sinceSeconds, seen });
  return { found, sinceSeconds, seen };
}

/** It may be for walguard to read by now. */
function wasClosed({ seen }: Remembered): boolean {
  return seen?.kind === 'dump' && seen.valid === undefined && seen.problem !== undefined;
}

async function look({ path, folder }: Found, name: DumpName, signal: AbortSignal): Promise<Look> {
  try {
    return folder === undefined
      ? await lookAtFile({ path, name, signal })
      : await lookAtFolder({ path, entries: folder.entries, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    const problem = unreadableSource(path, thrown);
    return name.looksLikeDump || folder !== undefined ? { ...UNSEEN, problem } : FOREIGN;
  }
}

function isBeingWritten({ found, sinceSeconds }: Remembered, nowSeconds: number): boolean {
  return Math.max(nowSeconds - found.timeSeconds, nowSeconds - sinceSeconds) < QUIET_SECONDS;
}
