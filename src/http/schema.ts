import { z } from 'zod';

import { EXPOSURE_METHODS, RECOVERABILITIES, RETENTION_RULES, VERDICTS } from '../core/recoverability.ts';
import { count, drills, dumps, known, lsn, omitted, seconds, time, timeline } from './parts/schema.ts';

/** Of the document below. A key that is added leaves it as it is; one that is renamed, removed or means else does not. */
export const STATUS_SCHEMA_VERSION = 1;

const finding = z.object({
  finding: z.string().describe('Name of one of the closed list of findings.'),
  severity: z.enum(['critical', 'warning']),
  present: known(z.boolean(), 'null while its input is not known.'),
  value: known(z.number(), 'In `unit`; null if there is none, or it is not known.'),
  threshold: known(z.number(), 'In `unit`; null if there is none.'),
  unit: known(
    z.enum(['seconds', 'bytes', 'segments', 'backups', 'files', 'dumps', 'databases', 'drills']),
    'Of value and threshold.',
  ),
  message: known(z.string(), 'What was seen, one sentence; null if it is not present.'),
  evidence: z.array(z.string()).describe('Names of files, backups or sources that show it; a few of them.'),
  cure: z.string(),
});

const backup = z.object({
  label: z.string(),
  method: known(z.string(), 'The tool that told it.'),
  type: z.enum(['full', 'differential', 'incremental']),
  recoverability: z.enum(RECOVERABILITIES),
  reason: known(z.string(), 'Why it is not `pitr`.'),
  started_at: known(time, 'When it began.'),
  stopped_at: known(time, 'When it ended: no earlier moment can be restored from it.'),
  timeline: known(timeline, 'Of the server when it began.'),
  start_lsn: known(lsn, 'Where the WAL begins that it needs.'),
  stop_lsn: known(lsn, 'Where the WAL ends that it needs.'),
  needs: z.array(z.string()).describe('Labels of the backups without which it cannot be restored.'),
  has_errors: z.boolean().describe('Page or validation errors were found in it.'),
  size_bytes: known(z.number(), 'Of the database.'),
  stored_bytes: known(z.number(), 'What it takes in the repository.'),
  encrypted: known(z.boolean(), 'null if its tool does not tell.'),
});

const window = z.object({
  earliest_at: known(time, 'The earliest moment that can be restored.'),
  latest_at: known(time, 'The latest; null if it is not known when the last commit in it was made.'),
  latest_lsn: lsn,
  timeline,
  backups: z.array(z.string()).describe('Labels of the backups it can be restored from, oldest first.'),
  backups_omitted: omitted('older backups'),
});

const gap = z.object({
  timeline,
  first_file: z.string(),
  last_file: z.string(),
  segments: count,
  accepted: z.boolean().describe('By the configuration: shown, and not counted.'),
  reason: known(z.string(), 'Why it was accepted, as the configuration says.'),
  after_at: known(time, 'When the last segment before it came into the archive.'),
  before_at: known(time, 'When the first segment behind it came into the archive.'),
});

const span = z.object({
  timeline,
  first_file: z.string(),
  last_file: z.string(),
  segments: count,
  from_at: known(time, 'When the first of them came into the archive.'),
  to_at: known(time, 'When the last of them came into the archive.'),
});

const archive = z.object({
  segments: count,
  oldest_at: known(time, 'When the oldest segment came into the archive.'),
  newest_at: known(time, 'When the newest segment came into the archive.'),
  newest_end_lsn: known(lsn, 'End of the newest segment of the newest timeline.'),
  newest_timeline: known(timeline, 'The newest timeline with segments.'),
  pending_segments: count.describe('Still on their way.'),
  orphan_segments: count.describe('On a branch that was abandoned.'),
  timelines: z.array(timeline),
  bad_files: z.array(z.object({ name: z.string(), reason: z.string() })),
  bad_files_omitted: omitted('bad files'),
  spans: z.array(span).describe('Segments that follow each other without a hole; by timeline, then oldest first.'),
  spans_omitted: omitted('older spans'),
});

const unlisted = z.object({
  label: z.string(),
  file: z.string().describe('The `.backup` file of the archive that tells of it.'),
  from_standby: z.boolean(),
  started_at: known(time, 'When it began.'),
  stopped_at: known(time, 'When it ended.'),
  timeline,
  start_lsn: lsn,
  stop_lsn: lsn,
});

const retention = z.object({
  rule: z.enum(RETENTION_RULES),
  satisfied: z.boolean(),
  required: z.number().describe('Slots, seconds (pitr) or backups asked for, after warming up was allowed for.'),
  present: z.number(),
  warming_up: z.boolean().describe('The first backup is younger than the rule is long.'),
});

const calendar = z.object({
  unit: z.enum(['daily', 'weekly', 'monthly']),
  slots: z
    .array(
      z.object({
        first_day: z.string().describe('In the time zone of the repository, as 2026-11-22.'),
        usable_backups: count,
        required: z.boolean().describe('The retention rule asks for a usable backup in it.'),
      }),
    )
    .describe('Days, weeks from Monday or months, oldest first; the last is the present one.'),
});

const running = z.object({
  method: z.string(),
  type: known(z.enum(['full', 'differential', 'incremental']), 'null if it is not told.'),
  started_at: known(time, 'When it began.'),
  done_bytes: known(z.number(), 'What was copied so far.'),
  expected_bytes: known(z.number(), 'What there is to copy.'),
});

const repository = z.object({
  name: z.string(),
  time_zone: z.string().describe('IANA name; where days, weeks and months begin.'),
  backup_interval_seconds: known(seconds, 'The oldest that the newest usable backup may be; null if not asked for.'),
  running: known(z.array(running), 'Backups that run now; null if no source tells.'),
  backups: z.array(backup).describe('The newest first.'),
  backups_omitted: omitted('older backups'),
  windows: z.array(window).describe('Spans of time of which any moment can be restored, oldest first.'),
  windows_omitted: omitted('older spans'),
  gaps: z.array(gap).describe('WAL that is missing inside a span that some backup needs, oldest first.'),
  gaps_omitted: omitted('older gaps'),
  archive: known(archive, 'null if none is configured, or it was never read.'),
  unlisted_backups: z
    .array(unlisted)
    .describe(
      'Of which only the archive tells, oldest first: nobody knows where they are, and they count for nothing.',
    ),
  unlisted_backups_omitted: omitted('older ones'),
  retention: z.array(retention),
  calendars: z
    .array(calendar)
    .describe('Where usable backups are: for each retention rule that counts days, weeks or months; else of days.'),
  restore_estimate: known(
    z.object({
      restore_seconds: seconds,
      recovery_seconds: seconds,
      restore_measured_at: known(
        time,
        'When the drill ended that measured how fast backups are copied; null: configured.',
      ),
      recovery_measured_at: known(time, 'The same of replaying WAL.'),
    }),
    'null until a drill measured both rates, or they are configured.',
  ),
  dumps: known(dumps, 'null if none are configured, or they were never read.'),
  drill_interval_seconds: known(
    seconds,
    'The longest that the last successful drill may be ago; null if not asked for.',
  ),
  drills: known(drills, 'null if nobody says where restore drills report, or that was never read.'),
});

const source = z.object({
  repository: z.string(),
  source: z.enum(['backup', 'archive', 'dump', 'drill']),
  method: z.string(),
  up: known(z.boolean(), 'The last reading was understood; null until it was first read.'),
  last_success_at: known(time, "By walguard's clock."),
  read_duration_seconds: known(seconds, 'How long the last reading took.'),
  error: known(
    z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }),
    'Of the last reading if it failed.',
  ),
});

const server = z.object({
  answered_at: known(time, "By walguard's clock."),
  clock_skew_seconds: seconds.describe("The server's clock minus walguard's."),
  system_identifier: known(z.string().regex(/^\d+$/), 'Decimal text: it exceeds 2^53.'),
  timeline: known(timeline, 'Of the WAL written or received.'),
  in_recovery: z.boolean(),
  lsn: known(lsn, 'Written, on a standby received.'),
  archiver_state: known(z.string(), 'As pg_archiver_state has it, without `losing`.'),
  archived_up_to_lsn: known(lsn, 'As PostgreSQL says.'),
});

/** What `/api/v1/status` and `walguard status --json` say. */
export const statusDocument = z.object({
  schema_version: z.literal(STATUS_SCHEMA_VERSION),
  walguard_version: z.string(),
  target: z.string().describe('The server, as the configuration names it; else as host and port.'),
  assessed_at: time.describe("By walguard's clock."),
  status: z.enum(VERDICTS),
  summary: z.string().describe('The answer in one line.'),
  findings: z.array(finding).describe('All of the closed list, those that are not present too.'),
  exposure: known(
    z.object({
      seconds,
      bytes: known(z.string().regex(/^\d+$/), 'Decimal text; null where only the newest backup is left.'),
      method: z.enum(EXPOSURE_METHODS),
      evidence: z.enum(['archive', 'server']).describe("server: PostgreSQL's word only."),
    }),
    "What would be lost if the server's disk died now.",
  ),
  server: known(server, 'What the server said when it last answered; null if it never did.'),
  policy: z.object({
    rpo_seconds: known(seconds, 'null if it is not asked for.'),
    rto_seconds: known(seconds, 'null if it is not asked for.'),
  }),
  repositories: z.array(repository),
  sources: z.array(source),
  archiver_states: z
    .array(
      z.object({
        state: z.string().describe('As pg_archiver_state has it, or `unreachable` while the server did not answer.'),
        from_at: known(time, "By walguard's clock."),
        to_at: known(time, 'When another one was seen, or it was last seen.'),
      }),
    )
    .describe('Of the last day, since walguard was started; oldest first, changes only.'),
  archiver_states_omitted: omitted('older changes'),
});

export type StatusDocument = z.infer<typeof statusDocument>;
export type StatusRepository = StatusDocument['repositories'][number];
export type StatusFinding = StatusDocument['findings'][number];
export type StatusDumps = NonNullable<StatusRepository['dumps']>;
export type StatusDrills = NonNullable<StatusRepository['drills']>;
export type StatusDrill = StatusDrills['runs'][number];
