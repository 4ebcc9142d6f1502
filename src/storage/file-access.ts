import { closeSync, constants, type Dir, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { open, opendir, statfs } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import { type FileFacts, factsOf, isAbsent } from './file-facts.ts';
import { factsAt } from './folder.ts';

/** An entry of a folder. Names are bytes: each is one character below 256. */
export interface ListedFile {
  readonly name: string;
  readonly isSymbolicLink: () => boolean;
  readonly isDirectory: () => boolean;
}

/** The first and the last bytes of a file, and how large it was when they were read. */
export interface FileEnds {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly sizeBytes: number;
}

export interface EndsWanted {
  readonly headBytes: number;
  readonly tailBytes: number;
}

/**
 * What reading an archive asks of the file system; it writes nothing. All throw what the system says, and none resolves
 * while a network's disk does not answer.
 */
export interface FileAccess {
  /** In batches, between which others may run; without threads if the disk is known to answer. */
  readonly list: (path: string, isLocal: boolean) => AsyncIterable<readonly ListedFile[]>;
  /** Undefined if there is no such file, or a link leads nowhere. */
  readonly facts: (path: string) => Promise<FileFacts | undefined>;
  /** The same at once, for many files of a disk that answers. */
  readonly factsNow: (path: string) => FileFacts | undefined;
  /** True if the file system is known to be on this machine's own disks. */
  readonly isLocal: (path: string) => Promise<boolean>;
  /** Undefined if it is gone, or no regular file. */
  readonly ends: (path: string, wanted: EndsWanted) => Promise<FileEnds | undefined>;
  /** The same at once, of a disk that answers. */
  readonly endsNow: (path: string, wanted: EndsWanted) => FileEnds | undefined;
}

export const FILE_ACCESS: FileAccess = {
  list: listFiles,
  facts: factsAt,
  factsNow: readFactsNow,
  isLocal: isOnLocalDisk,
  ends: readEnds,
  endsNow: readEndsNow,
};

const ENTRIES_AT_ONCE = 1024;
/** Numbers of statfs(2) on Linux: ext, xfs, btrfs, tmpfs, overlay, zfs, f2fs, bcachefs. */
const LOCAL_FILE_SYSTEMS = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e,
]);

async function* listFiles(path: string, isLocal: boolean): AsyncIterable<readonly ListedFile[]> {
  const folder = await opendir(path, { bufferSize: ENTRIES_AT_ONCE, encoding: 'latin1' });
  try {
    for (;;) {
      const batch = await readBatch(folder, isLocal);
      yield batch;
      if (batch.length < ENTRIES_AT_ONCE) return;
      await turn();
    }
  } finally {
    await folder.close();
  }
}

async function readBatch(folder: Dir, isLocal: boolean): Promise<readonly ListedFile[]> {
  const batch: ListedFile[] = [];
  while (batch.length < ENTRIES_AT_ONCE) {
    const entry = isLocal ? folder.readSync() : await folder.read();
    if (entry === null) break;
    batch.push(entry);
  }
  return batch;
}

function readFactsNow(path: string): FileFacts | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : factsOf(stats);
}

async function isOnLocalDisk(path: string): Promise<boolean> {
  return process.platform === 'linux' && LOCAL_FILE_SYSTEMS.has((await statfs(path)).type);
}

/** What was a file may be a pipe by now, and would be waited for without an end. */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

async function readEnds(path: string, { headBytes, tailBytes }: EndsWanted): Promise<FileEnds | undefined> {
  try {
    await using file = await open(path, READ_AT_ONCE);
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const read = async (position: number, bytes: number): Promise<Buffer> => {
      if (bytes === 0) return Buffer.alloc(0);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
      return buffer.subarray(0, bytesRead);
    };
    const head = await read(0, Math.min(headBytes, stats.size));
    return { head, tail: await read(Math.max(0, stats.size - tailBytes), tailBytes), sizeBytes: stats.size };
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

function readEndsNow(path: string, { headBytes, tailBytes }: EndsWanted): FileEnds | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, READ_AT_ONCE);
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    const head = readNow(file, 0, Math.min(headBytes, stats.size));
    return { head, tail: readNow(file, Math.max(0, stats.size - tailBytes), tailBytes), sizeBytes: stats.size };
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readNow(file: number, position: number, bytes: number): Buffer {
  if (bytes === 0) return Buffer.alloc(0);
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, position));
}
