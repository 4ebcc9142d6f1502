import { join } from 'node:path';

import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { factsAt } from '../../storage/folder.ts';
import { readForRestore } from '../../storage/restored-files.ts';
import { type Checksum, checksumBy } from './checksums.ts';
import { type ManifestFile, ManifestReader } from './manifest.ts';

/** Compares the files of a copy with its manifest, in whatever order they come. */
export interface Proof {
  /** The copy has a manifest; without one nothing is compared. */
  readonly hasManifest: boolean;
  /** Throws BACKUP_DAMAGED if the manifest does not know this file, which belongs to the data directory. */
  readonly begin: (path: string) => FileProof;
  /** Throws BACKUP_DAMAGED if a file of the manifest was not there. */
  readonly finish: () => void;
}

export interface FileProof {
  readonly add: (piece: Uint8Array) => void;
  /** Throws BACKUP_DAMAGED if the file is not what the manifest says. */
  readonly settle: (sizeBytes: number) => void;
}

/** WAL has checksums of its own, and these files are written by who makes a standby of the copy: pg_verifybackup passes them too. */
const NOT_PROVEN = /^(?:backup_manifest$|pg_wal\/|postgresql\.auto\.conf$|recovery\.signal$|standby\.signal$)/;
const NAMED_AT_MOST = 3;
const NOTHING: FileProof = { add: () => {}, settle: () => {} };

/** Of a copy without a manifest. */
export const NO_PROOF: Proof = { hasManifest: false, begin: () => NOTHING, finish: () => {} };

/** Reads the manifest of a copy. @throws BACKUP_DAMAGED if it is not what was written, or of an unknown version */
export async function readProof(folder: string, signal: AbortSignal): Promise<Proof> {
  const path = join(folder, 'backup_manifest');
  if ((await factsAt(path))?.kind !== 'file') return NO_PROOF;
  const files = new Map<string, ManifestFile>();
  const reader = new ManifestReader((file) => files.set(file.path, file));
  for await (const piece of readForRestore(path, signal)) reader.add(piece);
  const manifest = reader.finish();
  if (manifest instanceof Error) throw damaged(folder, `of its backup_manifest, ${manifest.message}`);
  return { hasManifest: true, begin: (name) => beginFile(folder, files, name), finish: () => finish(folder, files) };
}

function beginFile(folder: string, files: Map<string, ManifestFile>, path: string): FileProof {
  if (NOT_PROVEN.test(path)) return NOTHING;
  const expected = files.get(path);
  if (expected === undefined) throw damaged(folder, `its manifest does not know ${printable(path)}`);
  files.delete(path);
  const checksum = checksumOf(folder, expected);
  return {
    add: (piece) => checksum?.add(piece),
    settle(sizeBytes) {
      if (sizeBytes !== expected.sizeBytes)
        throw damaged(folder, `${printable(path)} has ${sizeBytes} bytes, and ${expected.sizeBytes} by the manifest`);
      if (checksum !== undefined && checksum.finish() !== expected.checksum)
        throw damaged(folder, `${printable(path)} is not what was written: its ${expected.algorithm} checksum differs`);
    },
  };
}

function checksumOf(folder: string, { algorithm, path }: ManifestFile): Checksum | undefined {
  if (algorithm === undefined) return undefined;
  const checksum = checksumBy(algorithm);
  if (checksum === undefined) throw damaged(folder, `nobody knows the checksum ${algorithm} of ${printable(path)}`);
  return checksum;
}

function finish(folder: string, files: ReadonlyMap<string, ManifestFile>): void {
  const missing = [...files.keys()].filter((path) => !NOT_PROVEN.test(path)).toSorted();
  if (missing.length === 0) return;
  const named = missing.slice(0, NAMED_AT_MOST).map(printable).join(', ');
  const more = missing.length > NAMED_AT_MOST ? ` and ${missing.length - NAMED_AT_MOST} more` : '';
  throw damaged(folder, `${named}${more} ${missing.length === 1 ? 'is' : 'are'} missing`);
}

/** A copy that cannot be restored as it was made. */
export function damaged(folder: string, what: string): WalguardError {
  return new WalguardError('BACKUP_DAMAGED', `${printable(folder)} cannot be restored whole: ${what}`, {
    hint: 'Make a new backup now, remove this one, and look after the disk that holds it.',
  });
}
