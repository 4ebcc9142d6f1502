/** What stands at the beginning of an archive of pg_dump, and in the toc.dat of its directories and tars. */
export interface ArchiveHead {
  /** Of the version 1.x of the format. */
  readonly minor: number;
  readonly isCustom: boolean;
  /** Undefined in versions before 1.4. */
  readonly datname: string | undefined;
  /** When pg_dump began, as a clock on its wall showed it, taken for UTC: its zone is not written down. */
  readonly beganSeconds: number | undefined;
  /** Versions of the server it came from and of the pg_dump that made it, as `15.18 (Debian ...)`; those that it tells. */
  readonly versions: readonly string[];
}

/** What of an entry of the table of contents tells whether its data is there. */
export interface TocEntry {
  /** As `TABLE` or `TABLE DATA`. */
  readonly kind: string;
  /** Where its data begins in a custom archive; undefined if it has none, or that was not written down. */
  readonly offset: number | undefined;
  /** The file with its data in a directory or tar; empty if it has none. */
  readonly file: string;
}

export type ArchiveReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly why: string }
  | {
      readonly kind: 'archive';
      readonly head: ArchiveHead;
      /** Undefined if the bytes end before it does, or its version is not known here. */
      readonly toc: readonly TocEntry[] | undefined;
    };

const MAGIC = 'PGDMP';
const CUSTOM = 1;
const TAR = 3;
/** Those of PostgreSQL 8.0, and of 17 and 18. */
const OLDEST_TOC = 10;
const NEWEST_TOC = 16;
const HAS_OFFSET = 2;

export function isArchive(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).toString('latin1') === MAGIC;
}

/**
 * Reads the beginning of an archive.
 *
 * @param bytes its first ones, or all
 * @param sizeBytes of the whole file, or Infinity if that is not known
 * @see PostgreSQL's src/bin/pg_dump/pg_backup_archiver.c, ReadHead and ReadToc
 */
export function readArchive(bytes: Buffer, sizeBytes: number): ArchiveReading {
  if (!isArchive(bytes)) return { kind: 'none' };
  const reader = new ArchiveBytes(bytes, sizeBytes);
  let head: ArchiveHead | undefined;
  try {
    head = readHead(reader);
    const isKnown = head.minor >= OLDEST_TOC && head.minor <= NEWEST_TOC;
    return { kind: 'archive', head, toc: isKnown ? readToc(reader, head) : undefined };
  } catch (thrown) {
    if (thrown instanceof Damage) return { kind: 'damaged', why: thrown.message };
    if (!(thrown instanceof EndOfBytes)) throw thrown;
    return head === undefined
      ? { kind: 'damaged', why: 'it ends within its header' }
      : { kind: 'archive', head, toc: undefined };
  }
}

/** More would have to be read of the file. */
class EndOfBytes extends Error {}

class Damage extends Error {}

/** Takes numbers and texts off a buffer. @throws EndOfBytes, and Damage for what no file of that size can hold */
class ArchiveBytes {
  readonly #bytes: Buffer;
  readonly #sizeBytes: number;
  #at = MAGIC.length;
  intBytes = 4;
  offsetBytes = 8;

  constructor(bytes: Buffer, sizeBytes: number) {
    this.#bytes = bytes;
    this.#sizeBytes = sizeBytes;
  }

  take(count: number): Buffer {
    const from = this.#at;
    if (count < 0 || from + count > this.#sizeBytes)
      throw new Damage('it is cut off or damaged in its table of contents');
    if (from + count > this.#bytes.length) throw new EndOfBytes();
    this.#at += count;
    return this.#bytes.subarray(from, this.#at);
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  int(): number {
    const isNegative = this.byte() !== 0;
    const value = littleEndian(this.take(this.intBytes));
    return isNegative ? -value : value;
  }

  /** Undefined for the text that is none. */
  text(): string | undefined {
    const length = this.int();
    return length < 0 ? undefined : this.take(length).toString('utf8');
  }

  offset(): number {
    return littleEndian(this.take(this.offsetBytes));
  }
}

function littleEndian(bytes: Buffer): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

function readHead(reader: ArchiveBytes): ArchiveHead {
  const major = reader.byte();
  const minor = reader.byte();
  reader.byte();
  if (major !== 1) throw new Damage(`its format has the version ${major}.${minor}`);
  reader.intBytes = reader.byte();
  reader.offsetBytes = reader.byte();
  const format = reader.byte();
  const isSound = reader.intBytes >= 2 && reader.intBytes <= 8 && reader.offsetBytes >= 4 && reader.offsetBytes <= 8;
  if (!isSound || (format !== CUSTOM && format !== TAR)) throw new Damage('its header is none that pg_dump writes');
  const isCustom = format === CUSTOM;
  if (minor < 4) return { minor, isCustom, datname: undefined, beganSeconds: undefined, versions: [] };
  if (minor >= 15) reader.byte();
  else reader.int();
  const beganSeconds = readMoment(reader);
  const datname = reader.text();
  const versions = minor >= 10 ? [reader.text() ?? '', reader.text() ?? ''] : [];
  return { minor, isCustom, datname, beganSeconds, versions };
}

/** C's struct tm. */
function readMoment(reader: ArchiveBytes): number | undefined {
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = Array.from({ length: 7 }, () =>
    reader.int(),
  );
  const seconds = Date.UTC(year + 1_900, month, day, hour, minute, second) / 1_000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

function readToc(reader: ArchiveBytes, head: ArchiveHead): readonly TocEntry[] {
  const count = reader.int();
  const entries: TocEntry[] = [];
  while (entries.length < count) entries.push(readEntry(reader, head));
  return entries;
}

function readEntry(reader: ArchiveBytes, { minor, isCustom }: ArchiveHead): TocEntry {
  const texts = (wanted: number): void => {
    for (let index = 0; index < wanted; index++) reader.text();
  };
  if (reader.int() <= 0) throw new Damage('it is damaged in its table of contents');
  reader.int();
  // Its object ids and its name.
  texts(3);
  const kind = reader.text() ?? '';
  if (minor >= 11) reader.int();
  // How it is made, dropped and copied; its schema, and its tablespace.
  texts(5);
  if (minor >= 14) reader.text();
  if (minor >= 16) reader.int();
  // Its owner, and whether it has object ids.
  texts(2);
  while (reader.text() !== undefined);
  if (!isCustom) return { kind, offset: undefined, file: reader.text() ?? '' };
  const state = reader.byte();
  const offset = reader.offset();
  return { kind, offset: state === HAS_OFFSET ? offset : undefined, file: '' };
}
