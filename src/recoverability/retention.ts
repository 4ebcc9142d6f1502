import type { BackupLabel } from '../core/catalogue.ts';
import type { CalendarUnit } from '../core/picture.ts';
import {
  type RecoveryWindow,
  type RepositoryPolicy,
  RETENTION_RULES,
  type RetentionRule,
  type RetentionState,
} from '../core/recoverability.ts';
import type { ArchiveView } from './archive-view.ts';
import { firstNeeded, type JudgedBackup } from './backups.ts';
import { createSlots } from './calendar.ts';
import { surelyEnded } from '../core/backup-end.ts';

export interface RetentionContext {
  readonly policy: RepositoryPolicy;
  /** In the order in which they ended. */
  readonly usable: readonly JudgedBackup[];
  readonly view: ArchiveView | undefined;
  readonly windows: readonly RecoveryWindow[];
  readonly nowSeconds: number;
}

/** How the backups stand to each rule that the policy has. */
export function retentionOf(context: RetentionContext): readonly RetentionState[] {
  const { retention } = context.policy;
  return RETENTION_RULES.flatMap((rule) => {
    const wanted = rule === 'minimum_redundancy' ? retention.minimumRedundancy : wantedOf(rule, context.policy);
    return wanted === undefined ? [] : [stateOf(rule, wanted, context)];
  });
}

function wantedOf(rule: CalendarUnit | 'pitr', { retention }: RepositoryPolicy): number | undefined {
  return rule === 'pitr' ? retention.pitrSeconds : retention[rule];
}

function stateOf(rule: RetentionRule, wanted: number, context: RetentionContext): RetentionState {
  if (rule === 'pitr') return pitrState(wanted, context);
  if (rule !== 'minimum_redundancy') return calendarState(rule, wanted, context);
  const present = context.usable.length;
  return { rule, satisfied: present >= wanted, required: wanted, present, warmingUp: false };
}

/** The newest usable backup in a slot keeps it. The current slot counts once it holds one. */
function calendarState(rule: CalendarUnit, wanted: number, context: RetentionContext): RetentionState {
  const { policy, usable, nowSeconds } = context;
  const slotOf = createSlots(rule, policy.timeZone);
  const kept = new Set(usable.map(({ backup }) => slotOf(backup.stopTimeSeconds)));
  const current = slotOf(nowSeconds);
  const last = kept.has(current) ? current : current - 1;
  const first = firstBackupSeconds(context);
  const sinceFirst = Number.isFinite(first) ? Math.max(0, last - slotOf(first) + 1) : Infinity;
  const warmingUp = sinceFirst < wanted;
  const required = Math.min(wanted, sinceFirst);
  let present = 0;
  for (let slot = last; slot > last - required; slot--) present += kept.has(slot) ? 1 : 0;
  return { rule, satisfied: present >= required, required, present, warmingUp };
}

/** Any moment from so long ago up to what came last into the archive. */
function pitrState(wanted: number, context: RetentionContext): RetentionState {
  const { usable, windows, nowSeconds } = context;
  const newest = windows.at(-1);
  const reachesNow = usable.some(
    ({ recoverability, backup }) => recoverability === 'pitr' && newest?.backups.includes(backup.label) === true,
  );
  const present = newest === undefined || !reachesNow ? 0 : Math.max(0, nowSeconds - newest.earliestSeconds);
  const first = surelyEnded(firstBackupSeconds(context));
  const sinceFirst = Math.max(0, nowSeconds - first);
  const required = Math.min(wanted, sinceFirst);
  return { rule: 'pitr', satisfied: present >= required, required, present, warmingUp: sinceFirst < wanted };
}

/**
 * When the first backup was made, as far as traces are left of it: an older one whose label is still in the archive
 * counts. -Infinity if there is none, or older ones were expired for sure: a backup that begins makes the server switch to a new segment,
 * so an archive that was never cleaned begins before the first backup does.
 */
function firstBackupSeconds({ usable, view }: RetentionContext): number {
  const oldest = usable[0]?.backup;
  if (oldest === undefined) return -Infinity;
  // Of one backup the label has whole seconds, and the backup itself may tell when its last file was written.
  const isOlder = ({ wal }: BackupLabel): boolean => oldest.wal === undefined || wal.start < oldest.wal.start;
  const labels = (view?.contents.labels ?? []).filter(isOlder).map(({ stopTimeSeconds }) => stopTimeSeconds);
  return wasCleaned(view, usable) ? -Infinity : Math.min(oldest.stopTimeSeconds, ...labels);
}

function wasCleaned(view: ArchiveView | undefined, usable: readonly JudgedBackup[]): boolean {
  const oldest = usable[0];
  const wal = oldest?.backup.wal;
  if (view === undefined || wal === undefined || oldest?.coverage === undefined) return false;
  const start = firstNeeded({ ...wal, included: false }, view.segmentBytes);
  return start > 1 && oldest.coverage.spans[0]?.first === start;
}
