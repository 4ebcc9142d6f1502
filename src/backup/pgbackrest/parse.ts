import type { Backup, BackupCatalogue, BackupType, BackupWal, RunningBackup } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { type Lsn, parseLsn, parseWalFileName } from '../../core/lsn.ts';
import { DEFAULT_SEGMENT_BYTES, segmentBytesBy } from '../../core/segments.ts';
import { type BackupInfo, backupSchema, infoSchema, type Stanza } from './schema.ts';
import { requireUsable } from './status.ts';

const TYPES: Readonly<Record<BackupInfo['type'], BackupType>> = {
  full: 'full',
  diff: 'differential',
  incr: 'incremental',
};
const EXPECTED = 'a JSON array of stanzas, as pgbackrest 2.30 to 2.60 prints it';

/** Whose backups are meant. */
export interface StanzaChoice {
  readonly stanza: string;
  /** Undefined if there is but one repository. */
  readonly repo: number | undefined;
}

/** True if a program printed what may be an answer, whatever its exit code was. */
export function mayBeInfo(stdout: string): boolean {
  return stdout.trimStart().startsWith('[');
}

/**
 * Turns `pgbackrest info --output=json` into the catalogue of one stanza in one repository.
 *
 * The status says nothing of holes in the WAL, and "ok" stands beside page errors. A backup that cannot be understood
 * is a problem of its own. Throws SOURCE_BAD_ANSWER, SOURCE_NOT_FOUND or SOURCE_UNREADABLE.
 */
export function parseInfo(text: string, choice: StanzaChoice): BackupCatalogue {
  const found = readStanzas(text).find(({ name }) => name === choice.stanza);
  if (found === undefined) {
    throw new WalguardError('SOURCE_NOT_FOUND', `pgbackrest knows no stanza ${JSON.stringify(choice.stanza)}`, {
      hint: 'Correct stanza or the path of the configuration file, or let pgbackrest stanza-create make it.',
    });
  }
  const repo = choice.repo ?? onlyRepository(found);
  requireUsable(found, repo);
  const { backups, problems } = readBackups(found, repo);
  return { backups, problems, running: readRunning(found, repo), lastFailureSeconds: undefined };
}

function readStanzas(text: string): readonly Stanza[] {
  const parsed = infoSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badAnswer(`${issue?.path.join('.') || 'it'} is not as expected`);
}

function parse(text: string): unknown {
  if (!mayBeInfo(text)) throw badAnswer(text.trim() === '' ? 'it is empty' : 'something else stands before the JSON');
  try {
    return parseExactJson(text);
  } catch {
    throw badAnswer('it is no JSON, or only a part of it');
  }
}

function badAnswer(what: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `what pgbackrest info printed is not ${EXPECTED}: ${what}`, {
    hint: 'Run pgbackrest info --output=json by hand, with what the configuration puts in front of it; nothing else may write to its standard output.',
  });
}

function onlyRepository({ repo, name }: Stanza): number {
  const [first, ...others] = repo.map(({ key }) => key);
  if (others.length === 0) return first ?? 1;
  throw new WalguardError(
    'SOURCE_NOT_FOUND',
    `stanza ${name} is in the repositories ${[first, ...others].join(', ')}`,
    {
      hint: 'Give repo the number of the one that is meant, and each of the others a section of its own.',
    },
  );
}

function readBackups(stanza: Stanza, repo: number): Pick<BackupCatalogue, 'backups' | 'problems'> {
  const backups: Backup[] = [];
  const problems: WalguardError[] = [];
  for (const each of stanza.backup) {
    const parsed = backupSchema.safeParse(each);
    if (!parsed.success) problems.push(notUnderstood(each, parsed.error.issues[0]?.path ?? []));
    else if (parsed.data.database['repo-key'] === repo) backups.push(toBackup(parsed.data, stanza));
  }
  // A format that has changed is no list of broken backups.
  if (problems.length > 0 && problems.length === stanza.backup.length) throw badAnswer(problems[0]?.message ?? '');
  return { backups, problems };
}

function notUnderstood(backup: unknown, path: readonly PropertyKey[]): WalguardError {
  const label = typeof backup === 'object' && backup !== null && 'label' in backup ? String(backup.label) : '?';
  return new WalguardError('SOURCE_BAD_ANSWER', `backup ${label}: ${path.join('.')} is not as expected`, {
    hint: 'Look at it with pgbackrest info --output=json; walguard knows what versions 2.30 to 2.60 print.',
  });
}

function toBackup(info: BackupInfo, { db }: Stanza): Backup {
  const { id, 'repo-key': key } = info.database;
  const database = db.find((each) => each.id === id && each['repo-key'] === key);
  return {
    label: info.label,
    type: TYPES[info.type],
    startTimeSeconds: info.timestamp.start ?? undefined,
    stopTimeSeconds: info.timestamp.stop,
    wal: readWal(info),
    systemIdentifier: database?.['system-id'],
    majorVersion: database === undefined ? undefined : majorVersion(database.version),
    needs: info.type === 'full' ? [] : needs(info),
    hasErrors: info.error === true,
    sizeBytes: info.info?.size ?? undefined,
    storedBytes: info.info?.repository?.delta ?? undefined,
  };
}

/** All whose files it refers to; the one it was made after, where a version does not tell. */
function needs({ reference, prior }: BackupInfo): readonly string[] {
  if (reference !== undefined && reference !== null && reference.length > 0) return reference;
  return prior === undefined || prior === null ? [] : [prior];
}

function readWal({ archive, lsn }: BackupInfo): BackupWal | undefined {
  const first = archive?.start;
  const last = archive?.stop;
  if (first === undefined || first === null || last === undefined || last === null) return undefined;
  // Positions are told since 2.38; other sizes of segments were rare before.
  const [startLsn, stopLsn] = [position(lsn?.start), position(lsn?.stop)];
  const segmentBytes = sizeBy(startLsn, first) ?? sizeBy(stopLsn === undefined ? undefined : stopLsn - 1n, last);
  const [from, to] = [first, last].map((name) => parseWalFileName(name, segmentBytes ?? DEFAULT_SEGMENT_BYTES));
  if (from === undefined || to === undefined) return undefined;
  const [start, stop] = [startLsn ?? from.start, stopLsn ?? to.end - 1n];
  return { timeline: from.timeline, start, stop, included: false, segmentBytes };
}

function sizeBy(lsn: Lsn | undefined, name: string): number | undefined {
  return lsn === undefined ? undefined : segmentBytesBy(lsn, name);
}

function position(text: string | null | undefined): Lsn | undefined {
  return text === undefined || text === null ? undefined : parseLsn(text);
}

/** `15` and `9.6` as server_version_num has them, without the minor. */
function majorVersion(text: string): number | undefined {
  const match = /^(\d+)(?:\.(\d+))?/.exec(text);
  if (match?.[1] === undefined) return undefined;
  const major = Number(match[1]) * 10_000;
  return major < 100_000 ? major + Number(match[2] ?? 0) * 100 : major;
}

/** The lock is that of the whole stanza before 2.59, also held by expire, and seen only on the host that holds it. */
function readRunning({ status }: Stanza, repo: number): readonly RunningBackup[] | undefined {
  const lock = status.lock?.backup;
  if (lock === undefined) return undefined;
  if (!lock.held) return [];
  const own = lock.repo?.find(({ key }) => key === repo);
  if (own === undefined && lock.repo !== undefined && lock.repo !== null && lock.repo.length > 0) return [];
  const { size, 'size-cplt': done } = own ?? lock;
  return [
    { type: undefined, startTimeSeconds: undefined, doneBytes: done ?? undefined, expectedBytes: size ?? undefined },
  ];
}
