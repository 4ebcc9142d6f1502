import type { DrillPhase, DrillReport } from '../core/drill-report.ts';
import type { DrillTarget } from '../core/drill.ts';
import { messageOf, WalguardError } from '../core/error.ts';
import { keepFolder, removeDrillFolder } from '../storage/drill-folder.ts';
import { prepareReport, publishReport } from '../storage/drill-reports.ts';
import { type Claim, claimFolder } from './claim.ts';
import { type PhaseEnd, runPhase } from './clock.ts';
import { Drill } from './drill.ts';
import { DumpDrill } from './dumps/drill.ts';
import { type DrillState, FIRST_STATE, nextState } from './machine.ts';
import type { DrillParts, DrillWork } from './parts.ts';

/** A drill that is over. */
export interface DrillRun {
  readonly report: DrillReport;
  /** Where the restored server was left, if it was to be kept. */
  readonly kept: Claim['layout'] | undefined;
}

/**
 * Restores, recovers and checks, and writes down what it found; a drill that fails is a report, too. Throws what keeps it
 * from beginning (DRILL_BUSY, DRILL_FOLDER), and DRILL_REPORT if it cannot say what it found.
 */
export async function runDrill(parts: DrillParts, target: DrillTarget | undefined): Promise<DrillRun> {
  const claim = await claimFolder(parts.settings, parts.repository);
  for (const id of claim.leftOvers) parts.listener.warn(`The drill ${id} was killed; what it had left was removed.`);
  await using drill = workOf(parts, claim, target);
  try {
    await runPhases(drill, parts);
    if (drill.draft.failure === undefined) drill.draft.outcome = 'success';
    const kept = await leave(drill, claim, parts);
    return { report: await write(drill.draft.report, parts), kept };
  } finally {
    await Promise.resolve(drill[Symbol.asyncDispose]()).catch(() => undefined);
    claim.release();
  }
}

function workOf(parts: DrillParts, claim: Claim, target: DrillTarget | undefined): DrillWork {
  return parts.source === 'dumps' ? new DumpDrill(parts, claim, target) : new Drill(parts, claim, target);
}

async function runPhases(
  drill: DrillWork,
  { listener, settings, source, stop, repository }: DrillParts,
): Promise<void> {
  let state: DrillState = FIRST_STATE;
  while (state !== 'over') {
    const phase: DrillPhase = state;
    await orNoReport(settings.reportsDirectory, () =>
      prepareReport(settings.reportsDirectory, drill.draft.killedIn(phase)),
    );
    listener.begun(phase, repository);
    // What is to be left behind is left behind also by who is in a hurry.
    const limits = { limitSeconds: settings.timeLimitsSeconds[phase], stop: phase === 'stop' ? never() : stop };
    const end: PhaseEnd = await runPhase(phase, limits, drill.phases[phase]);
    if (end.error !== undefined) drill.draft.fail(phase, end.error, drill.log);
    drill.draft.addPhase(phase, end.seconds, drill.bytesOf(phase));
    listener.ended(phase, end.seconds, drill.bytesOf(phase));
    state = nextState(source, phase, end.event);
  }
}

/** Removes the folder, or leaves it to the one who asked for it. */
async function leave(drill: DrillWork, { layout }: Claim, { keep }: DrillParts): Promise<DrillRun['kept']> {
  if (keep && drill.hasRestored) {
    await keepFolder(layout.root);
    return layout;
  }
  try {
    await removeDrillFolder(layout.root);
  } catch (thrown) {
    const message = `${layout.root} could not be removed: ${messageOf(thrown)}`;
    const hint = 'Remove it by hand, once nothing runs in it.';
    drill.draft.fail('stop', new WalguardError('DRILL_FOLDER', message, { hint, cause: thrown }), []);
  }
  return undefined;
}

async function write(report: DrillReport, { settings: { reportsDirectory } }: DrillParts): Promise<DrillReport> {
  await orNoReport(reportsDirectory, async () => {
    await prepareReport(reportsDirectory, report);
    await publishReport(reportsDirectory, report);
  });
  return report;
}

async function orNoReport<T>(directory: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw new WalguardError('DRILL_REPORT', `no report can be written to ${directory}: ${messageOf(thrown)}`, {
      hint: 'Give the user that runs walguard a folder that it may write to, and name it in drills.reports.',
      cause: thrown,
    });
  }
}

function never(): AbortSignal {
  return new AbortController().signal;
}
