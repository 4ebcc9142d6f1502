import type { DrillTarget } from '../../core/drill.ts';
import { availableBytes } from '../../storage/disk.ts';
import type { DrillParts } from '../parts.ts';
import { refuseFullDisk } from '../space.ts';
import { bytesFor, type PreparedDumps, prepareDumps } from './wanted.ts';

/** What a drill of dumps would do now. */
export interface DumpsDryRun extends Pick<PreparedDumps, 'plan' | 'programs'> {
  readonly neededBytes: number;
  /** Undefined if the system does not tell, or drills.directory is not there yet. */
  readonly freeBytes: number | undefined;
}

/** Plans a drill, and touches nothing. Throws what would keep it from being done. */
export async function dryRunOfDumps(parts: DrillParts, asked: DrillTarget | undefined): Promise<DumpsDryRun> {
  const { plan, programs } = await prepareDumps(parts, asked, parts.stop);
  const freeBytes = await availableBytes(parts.settings.directory);
  refuseFullDisk(bytesFor(plan), freeBytes, parts.settings.directory);
  return { plan, programs, neededBytes: bytesFor(plan), freeBytes };
}
