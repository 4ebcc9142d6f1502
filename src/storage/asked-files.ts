import { setImmediate as turn } from 'node:timers/promises';
import { systemCode } from '../core/error.ts';

import type { FileAccess } from './file-access.ts';
import type { FileFacts } from './file-facts.ts';
import { checkTime, unlessAborted, unreadableSource } from './file-errors.ts';

/** How one archive is read. */
export interface ArchiveReader {
  readonly access: FileAccess;
  readonly signal: AbortSignal;
  /** It lies on a disk of this machine: that answers, if with an error. */
  readonly isLocal: boolean;
}

/** Few, as a disk that does not answer keeps as many of Node's four threads, and others need them. */
const ASKED_AT_ONCE = 2;
/** So many files of a local disk are worth to be asked without threads, which is five times faster. */
const MANY = 512;
const SLICE_MS = 8;
const LOOKS_AT_CLOCK = 16;

/** One file to be asked for; `count` tells about how many there will be. */
export interface Question<T> {
  readonly path: string;
  readonly about: T;
}

/**
 * Asks what files are, and tells each answer; undefined is gone. Others may run in between.
 *
 * Throws SOURCE_UNREADABLE if a file may not even be looked at, SOURCE_TIMEOUT when the signal is aborted.
 */
export async function askFiles<T>(
  reader: ArchiveReader,
  count: number,
  questions: Iterable<Question<T>>,
  tell: (about: T, facts: FileFacts | undefined) => void,
): Promise<void> {
  if (reader.isLocal && count >= MANY) return await askNow(reader, questions, tell);
  const rest = questions[Symbol.iterator]();
  const askNext = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { path, about } = next.value;
      checkTime(reader.signal, path);
      tell(about, await unlessAborted(reader.access.facts(path), reader.signal, path).catch(otherThanFile(path)));
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askNext));
}

async function askNow<T>(
  { access, signal }: ArchiveReader,
  questions: Iterable<Question<T>>,
  tell: (about: T, facts: FileFacts | undefined) => void,
): Promise<void> {
  let asked = 0;
  let sliceEndMs = performance.now() + SLICE_MS;
  for (const { path, about } of questions) {
    tell(about, factsNow(access, path));
    asked += 1;
    if (asked % LOOKS_AT_CLOCK !== 0 || performance.now() < sliceEndMs) continue;
    await turn();
    checkTime(signal, path);
    sliceEndMs = performance.now() + SLICE_MS;
  }
}

function factsNow(access: FileAccess, path: string): FileFacts | undefined {
  try {
    return access.factsNow(path);
  } catch (thrown) {
    return otherThanFile(path)(thrown);
  }
}

/** Links that lead in a circle are no files; anything else the system objects to concerns the folder. */
function otherThanFile(path: string): (thrown: unknown) => FileFacts {
  return (thrown) => {
    if (systemCode(thrown) === 'ELOOP') return { kind: 'other', sizeBytes: 0, timeSeconds: 0, inode: 0, device: 0 };
    throw unreadableSource(path, thrown);
  };
}

/** Runs a calculation to its end, a piece at a time. */
export async function inPieces<T>(pieces: Generator<undefined, T, undefined>): Promise<T> {
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
    await turn();
  }
}
