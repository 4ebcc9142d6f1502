import { z } from 'zod';

import {
  DRILL_CHECK_KINDS,
  DRILL_CHECK_RESULTS,
  DRILL_OUTCOMES,
  DRILL_PHASES,
  DRILL_SOURCES,
  DRILL_WANTED_KINDS,
} from '../../core/drill-report.ts';
import { DUMP_FORMATS, DUMP_SCOPES } from '../../core/dumps.ts';

export const known = <T extends z.ZodType>(type: T, says: string): z.ZodNullable<T> => type.nullable().describe(says);
export const time = z.iso.datetime({ precision: 3 });
export const seconds = z.number();
export const count = z.int().min(0);
export const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);
export const timeline = z.int().min(1);
export const omitted = (what: string): z.ZodType<number> =>
  count.describe(`How many ${what} more there are than are listed.`);

const dump = z.object({
  scope: z.enum(DUMP_SCOPES).describe('A database, all of the cluster (pg_dumpall), or its roles and tablespaces.'),
  datname: known(z.string(), 'null for another scope, and where nobody can tell of which database it is.'),
  is_wanted: known(
    z.boolean(),
    'The server has this database, and it is not excluded; null while it is not known what it has.',
  ),
  held: count.describe('How many are held, also those that are no good.'),
  file: z.string().describe('The newest, below the folder that is read.'),
  format: known(z.enum(DUMP_FORMATS), 'null where it was not looked into.'),
  packing: z.string().describe('What its file was compressed or encrypted with; empty if with nothing.'),
  written_at: known(time, 'When the newest was written.'),
  size_bytes: z.number().describe('Of the newest as it is stored.'),
  valid: known(z.boolean(), 'Of the newest; null while it is not known.'),
  problem: known(z.string(), 'What is wrong with the newest, or why it could not be looked at.'),
  last_good_at: known(time, 'When the newest was written that is not known to be no good.'),
  last_good_bytes: known(z.number(), 'Size of that one.'),
  ratio: known(z.number(), 'Size of that one to the one before it of the same format.'),
});

export const dumps = z.object({
  newest: z.array(dump).describe('For each database the newest dump; what is no good first, then the oldest.'),
  newest_omitted: omitted('databases with dumps'),
  running: count.describe('Dumps that are being written.'),
  databases_without: known(z.array(z.string()), 'Of the server; null while it is not known what it has.'),
  databases_without_omitted: omitted('databases without a dump'),
});

const drillCheck = z.object({
  name: z.string(),
  kind: z.enum(DRILL_CHECK_KINDS),
  result: z.enum(DRILL_CHECK_RESULTS),
  datname: known(z.string(), 'null for a check of the whole server.'),
  expected: known(z.string(), 'null where nothing is compared.'),
  found: known(z.string(), 'null where nothing is compared.'),
  message: known(z.string(), 'Why it failed or was skipped.'),
  seconds,
});

const drill = z.object({
  id: z.string().describe('Of its report, in the folder of reports.'),
  source: z
    .enum(DRILL_SOURCES)
    .describe('What it restored. Metrics and findings count what drill.source of the repository says.'),
  started_at: known(time, 'By the clock of the host that ran it, as all times but those of the server.'),
  ended_at: known(time, 'When it had stopped what it started and removed what it restored.'),
  outcome: z.enum(DRILL_OUTCOMES),
  wanted: z.object({
    kind: z.enum(DRILL_WANTED_KINDS),
    at: known(time, "By the server's clock; null where it is not known."),
    lsn: known(lsn, 'null where it is not known.'),
    name: known(z.string(), 'Of a point that pg_create_restore_point named.'),
    random: z.boolean().describe('Chosen by chance, by the policy.'),
  }),
  backup: known(
    z.object({
      label: z.string(),
      method: z.string(),
      type: known(z.string(), 'null for a dump.'),
      stopped_at: known(time, 'When it ended.'),
      verified_by: known(z.enum(['manifest', 'tool']), 'What proved its files whole; null if nothing did.'),
    }),
    'What was restored; null if nothing was found.',
  ),
  phases: z
    .array(
      z.object({
        phase: z.enum(DRILL_PHASES),
        seconds,
        bytes: known(z.number(), 'Copied back, replayed or read; null where nothing is counted.'),
      }),
    )
    .describe('Those that were reached, in their order.'),
  rto_seconds: known(
    seconds,
    'From the beginning of the restore until the wanted moment; null if that was not reached.',
  ),
  recovered_to: known(
    z.object({
      at: known(
        time,
        "Of the last commit that is in it, by the server's clock, null if none was replayed; when the oldest dump was written.",
      ),
      lsn: known(lsn, 'null for dumps.'),
      timeline: known(timeline, 'null for dumps.'),
    }),
    'null if it did not get so far.',
  ),
  shortfall_seconds: known(
    seconds,
    'From there to the last commit that is known before the wanted moment; 0: nothing is missing; null for dumps.',
  ),
  replayed_segments: known(count, 'null if none was counted.'),
  peak_disk_bytes: known(z.number(), 'The most that its folder held.'),
  checks: z.array(drillCheck).describe('Those that failed first.'),
  checks_omitted: omitted('checks that passed or were skipped'),
  warnings: z.array(z.string()).describe('What should be known, and did not make it fail.'),
  failure: known(
    z.object({
      phase: z.enum(DRILL_PHASES),
      code: z.string(),
      message: z.string(),
      hint: known(z.string(), 'The cure.'),
      log: z.array(z.string()).describe('The last lines of the restored server, or of the tool that restored.'),
    }),
    'null if it succeeded.',
  ),
});

export const drills = z.object({
  last_success_at: known(time, 'When the last successful one ended; null before the first.'),
  runs: z.array(drill).describe('The newest first.'),
  runs_omitted: omitted('older drills'),
  unreadable: z.array(z.string()).describe('Why single reports do not count.'),
  unreadable_omitted: omitted('such reports'),
});
