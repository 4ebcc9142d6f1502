import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';

/** A file in a tar; its content is kept if it was asked for. */
export interface TarMember {
  readonly name: string;
  readonly sizeBytes: number;
  readonly content: Buffer | undefined;
}

export interface TarReading {
  /** True for a member whose content is to be kept; of more than 64 KiB the beginning is. */
  readonly isWanted: (name: string) => boolean;
  /** True once enough was seen. */
  readonly isEnough: (members: readonly TarMember[]) => boolean;
  /** Of what is in it; no more than that is read, whatever was found. */
  readonly maxBytes: number;
}

export const BLOCK_BYTES = 512;
const MAX_CONTENT_BYTES = 64 * 1024;
const CHECKSUM_AT = 148;

/** True if files compressed in this way (`gz`) can be read here: zstd is not known to every Node. */
export function canDecompress(compression: string): boolean {
  return compression === '' || decompressor(compression) !== undefined;
}

/**
 * Reads members from the beginning of a tar, compressed or not, only as far as is asked for.
 *
 * @throws what the system or zlib says, and an Error if it is no tar
 */
export async function readTar(
  path: string,
  compression: string,
  reading: TarReading,
): Promise<{ readonly members: readonly TarMember[]; readonly isWhole: boolean }> {
  const file = createReadStream(path);
  const unpacked = decompressor(compression);
  if (unpacked !== undefined) file.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  const parser = new TarParser(reading);
  let bytes = 0;
  try {
    for await (const chunk of unpacked ?? file) {
      bytes += (chunk as Buffer).length;
      parser.add(chunk as Buffer);
      if (parser.isDone || bytes >= reading.maxBytes) break;
    }
  } finally {
    file.destroy();
    unpacked?.destroy();
  }
  return { members: parser.members, isWhole: parser.isAtEnd };
}

/**
 * The members of a tar that is not compressed, by its headers alone; not whole if it is cut off or has more of them than
 * the limit. @throws what the system says, and an Error if it is no tar
 */
export async function listTar(
  path: string,
  maxMembers: number,
): Promise<{ readonly members: readonly TarMember[]; readonly isWhole: boolean }> {
  const file = await open(path);
  const members: TarMember[] = [];
  try {
    for (let at = 0; members.length < maxMembers;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, at);
      if (bytesRead < BLOCK_BYTES) break;
      if (isEmpty(buffer)) return { members, isWhole: true };
      const header = readHeader(buffer);
      members.push({ ...header, content: undefined });
      at += BLOCK_BYTES + padded(header.sizeBytes);
    }
    return { members, isWhole: false };
  } finally {
    await file.close();
  }
}

function decompressor(compression: string): Duplex | undefined {
  if (compression === 'gz') return zlib.createGunzip();
  if (compression !== 'zst' || !('createZstdDecompress' in zlib)) return undefined;
  return (zlib.createZstdDecompress as () => Duplex)();
}

/** A member whose header was read. */
interface Begun {
  readonly name: string;
  readonly sizeBytes: number;
  readonly keepBytes: number;
}

class TarParser {
  readonly members: TarMember[] = [];
  isAtEnd = false;
  readonly #reading: TarReading;
  #rest: Buffer = Buffer.alloc(0);
  /** What of the current member still has to come: content to keep, then bytes to pass over. */
  #current: Begun | undefined;
  #passBytes = 0;

  constructor(reading: TarReading) {
    this.#reading = reading;
  }

  get isDone(): boolean {
    return this.isAtEnd || this.#reading.isEnough(this.members);
  }

  add(chunk: Buffer): void {
    const passed = Math.min(this.#passBytes, chunk.length);
    this.#passBytes -= passed;
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(passed)]);
    while (!this.isDone && this.#step());
  }

  /** Takes one header or the content of one member; false if more has to come. */
  #step(): boolean {
    if (this.#current !== undefined) return this.#takeContent(this.#current);
    if (this.#rest.length < BLOCK_BYTES) return false;
    const header = this.#rest.subarray(0, BLOCK_BYTES);
    this.#rest = this.#rest.subarray(BLOCK_BYTES);
    if (isEmpty(header)) this.isAtEnd = true;
    else this.#begin(header);
    return true;
  }

  #begin(header: Buffer): void {
    const { name, sizeBytes } = readHeader(header);
    const keepBytes = this.#reading.isWanted(name) ? Math.min(sizeBytes, MAX_CONTENT_BYTES) : 0;
    this.#current = { name, sizeBytes, keepBytes };
  }

  #takeContent({ name, sizeBytes, keepBytes }: Begun): boolean {
    if (this.#rest.length < keepBytes) return false;
    const content = keepBytes === 0 ? undefined : Buffer.from(this.#rest.subarray(0, keepBytes));
    this.members.push({ name, sizeBytes, content });
    this.#current = undefined;
    const passed = Math.min(padded(sizeBytes), this.#rest.length);
    this.#rest = this.#rest.subarray(passed);
    this.#passBytes = padded(sizeBytes) - passed;
    return true;
  }
}

/** What the header of a member says. */
export interface TarHeader {
  readonly name: string;
  readonly sizeBytes: number;
  /** As the format has it: `0` or a zero byte for a file, `5` for a folder. */
  readonly type: string;
  /** Of a link. */
  readonly leadsTo: string;
}

/** @throws an Error if it is no header of a tar */
export function readHeader(header: Buffer): TarHeader {
  if (octal(header.subarray(CHECKSUM_AT, CHECKSUM_AT + 8)) !== checksum(header)) throw new Error('it is no tar');
  // GNU tar has times there, and nothing unless it is told to.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header.subarray(345, 500)) : '';
  const name = `${prefix === '' ? '' : `${prefix}/`}${text(header.subarray(0, 100))}`.replace(/^\.\//, '');
  return {
    name,
    sizeBytes: sizeOf(header.subarray(124, 136)),
    type: header.toString('latin1', 156, 157),
    leadsTo: text(header.subarray(157, 257)),
  };
}

export function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function octal(field: Buffer): number {
  return Number.parseInt(text(field).trim() || '0', 8);
}

/** Octal digits, or from 8 GB on bytes, as PostgreSQL and GNU tar write it. */
function sizeOf(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) === 0) return octal(field);
  return Number(BigInt(`0x${field.subarray(4).toString('hex')}`));
}

function checksum(header: Buffer): number {
  const spaces = 8 * 0x20;
  return header.reduce((sum, byte, at) => (at >= CHECKSUM_AT && at < CHECKSUM_AT + 8 ? sum : sum + byte), spaces);
}
