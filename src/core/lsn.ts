/** A WAL position in bytes since the start of the WAL. 64 bits: always a bigint. */
export type Lsn = bigint;

const LSN_TEXT = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;
const WAL_FILE = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial|\.[0-9A-F]{8}\.backup)?$/;
const BYTES_PER_LOG = 1n << 32n;

/** Reads PostgreSQL's text of a pg_lsn (`16/B374D848`); undefined if it is not one. */
export function parseLsn(text: string): Lsn | undefined {
  const match = LSN_TEXT.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
}

/** A position as PostgreSQL writes it: `16/B374D848`. */
export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}

/** What the name of a file in the WAL archive says. */
export interface WalFileName {
  readonly timeline: number;
  /** First byte of the segment. */
  readonly start: Lsn;
  /** First byte after the segment; for a `.partial` only the start is known to be there, so it equals `start`. */
  readonly end: Lsn;
}

/**
 * Reads the name of a WAL segment, of its `.partial`, or of a `.backup` label file, which PostgreSQL archives right
 * after the segment it names. Undefined for a `.history` file, which carries no position, and for anything else.
 *
 * @param segmentBytes the server's wal_segment_size
 */
export function parseWalFileName(name: string, segmentBytes: number): WalFileName | undefined {
  const match = WAL_FILE.exec(name);
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
  const size = BigInt(segmentBytes);
  const start = BigInt(`0x${match[2]}`) * BYTES_PER_LOG + BigInt(`0x${match[3]}`) * size;
  const end = match[4] === '.partial' ? start : start + size;
  return { timeline: Number.parseInt(match[1], 16), start, end };
}

/** The first byte of the segment that holds the position. */
export function segmentStart(lsn: Lsn, segmentBytes: number): Lsn {
  return lsn - (lsn % BigInt(segmentBytes));
}
