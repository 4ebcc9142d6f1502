import type { DrillHistory, DrillSource } from '../../core/drill-history.ts';
import type { DrillReport } from '../../core/drill-report.ts';
import { asWalguardError, systemCode, WalguardError } from '../../core/error.ts';
import { unlessAborted, unreadableSource } from '../../storage/file-errors.ts';
import { type FileFacts, identityOf } from '../../storage/file-facts.ts';
import { entriesOf, factsAt } from '../../storage/folder.ts';
import { readHead } from '../../storage/read-file.ts';
import { damaged, parseReport } from './parse.ts';

export interface HistoryOptions {
  /** Of all repositories. */
  readonly reportsDirectory: string;
  readonly repository: string;
}

/** Held of the newest. */
const MOST_REPORTS = 100;
/** Looked through at most for the last that succeeded, where none of the newest did. */
const MOST_SEARCHED = 1_000;
/** Somebody else's folder: reports are a few a day. */
const MOST_ENTRIES = 100_000;
const LARGEST_BYTES = 1_048_576;
/** Ids begin with a date; what is being written, and what else lies there, has other names. */
const REPORT_NAME = /^(\d[\w.+-]{0,200})\.json$/;

type Parsed = DrillReport | WalguardError;

/** A file as it was when it was read: what is renamed into place does not change. */
interface Remembered {
  readonly look: string;
  readonly parsed: Parsed;
}

/**
 * The reports of one repository's drills. No folder yet is no drill yet.
 *
 * Reading throws SOURCE_UNREADABLE, SOURCE_TIMEOUT or, for a folder full of other things, SOURCE_BAD_ANSWER.
 */
export function drillReports({ reportsDirectory, repository }: HistoryOptions): DrillSource {
  const folder = `${reportsDirectory}/${repository}`;
  let memory: ReadonlyMap<string, Remembered> = new Map();
  return {
    method: 'drill',
    read: async (signal) => {
      const ids = await unlessAborted(idsIn(folder), signal, folder);
      const next = new Map<string, Remembered>();
      const readOne = async (id: string): Promise<Parsed | undefined> => {
        const place = { path: `${folder}/${id}.json`, id, repository };
        const read = await unlessAborted(readReport(place, memory.get(id)), signal, place.path);
        if (read !== undefined) next.set(id, read);
        return read?.parsed;
      };
      const history = await readNewest(ids, readOne);
      memory = next;
      return history;
    },
  };
}

/** The newest first. */
async function idsIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await entriesOf(folder, MOST_ENTRIES);
    if (entries === undefined) throw tooMany(folder);
    return entries
      .flatMap(({ name, mayBeFolder }) => (mayBeFolder ? [] : (REPORT_NAME.exec(name)?.[1] ?? [])))
      .toReversed();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw unreadableSource(folder, thrown);
  }
}

function tooMany(folder: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `More than ${MOST_ENTRIES} files are in ${folder}`, {
    hint: 'Let drills.reports be a folder that holds nothing but reports of drills, and remove the oldest.',
    where: { file: folder },
  });
}

async function readNewest(
  ids: readonly string[],
  readOne: (id: string) => Promise<Parsed | undefined>,
): Promise<DrillHistory> {
  const reports: DrillReport[] = [];
  const problems: WalguardError[] = [];
  for (const id of ids.slice(0, MOST_REPORTS)) {
    const parsed = await readOne(id);
    if (parsed instanceof WalguardError) problems.push(parsed);
    else if (parsed !== undefined) reports.push(parsed);
  }
  const [first] = problems;
  if (first !== undefined && reports.length === 0 && problems.every(({ code }) => code === 'SOURCE_UNREADABLE'))
    throw first;
  const older = ids.slice(MOST_REPORTS);
  if (reports.some(succeeded)) return { reports, older: older.length, problems };
  for (const id of older.slice(0, MOST_SEARCHED)) {
    const parsed = await readOne(id);
    if (parsed === undefined || parsed instanceof WalguardError || !succeeded(parsed)) continue;
    return { reports: [...reports, parsed], older: older.length - 1, problems };
  }
  return { reports, older: older.length, problems };
}

function succeeded({ outcome }: DrillReport): boolean {
  return outcome === 'success';
}

/** Undefined if the file went away meanwhile. */
async function readReport(
  place: Parameters<typeof parseReport>[1],
  known: Remembered | undefined,
): Promise<Remembered | undefined> {
  const { path } = place;
  const facts = await factsOrError(path);
  if (facts === undefined) return undefined;
  if (facts instanceof WalguardError) return { look: '', parsed: facts };
  const look = `${identityOf(facts)} ${facts.sizeBytes} ${facts.timeSeconds}`;
  if (known?.look === look) return known;
  if (facts.sizeBytes > LARGEST_BYTES) return { look, parsed: damaged(path, 'it is too large for a report') };
  try {
    const text = (await readHead(path, LARGEST_BYTES)).toString('utf8');
    return { look, parsed: parseReport(text, place) };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    const isSettled = thrown instanceof WalguardError;
    const parsed = isSettled ? thrown : asWalguardError(unreadableSource(path, thrown));
    return { look: isSettled ? look : '', parsed };
  }
}

async function factsOrError(path: string): Promise<FileFacts | WalguardError | undefined> {
  try {
    return await factsAt(path);
  } catch (thrown) {
    return unreadableSource(path, thrown);
  }
}
