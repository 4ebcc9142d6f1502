import type { Backup, BackupCatalogue, BackupWal, RunningBackup } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { showable } from '../../process/error-output.ts';
import type { BarmanBackup } from './facts.ts';

/** What only the reader of a catalogue knows of those that are not done. */
export interface Undone {
  /** True if the program that makes it is at work. Of those without an end only the newest can be. */
  readonly isAlive: (backup: BarmanBackup) => boolean;
  /** When it failed, in Unix seconds; undefined if that is not told. */
  readonly failedSeconds: (backup: BarmanBackup) => number | undefined;
  /** How one is removed, as a command. */
  readonly removal: (id: string) => string;
}

/**
 * Sorts what Barman lists: copies that are done, also while their last WAL is waited for, are backups; those that failed
 * or were interrupted are problems.
 */
export function toCatalogue(
  found: readonly BarmanBackup[],
  problems: readonly WalguardError[],
  undone: Undone,
): BackupCatalogue {
  const backups: Backup[] = [];
  const running: RunningBackup[] = [];
  const failures: number[] = [];
  const all = [...problems];
  const byId = new Map(found.map((each) => [each.id, each]));
  const newest = newestOf(found);
  for (const each of found.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (isDone(each)) keep(each, byId, { backups, problems: all });
    else if (each.status !== 'FAILED' && each === newest && undone.isAlive(each)) running.push(toRunning(each));
    else {
      const failed = each.status === 'FAILED' ? undone.failedSeconds(each) : undefined;
      if (failed !== undefined) failures.push(failed);
      all.push(notDone(each, undone.removal(each.id)));
    }
  }
  const lastFailureSeconds = failures.length === 0 ? undefined : Math.max(...failures);
  return { backups, running, lastFailureSeconds, problems: all };
}

/** By their names, which are when they were begun. */
export function newestOf(found: readonly BarmanBackup[]): BarmanBackup | undefined {
  return found.reduce<BarmanBackup | undefined>((last, each) => (each.id > (last?.id ?? '') ? each : last), undefined);
}

export function isDone({ status }: Pick<BarmanBackup, 'status'>): boolean {
  return status === 'DONE' || status === 'WAITING_FOR_WALS';
}

interface Kept {
  readonly backups: Backup[];
  readonly problems: WalguardError[];
}

function keep(each: BarmanBackup, byId: ReadonlyMap<string, BarmanBackup>, { backups, problems }: Kept): void {
  const wal = walOf(each);
  if (wal === undefined || each.endSeconds === undefined) {
    const what = wal === undefined ? 'which WAL it needs' : 'when it ended';
    problems.push(
      new WalguardError('SOURCE_BAD_ANSWER', `Barman does not tell of backup ${printable(each.id)} ${what}`, {
        hint: 'Look at it with barman show-backup; its backup.info may be damaged.',
      }),
    );
    return;
  }
  const needs = ancestors(each, byId);
  backups.push({
    label: printable(each.id),
    type: each.parentId === undefined ? 'full' : 'incremental',
    startTimeSeconds: each.beginSeconds,
    // PostgreSQL's now() in the transaction that ended it: the end itself came a moment later.
    stopTimeSeconds: Math.ceil(each.endSeconds),
    wal,
    systemIdentifier: each.systemIdentifier,
    majorVersion: majorVersion(each.version),
    needs,
    hasErrors: false,
    sizeBytes: each.sizeBytes,
    storedBytes: each.storedBytes,
    encrypted: each.encrypted,
  });
}

function walOf({ begin, end, beginTimeline, endTimeline, segmentBytes }: BarmanBackup): BackupWal | undefined {
  if (begin === undefined || end === undefined || beginTimeline === undefined || end < begin) return undefined;
  const stopTimeline = endTimeline === beginTimeline ? undefined : endTimeline;
  return {
    timeline: beginTimeline,
    ...(stopTimeline === undefined ? {} : { stopTimeline }),
    start: begin,
    stop: end,
    included: false,
    segmentBytes,
  };
}

/** From the one it was made after down to the full one; that which is not there, or not done, is the last. */
function ancestors({ id, parentId }: BarmanBackup, byId: ReadonlyMap<string, BarmanBackup>): readonly string[] {
  const labels: string[] = [];
  const seen = new Set([id]);
  for (let next = parentId; next !== undefined && !seen.has(next);) {
    seen.add(next);
    labels.push(printable(next));
    const parent = byId.get(next);
    next = parent !== undefined && isDone(parent) ? parent.parentId : undefined;
  }
  return labels;
}

/** 150018 as 150000; before 10 the second number was part of the major one. */
function majorVersion(version: number | undefined): number | undefined {
  if (version === undefined) return undefined;
  const minors = version < 100_000 ? 100 : 10_000;
  return version - (version % minors);
}

function toRunning({ parentId, beginSeconds, mode }: BarmanBackup): RunningBackup {
  // Nothing tells of the type before it is done, but a parent.
  const isKnown = parentId !== undefined || (mode !== undefined && mode !== 'postgres');
  const type = parentId === undefined ? 'full' : 'incremental';
  return {
    type: isKnown ? type : undefined,
    startTimeSeconds: beginSeconds,
    doneBytes: undefined,
    expectedBytes: undefined,
  };
}

function notDone({ id, status, error }: BarmanBackup, removal: string): WalguardError {
  const said = showable(error ?? '', []);
  const what = status === 'FAILED' ? 'it failed' : `it was interrupted (${status})`;
  const why = said === '' ? '' : `: ${said}`;
  return new WalguardError('BACKUP_INCOMPLETE', `${printable(id)} of Barman is no backup: ${what}${why}`, {
    hint: `See Barman's log for why, then remove it with ${removal}.`,
  });
}
