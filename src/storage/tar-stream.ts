import { BLOCK_BYTES, isEmpty, padded, readHeader, type TarHeader } from './tar.ts';

/** A member of a tar. Its content has to be read before the next one is asked for, or is passed over. */
export interface TarEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'symlink';
  /** Of a symlink. */
  readonly leadsTo: string;
  readonly sizeBytes: number;
  readonly content: () => AsyncIterable<Buffer>;
}

/** A long name or a set of fields, which stand in front of the member they belong to. */
const MAX_EXTENSION_BYTES = 1_048_576;

/**
 * All members of a tar, in their order: as PostgreSQL, GNU tar and Python write them. It reads to the very end, so that
 * what unpacks it tells if something is wrong there. Throws an Error that says what is wrong.
 */
export async function* tarEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new ByteReader(source);
  try {
    let told: Told = {};
    for (;;) {
      const block = await bytes.take(BLOCK_BYTES);
      if (isEmpty(block)) break;
      const header = readHeader(block);
      const extension = await readExtension(header, bytes);
      if (extension !== undefined) {
        told = { ...told, ...extension };
        continue;
      }
      const entry = toEntry(header, told);
      told = {};
      const left = { bytes: entry.sizeBytes };
      yield { ...entry, content: () => bytes.pieces(left) };
      for await (const _ of bytes.pieces(left));
      await bytes.take(padded(entry.sizeBytes) - entry.sizeBytes);
    }
    await bytes.drain();
  } finally {
    await bytes.close();
  }
}

/** What an extension says of the next member. */
interface Told {
  readonly name?: string;
  readonly leadsTo?: string;
  readonly sizeBytes?: number;
}

/** Undefined of what is no extension. Source: GNU tar manual, "Basic Tar Format"; POSIX, pax. */
async function readExtension({ type, sizeBytes }: TarHeader, bytes: ByteReader): Promise<Told | undefined> {
  if (!['L', 'K', 'x', 'g'].includes(type)) return undefined;
  if (sizeBytes > MAX_EXTENSION_BYTES) throw new Error('it has a name of more than a megabyte');
  const content = (await bytes.take(padded(sizeBytes))).subarray(0, sizeBytes);
  if (type === 'g') return {};
  if (type === 'x') return readFields(content);
  const end = content.indexOf(0);
  const text = content.toString('utf8', 0, end < 0 ? content.length : end);
  return type === 'L' ? { name: text } : { leadsTo: text };
}

/** Records `LENGTH KEY=VALUE\n`, in which the length counts all of it. */
function readFields(content: Buffer): Told {
  const fields = new Map<string, string>();
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(content.toString('latin1', at, space));
    if (!Number.isInteger(length) || length < 1) throw new Error('it has fields that cannot be read');
    const [key = '', ...value] = content.toString('utf8', space + 1, at + length - 1).split('=');
    fields.set(key, value.join('='));
    at += length;
  }
  const [name, leadsTo, size] = ['path', 'linkpath', 'size'].map((key) => fields.get(key));
  return {
    ...(name === undefined ? {} : { name }),
    ...(leadsTo === undefined ? {} : { leadsTo }),
    ...(size === undefined ? {} : { sizeBytes: Number(size) }),
  };
}

const KINDS: Readonly<Record<string, TarEntry['kind']>> = { '0': 'file', '\0': 'file', '5': 'folder', '2': 'symlink' };

function toEntry(header: TarHeader, told: Told): Omit<TarEntry, 'content'> {
  const name = told.name ?? header.name;
  const kind = KINDS[header.type];
  if (kind === undefined) throw new Error(`${name} in it is neither a file nor a folder`);
  const sizeBytes = kind === 'file' ? (told.sizeBytes ?? header.sizeBytes) : 0;
  return { name, kind, leadsTo: told.leadsTo ?? header.leadsTo, sizeBytes };
}

/** Takes a stream of pieces apart at other places. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly so many. @throws if there are fewer */
  async take(count: number): Promise<Buffer> {
    while (this.#rest.length < count) this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  /** So many, in the pieces in which they come; what is left of them is counted down. */
  async *pieces(left: { bytes: number }): AsyncGenerator<Buffer> {
    while (left.bytes > 0) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const piece = this.#rest.subarray(0, left.bytes);
      this.#rest = this.#rest.subarray(piece.length);
      left.bytes -= piece.length;
      yield piece;
    }
  }

  async drain(): Promise<void> {
    while ((await this.#source.next()).done !== true);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #next(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done === true) throw new Error('it is cut off');
    const { value } = next;
    return Buffer.from(value.buffer, value.byteOffset, value.length);
  }
}
