import type { AssessedFinding, SourceState, Verdict } from '../core/recoverability.ts';

/**
 * The worst of what is known. Unknown while nothing is configured, a source was not read for the first time yet, or
 * nobody knows of any backup; but what is known to be lost is said at once.
 */
export function verdictOf(findings: readonly AssessedFinding[], sources: readonly SourceState[]): Verdict {
  if (findings.some(({ severity, present }) => severity === 'critical' && present === true)) return 'not_recoverable';
  if (sources.length === 0 || sources.some(({ up }) => up === undefined)) return 'unknown';
  const backups = findings.find(({ finding }) => finding === 'no_usable_backup');
  if (backups?.present === undefined) return 'unknown';
  return findings.some(({ present }) => present === true) ? 'at_risk' : 'recoverable';
}
