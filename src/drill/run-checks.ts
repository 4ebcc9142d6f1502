import type { DrillChecks } from '../config/drill-checks.ts';
import type { DrillHistory } from '../core/drill-history.ts';
import type { DrillCheckReport, DrillWanted } from '../core/drill-report.ts';
import { WalguardError } from '../core/error.ts';
import { checkByAmcheck } from './amcheck.ts';
import { checkDatabases } from './checks.ts';
import { checkChecksums, type ChecksumRun } from './checksums.ts';
import { type AskContext, usualDatabase } from './sessions.ts';
import { checkBySql } from './sql-checks.ts';

export interface ChecksRun extends AskContext {
  /** What the drill itself has proved by now. */
  readonly proven: readonly DrillCheckReport[];
  readonly asked: DrillChecks;
  readonly wanted: DrillWanted;
  /** Of the drill. */
  readonly startedSeconds: number;
  /** Reads the reports of earlier drills. */
  readonly history: () => Promise<DrillHistory>;
  /** Undefined where they are new, and so tell nothing. */
  readonly pages: Omit<ChecksumRun, 'signal' | 'progress'> | undefined;
  /** Gets all that were done so far. */
  readonly done: (checks: readonly DrillCheckReport[]) => void;
  readonly progress: (what: string, doneBytes: number | undefined) => void;
}

/** Looks at the restored server; it changes nothing in it. Throws DRILL_CHECK_FAILED with the names of what failed. */
export async function runChecks(run: ChecksRun): Promise<void> {
  const checks: DrillCheckReport[] = [];
  for await (const check of allChecks(run)) {
    checks.push(check);
    run.done([...checks]);
  }
  const failed = checks.filter(({ result }) => result === 'failed');
  const [first] = failed;
  if (first === undefined) return;
  throw new WalguardError('DRILL_CHECK_FAILED', `failed: ${failed.map(({ name }) => name).join(', ')}; ${why(first)}`, {
    hint: 'See in the report what was found. The backup can be restored, and is not what it should be.',
  });
}

async function* allChecks(run: ChecksRun): AsyncGenerator<DrillCheckReport> {
  const { asked, wanted, startedSeconds, pages, progress, signal } = run;
  yield* run.proven;
  progress('databases', undefined);
  yield* await checkDatabases(run);
  if (asked.sql.length + asked.rows.length > 0) {
    progress('questions', undefined);
    const history = asked.rows.length === 0 ? [] : (await run.history()).reports;
    const usual = await usualDatabase(run);
    yield* checkBySql(asked, { ...run, history, usual, momentSeconds: wanted.seconds ?? startedSeconds });
  }
  progress('amcheck', undefined);
  yield* await checkByAmcheck(run);
  if (pages === undefined) return;
  progress('checksums', undefined);
  yield await checkChecksums({ ...pages, signal, progress: (doneBytes) => progress('checksums', doneBytes) });
}

function why({ name, message, expected, found }: DrillCheckReport): string {
  return `${name}: ${message ?? `${found ?? 'nothing'} instead of ${expected ?? 'something'}`}`;
}
