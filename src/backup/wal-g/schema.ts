import { z } from 'zod';

/** An integer that may be too large for a number; see parseExactJson. */
const large = z.union([z.string().regex(/^\d+$/), z.int().nonnegative()]);
const lsn = large.transform((value) => BigInt(value)).nullish();
const identifier = large.transform(String).nullish();
const bytes = z.number().nonnegative().nullish();
const version = z.int().nonnegative().nullish();
/** RFC 3339 with up to nine digits behind the second; the year 1 stands for nothing. */
const time = z.string().nullish();

const details = z.object({
  start_time: time,
  finish_time: time,
  pg_version: version,
  start_lsn: lsn,
  finish_lsn: lsn,
  system_identifier: identifier,
  uncompressed_size: bytes,
  compressed_size: bytes,
});

/** `wal-g backup-list --detail --json`, versions 0.2 to 3.0: BackupDetail in backup_detail.go. */
export const listedSchema = details.extend({ backup_name: z.string().min(1), time });

/** `metadata.json` of a backup: ExtendedMetadataDto in backup_sentinel_dto.go. */
export const metadataSchema = details;

/** `<backup>_backup_stop_sentinel.json`: BackupSentinelDto, in newer versions BackupSentinelDtoV2, in the same file. */
export const sentinelSchema = z.object({
  LSN: lsn,
  FinishLSN: lsn,
  PgVersion: version,
  SystemIdentifier: identifier,
  UncompressedSize: bytes,
  CompressedSize: bytes,
  /** Of the database; newer versions tell. */
  DataCatalogSize: bytes,
  DeltaFrom: z.string().nullish(),
  StartTime: time,
  FinishTime: time,
});

/** What WAL-G tells of one backup, whichever way. */
export interface Told {
  readonly startTime?: string | null | undefined;
  readonly finishTime?: string | null | undefined;
  readonly startLsn?: bigint | null | undefined;
  readonly finishLsn?: bigint | null | undefined;
  readonly pgVersion?: number | null | undefined;
  readonly systemIdentifier?: string | null | undefined;
  readonly uncompressedBytes?: number | null | undefined;
  readonly compressedBytes?: number | null | undefined;
  readonly databaseBytes?: number | null | undefined;
  /** Name of the backup that a delta builds upon. */
  readonly parent?: string | null | undefined;
}

export function toldByDetails(given: z.output<typeof details>): Told {
  return {
    startTime: given.start_time,
    finishTime: given.finish_time,
    startLsn: given.start_lsn,
    finishLsn: given.finish_lsn,
    pgVersion: given.pg_version,
    systemIdentifier: given.system_identifier,
    uncompressedBytes: given.uncompressed_size,
    compressedBytes: given.compressed_size,
  };
}

export function toldBySentinel(given: z.output<typeof sentinelSchema>): Told {
  return {
    startTime: given.StartTime,
    finishTime: given.FinishTime,
    startLsn: given.LSN,
    finishLsn: given.FinishLSN,
    pgVersion: given.PgVersion,
    systemIdentifier: given.SystemIdentifier,
    uncompressedBytes: given.UncompressedSize,
    compressedBytes: given.CompressedSize,
    databaseBytes: given.DataCatalogSize,
    parent: given.DeltaFrom,
  };
}
