import type { DrillTarget } from '../core/drill.ts';
import { WalguardError } from '../core/error.ts';
import { availableBytes } from '../storage/disk.ts';
import { randomTarget, takeAim } from './aim.ts';
import type { DrillParts } from './parts.ts';
import { makePlan, type Plan } from './plan.ts';
import { findPrograms } from './programs.ts';
import { neededBytes, refuseFullDisk } from './space.ts';

/** What a drill of a backup would do now. */
export interface DryRun {
  readonly plan: Plan;
  /** Undefined if only the restored copy tells which is needed. */
  readonly programDirectory: string | undefined;
  readonly neededBytes: number;
  /** Undefined if the system does not tell, or drills.directory is not there yet. */
  readonly freeBytes: number | undefined;
}

/** Plans a drill, and touches nothing. Throws what would keep it from being done. */
export async function dryRun(parts: DrillParts, asked: DrillTarget | undefined): Promise<DryRun> {
  const { settings, environment, restorerOf, archiveMethod, supplier } = parts;
  const input = await parts.read();
  const plan = makePlan(
    input,
    asked ?? takeAim(settings.aims, () => randomTarget(input, Math.random), Math.random).target,
  );
  const { majorVersion, method = '' } = plan.backup;
  if (restorerOf(method) === undefined) throw noMethod('restore backups of', method);
  if (archiveMethod !== undefined && supplier === undefined) throw noMethod('fetch WAL from', archiveMethod);
  const programDirectory =
    majorVersion === undefined ? undefined : await findPrograms(majorVersion, settings, environment);
  const freeBytes = await availableBytes(settings.directory);
  refuseFullDisk(neededBytes(plan), freeBytes, settings.directory);
  return { plan, programDirectory, neededBytes: neededBytes(plan), freeBytes };
}

/** What walguard has no way to do. */
export function noMethod(what: string, method: string): WalguardError {
  return new WalguardError('DRILL_NO_METHOD', `walguard cannot ${what} ${method}`, {
    hint: 'Restore by the tool itself; docs/drills.md says what walguard restores.',
  });
}
