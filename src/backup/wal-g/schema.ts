import { z } from 'zod';

/** 0, '' and null stand for what WAL-G does not know. */
function unlessNothing<T>(value: T | null | undefined): T | undefined {
  return value || undefined;
}

/** An integer that may be too large for a number; see parseExactJson. */
const large = z.union([z.string().regex(/^\d+$/), z.int().nonnegative()]).nullish();
const lsn = large.transform((value) => unlessNothing(BigInt(value ?? 0)));
const identifier = large.transform((value) => unlessNothing(value)?.toString());
const quantity = z.number().nonnegative().nullish().transform(unlessNothing);
/** RFC 3339 with up to nine digits behind the second; the year 1 stands for nothing. To Unix seconds. */
const time = z
  .string()
  .nullish()
  .transform((text) => {
    const seconds = Date.parse(text ?? '') / 1000;
    return seconds > 0 ? seconds : undefined;
  });

const detailsSchema = z.object({
  start_time: time,
  finish_time: time,
  pg_version: quantity,
  start_lsn: lsn,
  finish_lsn: lsn,
  system_identifier: identifier,
  uncompressed_size: quantity,
  compressed_size: quantity,
});

const listedSchema = detailsSchema.extend({ backup_name: z.string().min(1), time });

const sentinelSchema = z.object({
  LSN: lsn,
  FinishLSN: lsn,
  PgVersion: quantity,
  SystemIdentifier: identifier,
  UncompressedSize: quantity,
  CompressedSize: quantity,
  /** Of the database; newer versions tell. */
  DataCatalogSize: quantity,
  DeltaFrom: z.string().nullish().transform(unlessNothing),
  StartTime: time,
  FinishTime: time,
});

/** Spec of a sentinel, null where there are no tablespaces: TablespaceSpec in tablespace_spec.go. */
const specSchema = z.object({
  Spec: z.object({ tablespaces: z.array(z.string().regex(/^\d+$/)).nullish() }).nullish(),
});

/** What WAL-G tells of one backup, whichever way. Undefined is not told. */
export interface Told {
  readonly startTimeSeconds: number | undefined;
  readonly stopTimeSeconds: number | undefined;
  readonly startLsn: bigint | undefined;
  readonly stopLsn: bigint | undefined;
  /** As server_version_num. */
  readonly pgVersion: number | undefined;
  readonly systemIdentifier: string | undefined;
  readonly uncompressedBytes: number | undefined;
  readonly compressedBytes: number | undefined;
  readonly databaseBytes: number | undefined;
  /** Name of the backup that a delta builds upon. */
  readonly parent: string | undefined;
}

export interface Listed {
  readonly label: string;
  /** When its sentinel was written, Unix seconds. */
  readonly storedSeconds: number | undefined;
  readonly told: Told;
}

/** An entry of `wal-g backup-list --detail --json`: BackupDetail in backup_detail.go. An Error names what is wrong. */
export function readListed(value: unknown): Listed | Error {
  const parsed = listedSchema.safeParse(value);
  if (!parsed.success) return wrong(parsed.error);
  const { backup_name: label, time: storedSeconds } = parsed.data;
  return { label, storedSeconds, told: toldByDetails(parsed.data) };
}

/** `metadata.json` of a backup: ExtendedMetadataDto in backup_sentinel_dto.go. An Error names what is wrong. */
export function readMetadata(value: unknown): Told | Error {
  const parsed = detailsSchema.safeParse(value);
  return parsed.success ? toldByDetails(parsed.data) : wrong(parsed.error);
}

/**
 * `<backup>_backup_stop_sentinel.json`: BackupSentinelDto, in newer versions BackupSentinelDtoV2, in the same file. An
 * Error names what is wrong.
 */
export function readSentinel(value: unknown): Told | Error {
  const parsed = sentinelSchema.safeParse(value);
  if (!parsed.success) return wrong(parsed.error);
  const given = parsed.data;
  return {
    startTimeSeconds: given.StartTime,
    stopTimeSeconds: given.FinishTime,
    startLsn: given.LSN,
    stopLsn: given.FinishLSN,
    pgVersion: given.PgVersion,
    systemIdentifier: given.SystemIdentifier,
    uncompressedBytes: given.UncompressedSize,
    compressedBytes: given.CompressedSize,
    databaseBytes: given.DataCatalogSize,
    parent: given.DeltaFrom,
  };
}

/** OIDs of the tablespaces that a sentinel tells; undefined for what is no sentinel. */
export function readTablespaces(value: unknown): readonly string[] | undefined {
  const parsed = specSchema.safeParse(value);
  return parsed.success ? (parsed.data.Spec?.tablespaces ?? []) : undefined;
}

function toldByDetails(given: z.output<typeof detailsSchema>): Told {
  return {
    startTimeSeconds: given.start_time,
    stopTimeSeconds: given.finish_time,
    startLsn: given.start_lsn,
    stopLsn: given.finish_lsn,
    pgVersion: given.pg_version,
    systemIdentifier: given.system_identifier,
    uncompressedBytes: given.uncompressed_size,
    compressedBytes: given.compressed_size,
    databaseBytes: undefined,
    parent: undefined,
  };
}

function wrong({ issues }: z.ZodError): Error {
  return new Error(`${issues[0]?.path.join('.') || 'it'} is not as expected`);
}
