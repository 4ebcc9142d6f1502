import type { DrillTarget } from '../core/drill.ts';
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
  const { settings, environment } = parts;
  const input = await parts.read(parts.stop);
  const plan = makePlan(
    input,
    asked ?? takeAim(settings.aims, () => randomTarget(input, Math.random), Math.random).target,
  );
  const { majorVersion } = plan.backup;
  const programDirectory =
    majorVersion === undefined ? undefined : await findPrograms(majorVersion, settings, environment);
  const freeBytes = await availableBytes(settings.directory);
  refuseFullDisk(neededBytes(plan), freeBytes, settings.directory);
  return { plan, programDirectory, neededBytes: neededBytes(plan), freeBytes };
}
