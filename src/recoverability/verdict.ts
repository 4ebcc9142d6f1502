import type { AssessedFinding, SourceState, Verdict } from '../core/recoverability.ts';

/**
 * The worst of what is known. Unknown while nothing is configured, a source was not read for the first time yet, or
 * nobody knows of any backup; but what is known to be lost is said at once. Dumps and drills are no backups: nothing is
 * the better for them.
 */
export function verdictOf(findings: readonly AssessedFinding[], sources: readonly SourceState[]): Verdict {
  if (findings.some(({ severity, present }) => severity === 'critical' && present === true)) return 'not_recoverable';
  if (sources.length === 0 || sources.some(isAwaited)) return 'unknown';
  const backups = findings.find(({ finding }) => finding === 'no_usable_backup');
  if (backups?.present === undefined) return 'unknown';
  if (findings.some(({ present }) => present === true)) return 'at_risk';
  // An archive that belongs to no backup proves nothing: the two are in repositories of their own.
  const toNow = findings.find(({ finding }) => finding === 'no_way_to_now');
  const isApart = toNow?.present === undefined && sources.some(({ source }) => source === 'archive');
  return isApart ? 'unknown' : 'recoverable';
}

function isAwaited({ source, up }: SourceState): boolean {
  return (source === 'backup' || source === 'archive') && up === undefined;
}
