/** What global/pg_control tells of the server that a copy was made of. */
export interface ControlFile {
  readonly systemIdentifier: string;
  readonly segmentBytes: number;
  /** Of a page, and of a file of a relation in pages. */
  readonly pageBytes: number;
  readonly pagesInFile: number;
  readonly hasChecksums: boolean;
  /** A standby refuses to be less than its primary in any of these. */
  readonly minima: Readonly<Record<MinimumSetting, number>>;
}

/** Settings that recovery does not let be below those of the server that wrote the WAL. */
export const MINIMUM_SETTINGS = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const;
export type MinimumSetting = (typeof MINIMUM_SETTINGS)[number];

export const CONTROL_FILE_BYTES = 256;
const SETTINGS_AT = 180;
const FLOAT_FORMAT_AT = 208;
/** What every build writes there: where it stands, the rest stands where it should. */
const FLOAT_FORMAT = 1_234_567;
const PAGE_SIZE_AT = 216;
const FILE_SIZE_AT = 220;
const SEGMENT_SIZE_AT = 228;
const CHECKSUMS_AT = 252;

/**
 * Reads what ControlFileData of PostgreSQL 13 to 18 has at the same places in all of them; undefined if it is anything
 * else, as from another architecture.
 *
 * Source: src/include/catalog/pg_control.h.
 */
export function readControlFile(bytes: Buffer): ControlFile | undefined {
  if (bytes.length < CONTROL_FILE_BYTES || bytes.readDoubleLE(FLOAT_FORMAT_AT) !== FLOAT_FORMAT) return undefined;
  const minima = MINIMUM_SETTINGS.map((name, index) => [name, bytes.readInt32LE(SETTINGS_AT + 4 * index)] as const);
  return {
    systemIdentifier: String(bytes.readBigUInt64LE(0)),
    segmentBytes: bytes.readUInt32LE(SEGMENT_SIZE_AT),
    pageBytes: bytes.readUInt32LE(PAGE_SIZE_AT),
    pagesInFile: bytes.readUInt32LE(FILE_SIZE_AT),
    hasChecksums: bytes.readUInt32LE(CHECKSUMS_AT) !== 0,
    minima: Object.fromEntries(minima) as Readonly<Record<MinimumSetting, number>>,
  };
}
