import { printable } from '../../core/printable.ts';
import { ageText, bytesText, countText, durationText, ratesText, timeText } from '../../core/words.ts';
import type { StatusRepository } from '../../http/schema.ts';
import { type Look, table, wrap } from './layout.ts';
import { drillLines } from './render-drills.ts';
import { dumpLines } from './render-dumps.ts';

const INDENT = '  ';
/** The JSON has more of them. */
const MOST_LINES = 10;

type StatusBackup = StatusRepository['backups'][number];

/** @param now when it was assessed, RFC 3339 */
export function repositoryLines(repository: StatusRepository, now: string, look: Look): readonly string[] {
  const { restore_estimate: estimate } = repository;
  const restore =
    estimate === null
      ? []
      : [
          `a restore takes about ${durationText(estimate.restore_seconds)}, and recovery ${durationText(estimate.recovery_seconds)}, ${ratesText(estimate.restore_measured_at, estimate.recovery_measured_at)}`,
        ];
  return [
    ...windowLines(repository, look),
    ...gapLines(repository, look),
    ...backupLines(repository, now, look),
    ...unlistedLines(repository, look),
    ...archiveLines(repository, look),
    ...retentionLines(repository, look),
    ...restore.flatMap((line) => wrap(line, INDENT, look)),
    ...drillLines(repository.drills, now, look),
    ...dumpLines(repository.dumps, now, look),
  ];
}

function windowLines(
  { windows, windows_omitted: omitted, backups: held }: StatusRepository,
  look: Look,
): readonly string[] {
  const usable = held.find(({ recoverability }) => recoverability === 'consistent_only');
  const only =
    usable === undefined
      ? 'no moment is known that can be restored'
      : `restorable: only the end of a backup, the newest ${timeText(usable.stopped_at)}`;
  if (windows.length === 0) return wrap(only, INDENT, look);
  return limited(
    windows.toReversed().map(({ earliest_at: from, latest_at: to, timeline, latest_lsn: lsn, backups, ...window }) => {
      const until = to === null ? `${lsn}, at an unknown time` : timeText(to);
      const count = countText(backups.length + window.backups_omitted, 'backup');
      return `restorable: ${timeText(from)} to ${until}, timeline ${timeline}, from ${count}`;
    }),
    omitted,
    look,
  );
}

function gapLines({ gaps, gaps_omitted: omitted }: StatusRepository, look: Look): readonly string[] {
  return limited(
    gaps.toReversed().map(({ first_file: first, last_file: last, segments, accepted, reason }) => {
      const names = first === last ? first : `${first} to ${last}`;
      const why = accepted ? `, accepted${reason === null ? '' : `: ${reason}`}` : '';
      return `missing WAL: ${names} (${countText(segments, 'segment')}${why})`;
    }),
    omitted,
    look,
  );
}

/** Those of each type that ended last, and all that cannot be used. */
function backupLines(
  { backups, backups_omitted: omitted }: StatusRepository,
  now: string,
  look: Look,
): readonly string[] {
  if (backups.length === 0) return [`${INDENT}no backup`];
  const newest = new Set(
    ['full', 'differential', 'incremental'].map((type) => backups.find((each) => each.type === type)),
  );
  const shown = backups.filter((each) => newest.has(each) || each.recoverability === 'broken' || each.has_errors);
  const rows = shown.slice(0, MOST_LINES).map((backup) => backupCells(backup, now));
  const reasons = shown
    .slice(0, MOST_LINES)
    .flatMap(({ label, reason, has_errors: bad }) => [
      ...(reason === null ? [] : [`${label}: ${reason}`]),
      ...(bad ? [`${label}: it has errors`] : []),
    ]);
  const rest = backups.length - rows.length + omitted;
  return [
    ...table(['type', 'ended', 'age', 'size', 'use', 'label'], rows, look),
    ...reasons.flatMap((line) => wrap(printable(line), INDENT + INDENT, look)),
    ...(rest === 0 ? [] : [`${INDENT}and ${countText(rest, 'more backup')}`]),
  ];
}

function backupCells(backup: StatusBackup, now: string): readonly string[] {
  const { stopped_at: ended, size_bytes: size } = backup;
  return [
    backup.type,
    timeText(ended),
    ended === null ? '' : ageText(ended, now),
    size === null ? '' : bytesText(size),
    backup.recoverability,
    printable(backup.label),
  ];
}

/** They may be on another host, taken by another tool, or gone. */
function unlistedLines(
  { unlisted_backups: unlisted, unlisted_backups_omitted: omitted }: StatusRepository,
  look: Look,
): readonly string[] {
  const count = unlisted.length + omitted;
  const newest = unlisted.at(-1);
  if (newest === undefined) return [];
  const last = `the last, ${newest.label}, ended ${timeText(newest.stopped_at)}`;
  const line = `not counted: ${countText(count, 'backup')} of which only the archive tells; ${last}`;
  return wrap(printable(line), INDENT, look);
}

function archiveLines({ archive }: StatusRepository, look: Look): readonly string[] {
  if (archive === null) return [];
  const { newest_end_lsn: end, newest_timeline: timeline, newest_at: newest } = archive;
  const reaches = end === null ? '' : `, up to ${end} on timeline ${timeline}`;
  const last = newest === null ? '' : `, the last of ${timeText(newest)}`;
  const others = [
    [archive.pending_segments, 'on their way'],
    [archive.orphan_segments, 'of abandoned branches'],
  ] as const;
  const counts = others.map(([count, what]) => (count === 0 ? '' : `; ${count} ${what}`)).join('');
  const bad = archive.bad_files.map(({ name, reason }) => `bad file: ${name} (${reason})`);
  return [
    ...wrap(`archive: ${countText(archive.segments, 'segment')}${reaches}${last}${counts}`, INDENT, look),
    ...limited(bad, archive.bad_files_omitted, look),
  ];
}

function retentionLines({ retention }: StatusRepository, look: Look): readonly string[] {
  return retention.flatMap(({ rule, satisfied, required, present, warming_up: warmingUp }) => {
    const amount = (value: number): string => (rule === 'pitr' ? durationText(value) : String(value));
    const warming = warmingUp ? ' (warming up)' : '';
    const state = satisfied ? 'kept' : 'NOT KEPT';
    return wrap(`retention ${rule}: ${amount(present)} of ${amount(required)}, ${state}${warming}`, INDENT, look);
  });
}

/** @param omitted how many there are beside the lines */
function limited(lines: readonly string[], omitted: number, look: Look): readonly string[] {
  const rest = Math.max(0, lines.length - MOST_LINES) + omitted;
  return [
    ...lines.slice(0, MOST_LINES).flatMap((line) => wrap(printable(line), INDENT, look)),
    ...(rest === 0 ? [] : [`${INDENT}and ${rest} more`]),
  ];
}
