import type { DrillChecks } from '../config/drill-checks.ts';
import type { ControlFile } from '../core/control-file.ts';
import type { DrillHistory } from '../core/drill-history.ts';
import type { DrillCheckReport, DrillWanted } from '../core/drill-report.ts';
import { WalguardError } from '../core/error.ts';
import { checkByAmcheck } from './amcheck.ts';
import { checkDatabases, type CheckContext, provenChecks } from './checks.ts';
import { checkChecksums } from './checksums.ts';
import { checkBySql } from './sql-checks.ts';

export interface ChecksRun extends CheckContext {
  readonly asked: DrillChecks;
  readonly wanted: DrillWanted;
  /** Of the drill. */
  readonly startedSeconds: number;
  /** Reads the reports of earlier drills. */
  readonly history: () => Promise<DrillHistory>;
  readonly control: ControlFile;
  readonly dataDirectory: string;
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
  const { asked, wanted, startedSeconds, control, dataDirectory, progress, signal } = run;
  yield* provenChecks(run);
  progress('databases', undefined);
  yield* await checkDatabases(run);
  if (asked.sql.length + asked.rows.length > 0) {
    progress('questions', undefined);
    const history = asked.rows.length === 0 ? [] : (await run.history()).reports;
    yield* checkBySql(asked, { ...run, history, momentSeconds: wanted.seconds ?? startedSeconds });
  }
  progress('amcheck', undefined);
  yield* await checkByAmcheck(run);
  progress('checksums', undefined);
  const pages = { ...control, dataDirectory, signal };
  yield await checkChecksums({ ...pages, progress: (doneBytes) => progress('checksums', doneBytes) });
}

function why({ name, message, expected, found }: DrillCheckReport): string {
  return `${name}: ${message ?? `${found ?? 'nothing'} instead of ${expected ?? 'something'}`}`;
}
