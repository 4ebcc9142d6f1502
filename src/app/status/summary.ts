import { printable } from '../../core/printable.ts';
import type { AssessedFinding, Assessment, RecoveryWindow } from '../../core/recoverability.ts';
import { countText, durationText, timeText, toTime, VERDICT_WORDS } from '../../core/words.ts';

/** The answer in one line: the verdict, and what it rests on. */
export function summarize(assessment: Assessment): string {
  return `${VERDICT_WORDS[assessment.verdict]} - ${printable(reason(assessment))}`;
}

function reason(assessment: Assessment): string {
  const present = assessment.findings.filter((finding) => finding.present === true);
  const [worst, ...others] = present.toSorted((a, b) => rank(a) - rank(b));
  if (worst !== undefined) {
    const more = others.length === 0 ? '' : `; and ${countText(others.length, 'more finding')}`;
    return `${(worst.message ?? worst.finding).replace(/\.$/, '')}${more}`;
  }
  return assessment.verdict === 'unknown' ? unknownReason(assessment) : recoverableReason(assessment);
}

function rank({ severity }: AssessedFinding): number {
  return severity === 'critical' ? 0 : 1;
}

function unknownReason({ repositories, sources, findings }: Assessment): string {
  if (repositories.length === 0 && sources.length === 0) return 'no repository of backups and WAL is configured';
  if (sources.every(({ up }) => up === undefined)) return 'no source was read yet';
  if (sources.every(({ source }) => source === 'dump' || source === 'drill'))
    return 'only dumps are configured, which are no backups';
  const unknown = findings.filter(({ present }) => present === undefined).map(({ finding }) => finding);
  return unknown.length === 0 ? 'too little is known to tell' : `not known: ${unknown.join(', ')}`;
}

function recoverableReason({ repositories, exposure }: Assessment): string {
  const windows = repositories.flatMap((repository) => repository.windows.slice(-1));
  const [newest] = windows.toSorted((a, b) => Number(b.latestLsn - a.latestLsn));
  const lost = exposure?.seconds === 0 ? 'nothing' : durationText(exposure?.seconds ?? 0);
  const exposed = exposure === undefined ? '' : `; ${lost} would be lost now`;
  return newest === undefined ? `nothing is found wrong${exposed}` : `${windowReason(newest)}${exposed}`;
}

function windowReason({ earliestSeconds, latestSeconds }: RecoveryWindow): string {
  const since = `any moment from ${timeText(toTime(earliestSeconds))}`;
  return latestSeconds === undefined ? `${since} on` : `${since} to ${timeText(toTime(latestSeconds))}`;
}
