import { z } from 'zod';

import { closest } from '../core/closest.ts';
import type { DrillSourceKind } from '../core/drill-report.ts';
import type { Policy, RepositoryPolicy } from '../core/recoverability.ts';
import {
  type ArchiveSettings,
  archiveSource,
  type BackupSettings,
  backupSource,
  type DumpSettings,
  dumpSource,
} from './source-methods.ts';
import { type DrillChecks, drillChecksSection, toDrillChecks } from './drill-checks.ts';
import { count, interval, parsedAs, plainName, rate, span, timeZone, word } from './values.ts';

/** WAL known to be lost, by the names of its first and last segment: their numbers need the size of segments. */
export interface AcceptedGap {
  readonly from: string;
  readonly to: string;
  readonly reason: string | undefined;
}

/** One store of backups and WAL, as the configuration has it. */
export interface RepositorySettings {
  readonly name: string;
  /** Between two readings of a source. */
  readonly intervalMs: number;
  readonly policy: Omit<RepositoryPolicy, 'acceptedGaps'>;
  readonly acceptedGaps: readonly AcceptedGap[];
  readonly archive: ArchiveSettings | undefined;
  /** Each with a method of its own. */
  readonly backups: readonly BackupSettings[];
  /** The same. */
  readonly dumps: readonly DumpSettings[];
  /** What drills of it restore, and so what its metrics of drills are of. */
  readonly drillSource: DrillSourceKind;
  /** What a drill looks at, beside what it always does. */
  readonly drillChecks: DrillChecks;
}

/** What is wanted of one target. */
export interface RecoverabilitySettings {
  readonly policy: Policy;
  /** Application names of programs that keep the WAL they stream. */
  readonly receivers: readonly string[];
  /** Names of the repositories that hold its backups and WAL. */
  readonly repositories: readonly string[];
}

const DEFAULT_RECEIVERS: readonly string[] = ['pg_receivewal', 'barman_receive_wal'];

const DEFAULT_INTERVAL_MS = 60_000;
/** Asynchronous archiving puts segments there out of order. */
const DEFAULT_PENDING_AFTER_SECONDS = 120;
/** The database that nearly every server has, and few use. */
const DEFAULT_DUMP_EXCLUDE: readonly string[] = ['postgres'];

/** A segment's number in its log is below 2^32 divided by the size of segments, which is 1 MB at least. */
const segment = parsedAs('Give the name of a WAL segment such as 000000010000000000000021', (text) =>
  /^(?!0{8})[0-9A-F]{16}00000[0-9A-F]{3}$/.test(text) ? text : undefined,
);

const acceptedGap = z
  .strictObject({ from: segment, to: segment.optional(), reason: word.optional() })
  .superRefine(({ from, to = from }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', path: ['to'], message, input: to });
    if (from.slice(0, 8) !== to.slice(0, 8))
      refuse(`Give a segment of the timeline of ${from}, and each timeline a gap of its own`);
    else if (to < from) refuse(`Give a segment that does not come before ${from}`);
  });

const retention = z.strictObject({
  daily: count.optional(),
  weekly: count.optional(),
  monthly: count.optional(),
  pitr: span.optional(),
  minimum_redundancy: count.optional(),
});

const repository = z
  .strictObject({
    interval: interval.default(DEFAULT_INTERVAL_MS),
    time_zone: timeZone.default('UTC'),
    backup_interval: span.optional(),
    drill_interval: span.optional(),
    dump_interval: span.optional(),
    dump_exclude: z.array(word).default([...DEFAULT_DUMP_EXCLUDE]),
    retention: retention.default({}),
    accepted_gaps: z.array(acceptedGap).default([]),
    pending_after: span.default(DEFAULT_PENDING_AFTER_SECONDS),
    restore_rate: rate.optional(),
    replay_rate: rate.optional(),
    archive: archiveSource.optional(),
    backups: z.array(backupSource).default([]),
    dumps: z.array(dumpSource).default([]),
    drill: drillChecksSection.prefault({}),
  })
  .superRefine(({ archive, backups, dumps }, context) => {
    if (archive === undefined && backups.length === 0 && dumps.length === 0)
      context.addIssue({
        code: 'invalid_union',
        errors: [],
        path: ['archive'],
        message: 'Or name its backups or dumps',
        input: undefined,
      });
    refuseTwice('backups', backups, context);
    refuseTwice('dumps', dumps, context);
  });

/** What is said of a source names it by its repository and method. */
function refuseTwice(
  key: string,
  sources: readonly { readonly method: string }[],
  context: Pick<z.core.$RefinementCtx, 'addIssue'>,
): void {
  for (const [index, { method }] of sources.entries())
    if (sources.findIndex((other) => other.method === method) < index)
      context.addIssue({
        code: 'custom',
        path: [key, index, 'method'],
        message: 'Give the second of one method a repository of its own',
        input: method,
      });
}

export const repositoriesSection = z.record(plainName, repository);

export const recoverabilitySection = z.strictObject({
  rpo: span.optional(),
  rto: span.optional(),
  receivers: z.array(word).default([...DEFAULT_RECEIVERS]),
  repositories: z.array(word).optional(),
});

export type RepositoriesValue = z.output<typeof repositoriesSection>;
export type RecoverabilityValue = z.output<typeof recoverabilitySection>;

/** Each of the named repositories is there, and named once. @param section where `recoverability` stands */
export function checkNames(
  { repositories, recoverability }: SectionValues,
  context: Pick<z.core.$RefinementCtx, 'addIssue'>,
  section: readonly PropertyKey[] = [],
): void {
  const known = Object.keys(repositories ?? {});
  for (const [index, name] of (recoverability?.repositories ?? []).entries()) {
    const path = [...section, 'recoverability', 'repositories', index];
    const near = closest(name, known);
    const hint = near === undefined ? `Known are: ${known.join(', ')}` : `Did you mean "${near}"?`;
    if (!known.includes(name))
      context.addIssue({
        code: 'custom',
        path,
        message: known.length === 0 ? 'Describe it under repositories' : hint,
        input: name,
      });
    else if (recoverability?.repositories?.indexOf(name) !== index)
      context.addIssue({ code: 'custom', path, message: 'Name it once', input: name });
  }
}

/** The two sections; nothing is what is not there, or is all commented out. */
export interface SectionValues {
  readonly repositories?: RepositoriesValue | null | undefined;
  readonly recoverability?: RecoverabilityValue | null | undefined;
}

export function toRepositories(value: RepositoriesValue): readonly RepositorySettings[] {
  return Object.entries(value).map(([name, given]) => ({
    name,
    intervalMs: given.interval,
    policy: {
      backupIntervalSeconds: given.backup_interval,
      drillIntervalSeconds: given.drill_interval,
      drillSource: drillSourceOf(given),
      dumpIntervalSeconds: given.dump_interval,
      dumpExclude: given.dump_exclude,
      retention: {
        daily: given.retention.daily,
        weekly: given.retention.weekly,
        monthly: given.retention.monthly,
        pitrSeconds: given.retention.pitr,
        minimumRedundancy: given.retention.minimum_redundancy,
      },
      timeZone: given.time_zone,
      restoreBytesPerSecond: given.restore_rate,
      replayBytesPerSecond: given.replay_rate,
      pendingAfterSeconds: given.pending_after,
    },
    acceptedGaps: given.accepted_gaps.map(({ from, to = from, reason }) => ({ from, to, reason })),
    archive: given.archive,
    backups: given.backups,
    dumps: given.dumps,
    drillSource: drillSourceOf(given),
    drillChecks: toDrillChecks(given.drill),
  }));
}

/** Backups where there are any: with their WAL they lead to any moment. */
function drillSourceOf({ drill, backups, dumps }: z.output<typeof repository>): DrillSourceKind {
  return drill.source ?? (backups.length === 0 && dumps.length > 0 ? 'dumps' : 'backups');
}

/** @param known names of all repositories, which are meant if none is named */
export function toRecoverability(
  value: RecoverabilityValue | undefined,
  known: readonly string[],
): RecoverabilitySettings {
  return {
    policy: { rpoSeconds: value?.rpo, rtoSeconds: value?.rto },
    receivers: value?.receivers ?? DEFAULT_RECEIVERS,
    repositories: value?.repositories ?? known,
  };
}
