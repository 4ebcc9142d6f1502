import type { DrillChecks } from '../config/drill-checks.ts';
import type { DrillCheckReport } from '../core/drill-report.ts';
import { WalguardError } from '../core/error.ts';
import { checkDatabases, type CheckContext, provenChecks } from './checks.ts';
import type { DrillLayout } from './layout.ts';

export interface ChecksRun extends CheckContext {
  readonly wanted: DrillChecks;
  /** Of the drill. */
  readonly startedSeconds: number;
  /** Where the reports of earlier drills are. */
  readonly baseline: { readonly reportsDirectory: string; readonly repository: string };
  readonly hasChecksums: boolean;
  readonly layout: DrillLayout;
  /** Gets all that were done so far. */
  readonly done: (checks: readonly DrillCheckReport[]) => void;
  readonly progress: (what: string, doneBytes: number | undefined) => void;
}

/** Looks at the restored server; it changes nothing in it. Throws DRILL_CHECK_FAILED with the names of what failed. */
export async function runChecks(run: ChecksRun): Promise<void> {
  const checks: DrillCheckReport[] = [];
  const add = (more: readonly DrillCheckReport[]): void => {
    checks.push(...more);
    run.done([...checks]);
  };
  add(provenChecks(run));
  run.progress('databases', undefined);
  add(await checkDatabases(run));
  const failed = checks.filter(({ result }) => result === 'failed');
  const [first] = failed;
  if (first === undefined) return;
  const names = failed.map(({ name }) => name).join(', ');
  throw new WalguardError('DRILL_CHECK_FAILED', `failed: ${names}; the first: ${first.message ?? ''}`, {
    hint: 'See in the report what was found. The backup can be restored, and is not what it should be.',
  });
}
