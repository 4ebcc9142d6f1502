/** What programs append to the names of files they compress, without the dot; '' is not compressed. */
export const COMPRESSIONS = ['', 'gz', 'bz2', 'lz4', 'zst', 'xz', 'lz', 'lzma', 'lzo', 'br', 'snappy', 'Z'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What is appended to the names of encrypted files, without the dot; '' says nothing of encryption. */
export const ENCRYPTIONS = ['', 'gpg', 'asc', 'age', 'aes', 'enc'] as const;
export type Encryption = (typeof ENCRYPTIONS)[number];

/** How the content of a file was packed, as its name says. */
export interface Packing {
  readonly compression: Compression;
  readonly encryption: Encryption;
}

/** Where a segment stands, whatever the size of segments: its log (4 GB of WAL) and its number in that. */
export interface WalPlace {
  readonly timeline: number;
  readonly log: number;
  readonly segmentInLog: number;
}

/** What the name of a file in a WAL archive says. */
export type WalName =
  | (WalPlace & Packing & { readonly kind: 'segment' | 'partial'; readonly sha1: string | undefined })
  | (WalPlace & Packing & { readonly kind: 'label' })
  | (Packing & { readonly kind: 'history'; readonly timeline: number });

const PLAIN_LENGTH = 24;
const HEX = /^[0-9A-F]+$/;
const SUFFIXES = `(?:\\.(${COMPRESSIONS.slice(1).join('|')}))?`;
const ENDINGS = `(?:\\.(${ENCRYPTIONS.slice(1).join('|')}))?`;
const SEGMENT = new RegExp(`^([0-9A-F]{24})(\\.partial)?(?:-([0-9a-f]{40}))?${SUFFIXES}(\\.partial)?${ENDINGS}$`);
const LABEL = new RegExp(`^([0-9A-F]{24})\\.[0-9A-F]{8}\\.backup${SUFFIXES}${ENDINGS}$`);
const HISTORY = new RegExp(`^([0-9A-F]{8})\\.history${SUFFIXES}${ENDINGS}$`);

/**
 * Reads the name of a file in a WAL archive: segments, `.partial`, `.backup`, `.history`, as PostgreSQL names them, with
 * the checksum of pgBackRest and the endings of programs that compress or encrypt.
 *
 * Undefined for anything else: increments (`_delta`), files that are being written (`.tmp`, `~`), timeline 0.
 */
export function readWalName(name: string): WalName | undefined {
  const plain = name.length === PLAIN_LENGTH && HEX.test(name);
  const found = plain ? plainSegment(name) : (readSegment(name) ?? readOther(name));
  return found?.timeline === 0 ? undefined : found;
}

function plainSegment(name: string): WalName {
  const { timeline, log, segmentInLog } = placeOf(name);
  return { kind: 'segment', timeline, log, segmentInLog, sha1: undefined, compression: '', encryption: '' };
}

function readSegment(name: string): WalName | undefined {
  const [, digits, partial, sha1, compression, partialLast, encryption] = SEGMENT.exec(name) ?? [];
  if (digits === undefined || (partial !== undefined && partialLast !== undefined)) return undefined;
  const kind = partial === undefined && partialLast === undefined ? 'segment' : 'partial';
  return { kind, ...placeOf(digits), sha1, ...packing(compression, encryption) };
}

function readOther(name: string): WalName | undefined {
  const [, digits, compression, encryption] = LABEL.exec(name) ?? HISTORY.exec(name) ?? [];
  if (digits === undefined) return undefined;
  const packed = packing(compression, encryption);
  if (digits.length === PLAIN_LENGTH) return { kind: 'label', ...placeOf(digits), ...packed };
  return { kind: 'history', timeline: Number.parseInt(digits, 16), ...packed };
}

function placeOf(digits: string): WalPlace {
  return {
    timeline: Number.parseInt(digits.slice(0, 8), 16),
    log: Number.parseInt(digits.slice(8, 16), 16),
    segmentInLog: Number.parseInt(digits.slice(16), 16),
  };
}

function packing(compression: string | undefined, encryption: string | undefined): Packing {
  return { compression: (compression ?? '') as Compression, encryption: (encryption ?? '') as Encryption };
}

/** The folder that pgBackRest and Barman put a segment into, or of a timeline alone: 16 or 8 digits. */
export function isWalFolderName(name: string): boolean {
  return (name.length === 16 || name.length === 8) && HEX.test(name);
}
