import { z } from 'zod';

import { absolutePath } from './values.ts';

/** Where restore drills work and report. */
export interface DrillSettings {
  /** Restored servers are put here, each into a folder of its own that is removed afterwards. */
  readonly directory: string;
  /** Of each repository a folder with the reports of its drills. */
  readonly reportsDirectory: string;
}

export const drillsSection = z.strictObject({ directory: absolutePath, reports: absolutePath.optional() });

export type DrillsValue = z.output<typeof drillsSection>;

export function toDrills({ directory, reports = `${directory}/reports` }: DrillsValue): DrillSettings {
  return { directory, reportsDirectory: reports };
}
