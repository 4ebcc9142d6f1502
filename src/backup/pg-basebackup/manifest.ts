import { createHash, type Hash } from 'node:crypto';

import { type Lsn, parseLsn } from '../../core/lsn.ts';

/** WAL of one timeline that the backup needs. */
export interface WalRange {
  readonly timeline: number;
  readonly start: Lsn;
  readonly stop: Lsn;
}

/** A file of the backup. */
export interface ManifestFile {
  /** Below the data directory; that of a tablespace begins with `pg_tblspc/OID/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** `CRC32C`, `SHA256`; undefined if the backup was made without. */
  readonly algorithm: string | undefined;
  /** Hexadecimal. */
  readonly checksum: string | undefined;
}

/** What a backup_manifest says, without its list of files. */
export interface Manifest {
  /** Since 17; decimal text. */
  readonly systemIdentifier: string | undefined;
  /** Oldest first; more than one if a standby was promoted meanwhile. */
  readonly walRanges: readonly WalRange[];
  /** Of all files. */
  readonly sizeBytes: number;
  /** Of the tar that holds what is in no tablespace: a header each, padded contents; folders not counted. */
  readonly leastTarBytes: number;
  /** Numbers of the tablespaces with files. */
  readonly tablespaces: readonly string[];
  /** When backup_label was written, Unix seconds: the start of the backup. */
  readonly labelWrittenSeconds: number | undefined;
}

const NEWLINE = 0x0a;
const TAR_BLOCK_BYTES = 512;
const VERSION = /^\{ "PostgreSQL-Backup-Manifest-Version": [12],?$/;
const IDENTIFIER = /^"System-Identifier": (\d+),?$/;
const FILE =
  /^\{ "(Encoded-)?Path": "((?:[^"\\]|\\.)*)", "Size": (\d+), "Last-Modified": "([^"]*)"(?:, "Checksum-Algorithm": "(\w+)", "Checksum": "([0-9a-f]+)")?/;
const RANGE = /^\{ "Timeline": (\d+), "Start-LSN": "([^"]+)", "End-LSN": "([^"]+)" \}/;
const CHECKSUM = /^"Manifest-Checksum": "([0-9a-f]{64})"\}$/;

/**
 * Reads a backup_manifest piece by piece: it has a line for each file, a million of them in large clusters.
 *
 * Source: PostgreSQL, "Backup Manifest Format", and the lines as backup_manifest.c writes them.
 */
export class ManifestReader {
  readonly #hash: Hash = createHash('sha256');
  readonly #onFile: ((file: ManifestFile) => void) | undefined;
  readonly #ranges: WalRange[] = [];
  readonly #tablespaces = new Set<string>();
  #rest: Buffer = Buffer.alloc(0);
  #lines = 0;
  #isManifest = false;
  #claimed: string | undefined;
  #systemIdentifier: string | undefined;
  #sizeBytes = 0;
  #leastTarBytes = 0;
  #labelWrittenSeconds: number | undefined;

  /** @param onFile is told each file as it is read, before it is known whether the manifest is whole */
  constructor(onFile?: (file: ManifestFile) => void) {
    this.#onFile = onFile;
  }

  add(piece: Buffer): void {
    const all = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let start = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, start)) {
      this.#takeLine(all.subarray(start, end + 1));
      start = end + 1;
    }
    this.#rest = Buffer.from(all.subarray(start));
  }

  /** What it says; an Error says why it says nothing. */
  finish(): Manifest | Error {
    if (!this.#isManifest) return new Error('it is no manifest of a version that walguard knows');
    if (this.#claimed === undefined) return new Error('its end is missing');
    if (this.#hash.digest('hex') !== this.#claimed)
      return new Error('it is not what was written: its checksum differs');
    if (this.#ranges.length === 0) return new Error('it names no WAL');
    return {
      systemIdentifier: this.#systemIdentifier,
      walRanges: this.#ranges.toSorted((a, b) => Number(a.start - b.start)),
      sizeBytes: this.#sizeBytes,
      leastTarBytes: this.#leastTarBytes,
      tablespaces: [...this.#tablespaces],
      labelWrittenSeconds: this.#labelWrittenSeconds,
    };
  }

  #takeLine(bytes: Buffer): void {
    const line = bytes.toString('utf8').trimEnd();
    this.#lines += 1;
    if (this.#lines === 1) this.#isManifest = VERSION.test(line);
    this.#claimed ??= CHECKSUM.exec(line)?.[1];
    if (this.#claimed === undefined) this.#hash.update(bytes);
    const [, isEncoded, name, size = '0', modified, algorithm, checksum] = FILE.exec(line) ?? [];
    if (name === undefined) {
      this.#takeOther(line);
      return;
    }
    const path = isEncoded === undefined ? unescaped(name) : Buffer.from(name, 'hex').toString('utf8');
    this.#takeFile(path, Number(size), modified);
    this.#onFile?.({ path, sizeBytes: Number(size), algorithm, checksum });
  }

  #takeFile(path: string, sizeBytes: number, modified: string | undefined): void {
    this.#sizeBytes += sizeBytes;
    const tablespace = /^pg_tblspc\/(\d+)\//.exec(path)?.[1];
    if (tablespace !== undefined) this.#tablespaces.add(tablespace);
    else this.#leastTarBytes += TAR_BLOCK_BYTES * (1 + Math.ceil(sizeBytes / TAR_BLOCK_BYTES));
    if (path === 'backup_label') this.#labelWrittenSeconds = secondsOf(modified);
  }

  #takeOther(line: string): void {
    this.#systemIdentifier ??= IDENTIFIER.exec(line)?.[1];
    const [, timeline, from = '', to = ''] = RANGE.exec(line) ?? [];
    const start = parseLsn(from);
    const stop = parseLsn(to);
    if (timeline === undefined || start === undefined || stop === undefined) return;
    this.#ranges.push({ timeline: Number(timeline), start, stop });
  }
}

/** A string of JSON without its quotes. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

/** `2026-11-22 05:33:44 GMT` */
function secondsOf(text: string | undefined): number | undefined {
  const milliseconds = Date.parse(text ?? '');
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
