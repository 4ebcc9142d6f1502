import { z } from 'zod';

import { DRILL_PHASES, type DrillPhase } from '../core/drill-report.ts';
import { absolutePath, parsedAs, span, word } from './values.ts';

/** To where a drill recovers if it is not told: the end of what is archived, or a moment of the window by chance. */
const DRILL_AIMS = ['latest', 'random'] as const;
export type DrillAim = (typeof DRILL_AIMS)[number];

const PRIORITIES = ['low', 'normal'] as const;

/** Where restore drills work and report, and with what. */
export interface DrillSettings {
  /** Restored servers are put here, each into a folder of its own that is removed afterwards. */
  readonly directory: string;
  /** Of each repository a folder with the reports of its drills. */
  readonly reportsDirectory: string;
  /** Where the programs of PostgreSQL are looked for, in this order; `{major}` becomes the backup's, as `15`. */
  readonly programDirectories: readonly string[];
  /** A superuser of the restored server. */
  readonly user: string;
  /** Libraries that the restored server loads; what the original preloads counts for nothing. */
  readonly preload: readonly string[];
  readonly aims: readonly [DrillAim, ...DrillAim[]];
  /** Low: everything else on the host goes first. */
  readonly priority: (typeof PRIORITIES)[number];
  /** How long each phase may take. */
  readonly timeLimitsSeconds: Readonly<Record<DrillPhase, number>>;
}

const DEFAULT_PROGRAMS: readonly string[] = ['/usr/lib/postgresql/{major}/bin', '/usr/pgsql-{major}/bin'];
const DEFAULT_LIMITS_SECONDS: Readonly<Record<DrillPhase, number>> = {
  plan: 600,
  restore: 86_400,
  start: 300,
  recovery: 86_400,
  checks: 21_600,
  stop: 300,
};

const library = parsedAs('Give the name of a library such as pg_stat_statements', (text) =>
  /^[\w$./-]+$/.test(text) ? text : undefined,
);

const limits = z.strictObject(
  Object.fromEntries(
    DRILL_PHASES.map((phase) => [phase, span.default(DEFAULT_LIMITS_SECONDS[phase])]),
  ) as unknown as Readonly<Record<DrillPhase, z.ZodDefault<typeof span>>>,
);

export const drillsSection = z.strictObject({
  directory: absolutePath,
  reports: absolutePath.optional(),
  postgres: z.array(absolutePath).default([...DEFAULT_PROGRAMS]),
  user: word.default('postgres'),
  preload: z.array(library).default([]),
  targets: z.array(z.enum(DRILL_AIMS)).min(1, 'Give latest, random or both').default(['latest']),
  priority: z.enum(PRIORITIES).default('low'),
  time_limits: limits.prefault({}),
});

export type DrillsValue = z.output<typeof drillsSection>;

export function toDrills(value: DrillsValue): DrillSettings {
  const { directory, reports = `${directory}/reports`, targets } = value;
  const [first = 'latest', ...others] = targets;
  return {
    directory,
    reportsDirectory: reports,
    programDirectories: value.postgres,
    user: value.user,
    preload: value.preload,
    aims: [first, ...others],
    priority: value.priority,
    timeLimitsSeconds: value.time_limits,
  };
}
