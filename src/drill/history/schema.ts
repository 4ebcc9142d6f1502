import { z } from 'zod';

import {
  DRILL_CHECK_KINDS,
  DRILL_CHECK_RESULTS,
  DRILL_OUTCOMES,
  DRILL_PHASES,
  DRILL_REPORT_VERSION,
  DRILL_SOURCES,
  DRILL_WANTED_KINDS,
  type DrillReport,
} from '../../core/drill-report.ts';

const LONGEST_TEXT = 2_000;
const MOST_ENTRIES = 1_000;
/** The year 9999: what is beyond has no date. */
const LAST_SECOND = 253_402_300_799;

/** A text for a person, of which nobody needs more. */
const text = z.string().transform((value) => value.slice(0, LONGEST_TEXT));
const amount = z.number().nonnegative();
const time = amount.max(LAST_SECOND);
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);
/** A program may write null for what it does not know. */
const told = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const few = <T extends z.ZodType>(type: T) => z.array(type).max(MOST_ENTRIES);

const failure = z.object({
  phase: z.enum(DRILL_PHASES),
  code: text,
  message: text,
  hint: told(text),
  log: told(few(text)),
});

const wanted = z.object({
  kind: z.enum(DRILL_WANTED_KINDS),
  seconds: told(time),
  lsn: told(lsn),
  name: told(text),
  random: told(z.boolean()),
});

const backup = z.object({
  label: text,
  method: text,
  type: told(text),
  stopTimeSeconds: time,
  majorVersion: told(z.int().positive()),
  systemIdentifier: told(text),
  verifiedBy: told(z.enum(['manifest', 'tool'])),
});

const check = z.object({
  name: text,
  kind: z.enum(DRILL_CHECK_KINDS),
  result: z.enum(DRILL_CHECK_RESULTS),
  datname: told(text),
  expected: told(text),
  found: told(text),
  message: told(text),
  seconds: amount,
});

/** Before all else is looked at: a newer version may have any shape. */
export const versionSchema = z.object({ version: z.int() });

/** One report as `walguard drill` writes it. Keys that are not known are ignored. */
export const reportSchema: z.ZodType<DrillReport> = z
  .object({
    version: z.literal(DRILL_REPORT_VERSION),
    id: text,
    repository: text,
    source: told(z.enum(DRILL_SOURCES)),
    startedSeconds: time,
    endedSeconds: time,
    outcome: z.enum(DRILL_OUTCOMES),
    failure: told(failure),
    wanted,
    backup: told(backup),
    phases: few(z.object({ phase: z.enum(DRILL_PHASES), seconds: amount, bytes: told(amount) })),
    rtoSeconds: told(amount),
    recoveredTo: told(z.object({ seconds: told(time), lsn: told(lsn), timeline: told(z.int().positive()) })),
    shortfallSeconds: told(amount),
    replayedSegments: told(z.int().nonnegative()),
    peakDiskBytes: told(amount),
    checks: few(check),
    warnings: told(few(text)),
  })
  .refine(({ startedSeconds, endedSeconds }) => endedSeconds >= startedSeconds, { path: ['endedSeconds'] });
