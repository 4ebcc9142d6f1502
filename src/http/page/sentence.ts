import { parseLsn } from '../../core/lsn.ts';
import type { Verdict } from '../../core/recoverability.ts';
import { ageText, durationText, timeText } from '../../core/words.ts';
import type { StatusDocument, StatusRepository } from '../schema.ts';

type Window = StatusRepository['windows'][number];

export const HEADLINES: Readonly<Record<Verdict, string>> = {
  recoverable: 'Recoverable',
  at_risk: 'At risk',
  not_recoverable: 'Not recoverable',
  unknown: 'Not known',
};

/** A server that did not answer for longer is said to be silent. */
const SILENT_SECONDS = 60;

/** The verdict in words for somebody who was just woken up, with what is not known. */
export function sentenceOf(status: StatusDocument): string {
  const sentences = [
    reasonOf(status),
    restorableText(status),
    lossText(status),
    serverText(status),
    restoreText(status),
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** The window that reaches furthest, of all repositories. */
export function newestWindow({ repositories }: Pick<StatusDocument, 'repositories'>): Window | undefined {
  const newest = repositories.flatMap(({ windows }) => windows.slice(-1));
  return newest.toSorted((a, b) => Number(lsnOf(b) - lsnOf(a)))[0];
}

function lsnOf({ latest_lsn: lsn }: Window): bigint {
  return parseLsn(lsn) ?? 0n;
}

/** As everything that shows the answer has it: the summary without its verdict. */
function reasonOf({ status, summary }: StatusDocument): string {
  if (status === 'recoverable') return '';
  const reason = summary.slice(summary.indexOf(' - ') + 3);
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

function restorableText(status: StatusDocument): string {
  if (status.repositories.length === 0) return '';
  const window = newestWindow(status);
  if (window === undefined) return withoutWindow(status);
  const { earliest_at: from, latest_at: to, latest_lsn: lsn } = window;
  const latest =
    to === null ? `WAL position ${lsn}, written at a time that is not known` : momentText(to, status.assessed_at);
  const since = `from ${timeText(from)} on`;
  return status.status === 'not_recoverable'
    ? `The latest moment that can be restored is ${latest} (any moment ${since}).`
    : `Recoverable to ${latest}, to any moment ${since}.`;
}

function withoutWindow({ repositories }: StatusDocument): string {
  const usable = repositories
    .flatMap(({ backups }) => backups.filter(({ recoverability }) => recoverability === 'consistent_only'))
    .toSorted((a, b) => ((a.stopped_at ?? '') < (b.stopped_at ?? '') ? 1 : -1));
  const [newest] = usable;
  return newest === undefined
    ? 'No moment is known that can be restored.'
    : `Only the end of a backup can be restored, the newest of ${timeText(newest.stopped_at)}.`;
}

function lossText({ exposure, policy }: StatusDocument): string {
  if (exposure === null) return "How much would be lost if the server's disk died now is not known.";
  const wanted = policy.rpo_seconds === null ? '' : ` (wanted: ${durationText(policy.rpo_seconds)} at most)`;
  const amount = exposure.seconds === 0 ? 'Nothing' : `At most ${durationText(exposure.seconds)}`;
  const word = exposure.evidence === 'server' ? " by PostgreSQL's word only, which no archive confirms" : '';
  return `${amount} would be lost if the server's disk died now${wanted}${word === '' ? '' : `,${word}`}.`;
}

function serverText({ server, assessed_at: now }: StatusDocument): string {
  if (server?.answered_at === undefined || server.answered_at === null) return 'The server did not answer yet.';
  const seconds = (Date.parse(now) - Date.parse(server.answered_at)) / 1_000;
  return seconds > SILENT_SECONDS ? `The server last answered ${ageText(server.answered_at, now)} ago.` : '';
}

function restoreText({ repositories, status }: StatusDocument): string {
  if (repositories.length === 0) return '';
  const totals = repositories.flatMap(({ restore_estimate: one }) =>
    one === null ? [] : [one.restore_seconds + one.recovery_seconds],
  );
  if (totals.length > 0) return `A restore takes about ${durationText(Math.min(...totals))}.`;
  return status === 'not_recoverable' ? '' : 'How long a restore takes is not known.';
}

/** Of the same day the time alone. */
export function momentText(time: string, now: string): string {
  return time.slice(0, 10) === now.slice(0, 10) ? `${time.slice(11, 19)} UTC` : timeText(time);
}
