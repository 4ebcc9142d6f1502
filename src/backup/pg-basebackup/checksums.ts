import { createHash } from 'node:crypto';

import { Crc32c } from '../../core/crc32c.ts';

/** Computes what a manifest says of a file's content. */
export interface Checksum {
  readonly add: (piece: Uint8Array) => void;
  /** Hexadecimal, as a manifest has it. */
  readonly finish: () => string;
}

const HASHES: Readonly<Record<string, string>> = {
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
};

/** Undefined for an algorithm that no PostgreSQL up to 19 has. */
export function checksumBy(algorithm: string): Checksum | undefined {
  if (algorithm === 'CRC32C') return crc32c();
  const name = HASHES[algorithm];
  if (name === undefined) return undefined;
  const hash = createHash(name);
  return { add: (piece) => void hash.update(piece), finish: () => hash.digest('hex') };
}

/** The server writes its four bytes as they stand in memory: the lowest first on all that run PostgreSQL today. */
function crc32c(): Checksum {
  const crc = new Crc32c();
  return {
    add: (piece) => crc.add(piece),
    finish: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(crc.value);
      return bytes.toString('hex');
    },
  };
}
