import type { Dump, DumpCatalogue } from '../../core/dumps.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import type { Candidate, DumpChecks } from './checks.ts';
import type { SeenDump } from './look.ts';
import type { DumpName } from './names.ts';
import type { Found } from './walk.ts';

/** A dump that nobody writes, with what its name and its ends tell. */
export interface Settled {
  readonly found: Found;
  readonly name: DumpName;
  readonly seen: SeenDump;
}

const DAY_SECONDS = 86_400;
/** The clock on the wall in the farthest zones is ahead of UTC, or behind it, by about as much. */
const ZONE_SECONDS = 14 * 3_600;
/** Of how many databases dumps are told, the newest first: no server is known with more. */
const MOST_SERIES = 5_000;
/** Each is a line of the log. */
const MOST_PROBLEMS = 20;

/** @param checks undefined where none are made */
export function toDump({ found, name, seen: looked }: Settled, checks: DumpChecks | undefined): Dump {
  const seen = checks === undefined ? looked : proven(found, looked, checks);
  const datname = seen.scope === 'database' ? (seen.datname ?? name.datname) : undefined;
  const { scope, format, packing, valid, problem, beganSeconds } = seen;
  const { file, sizeBytes } = found;
  return { file, scope, datname, format, packing, timeSeconds: timeOf(found, beganSeconds), sizeBytes, valid, problem };
}

/** What was copied without its times looks as new as its copy. */
function timeOf({ timeSeconds }: Found, beganSeconds: number | undefined): number {
  const isLater = beganSeconds !== undefined && timeSeconds - beganSeconds > DAY_SECONDS + ZONE_SECONDS;
  return isLater ? beganSeconds : timeSeconds;
}

function proven(found: Found, seen: SeenDump, checks: DumpChecks): SeenDump {
  if (seen.valid === false || seen.problem !== undefined) return seen;
  if (seen.proof === undefined) return { ...seen, valid: undefined, problem: unprovable(found) };
  const { valid, problem, told } = checks.resultOf(found) ?? { valid: undefined, problem: undefined };
  return { ...seen, ...told, datname: told?.datname ?? seen.datname, valid, problem };
}

function unprovable({ path }: Found): WalguardError {
  return new WalguardError('SOURCE_UNREADABLE', `${printable(path)} could not be checked: it is encrypted`, {
    hint: 'Read encrypted dumps at level header, and restore one now and then.',
  });
}

/** Of each series the newest that is not known to be no good, the newest of all first. */
export function newestUnproven(settled: readonly Settled[], checks: DumpChecks): readonly Candidate[] {
  const chosen = new Map<string, { readonly one: Settled; readonly timeSeconds: number }>();
  for (const one of settled) {
    const dump = toDump(one, checks);
    const key = seriesOf(dump);
    if (dump.valid === false || dump.timeSeconds <= (chosen.get(key)?.timeSeconds ?? -Infinity)) continue;
    chosen.set(key, { one, timeSeconds: dump.timeSeconds });
  }
  return [...chosen.values()]
    .toSorted((a, b) => b.timeSeconds - a.timeSeconds)
    .flatMap(({ one: { found, seen } }) =>
      seen.proof === undefined
        ? []
        : [{ path: found.path, look: found.look, packing: seen.packing, proof: seen.proof }],
    );
}

function seriesOf({ scope, datname = '' }: Dump): string {
  return `${scope} ${datname}`;
}

export interface Gathered extends DumpCatalogue {
  readonly settled: readonly Settled[];
}

/** Throws SOURCE_UNREADABLE if none of the dumps may be read. */
export function toCatalogue(path: string, { settled, dumps, running, problems }: Gathered): DumpCatalogue {
  const closed = dumps.filter(({ problem }) => problem?.code === 'SOURCE_UNREADABLE');
  const [first] = settled.flatMap(({ seen }) => seen.problem ?? []);
  const isClosed = settled.every(({ seen }) => seen.problem?.code === 'SOURCE_UNREADABLE');
  if (closed.length > 0 && isClosed && first !== undefined) {
    throw new WalguardError('SOURCE_UNREADABLE', `no dump in ${printable(path)} can be read: ${first.message}`, {
      hint: 'Give the user walguard runs as the right to read them, or ask for no more than that they are there (level: fresh).',
    });
  }
  const shown = newestSeries(dumps);
  const all = [
    ...problems,
    ...shown.flatMap(({ problem }) => problem ?? []),
    ...settled.flatMap((one, index) => misnamed(one, dumps[index])),
    ...(shown.length < dumps.length ? [tooManyDatabases(path)] : []),
  ];
  return {
    dumps: shown,
    running,
    problems: all.length > MOST_PROBLEMS ? [...all.slice(0, MOST_PROBLEMS), more(path)] : all,
  };
}

function newestSeries(dumps: readonly Dump[]): readonly Dump[] {
  const keys = new Set<string>();
  for (const dump of dumps) keys.add(seriesOf(dump));
  if (keys.size <= MOST_SERIES) return dumps;
  const kept = new Set<string>();
  for (const dump of dumps.toSorted((a, b) => b.timeSeconds - a.timeSeconds)) {
    kept.add(seriesOf(dump));
    if (kept.size === MOST_SERIES) break;
  }
  return dumps.filter((dump) => kept.has(seriesOf(dump)));
}

function misnamed({ found, name, seen }: Settled, dump: Dump | undefined): readonly WalguardError[] {
  const file = printable(found.path);
  if (dump?.scope === 'database' && dump.datname === undefined) {
    return [
      new WalguardError('SOURCE_BAD_ANSWER', `nobody can tell of which database ${file} is`, {
        hint: 'Say where its name has the database, as with file_names: ["{datname}-{date}.sql"].',
      }),
    ];
  }
  if (!name.isCertain || seen.datname === undefined || seen.datname === name.datname) return [];
  const said = `${file} is a dump of ${printable(seen.datname)}, not of ${printable(name.datname ?? '')} as its name says`;
  return [
    new WalguardError('SOURCE_BAD_ANSWER', said, {
      hint: 'Correct the job that makes it: it counts for the database that it holds.',
    }),
  ];
}

function tooManyDatabases(path: string): WalguardError {
  return new WalguardError(
    'SOURCE_BAD_ANSWER',
    `${printable(path)} has dumps of more than ${MOST_SERIES} databases; the oldest are left out`,
    {
      hint: 'Keep dumps in a folder of their own, or say in file_names which files are dumps.',
    },
  );
}

function more(path: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `there is more to say of the files in ${printable(path)}`, {
    hint: 'Settle what is said of the others first.',
  });
}
