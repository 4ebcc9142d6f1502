import { type FileHandle, open } from 'node:fs/promises';

import type { LogParser, LogRecord } from '../core/log-record.ts';
import { unlessAbsent } from './file-facts.ts';
import { findRenamed, headOf, listLogFiles, type LogFile, type LogHead } from './log-files.ts';

const CHUNK_BYTES = 262_144;
/** The most that is read at a time of all files together; the next look goes on from there. */
const MOST_BYTES = 33_554_432;
/** What is further behind is skipped: it would be told of too late to help anybody. */
const FURTHEST_BEHIND_BYTES = 1_073_741_824;
/** Files that a look found grown stay open so long, so that what comes after they were renamed or removed is read. */
const OPEN_MS = 600_000;
const NEWLINE = 0x0a;

/** Where one goes on in a file. */
export interface SavedLog {
  readonly path: string;
  readonly identity: string;
  readonly position: number;
  /** Undefined: it could not be read so far. */
  readonly head: LogHead | undefined;
}

/** What a look at the files came to. */
export interface LogLook {
  readonly files: number;
  readonly readBytes: number;
  /** What is there and was not read yet. */
  readonly behindBytes: number;
  /** What the system says of a file that could not be read; undefined if all could. */
  readonly problem: unknown;
}

export interface LogFollowing {
  readonly patterns: () => readonly string[];
  /** @param beginning the first text of the file */
  readonly createParser: (path: string, beginning: string) => LogParser;
  readonly onRecord: (record: LogRecord) => void;
  /** Undefined: none was saved, and what the files hold now counts as past. */
  readonly saved: readonly SavedLog[] | undefined;
}

interface Followed {
  file: LogFile;
  /** Everything before it was given to the parser. */
  position: number;
  head: LogHead | undefined;
  parser: LogParser | undefined;
  handle: FileHandle | undefined;
  endsWithNewline: boolean;
  grownMs: number;
}

/**
 * Follows logs of one server: files that grow, are renamed, cut to nothing, removed or made anew.
 *
 * A file is known by its device, inode and beginning, so a name that another file takes is another log.
 */
export class LogFollower implements AsyncDisposable {
  readonly #following: LogFollowing;
  readonly #followed = new Map<string, Followed>();
  #isFirst = true;
  #skippedBytes = 0;

  constructor(following: LogFollowing) {
    this.#following = following;
  }

  /** Of all files so far: what was behind too far, and what no parser could read or keep. */
  get skippedBytes(): number {
    return [...this.#followed.values()].reduce(
      (sum, { parser }) => sum + (parser?.skippedBytes ?? 0),
      this.#skippedBytes,
    );
  }

  /** Where a later follower goes on so that no message is given twice or not at all. */
  save(): readonly SavedLog[] {
    return [...this.#followed.values()].map(({ file: { path, identity }, position, head, parser }) => {
      return { path, identity, head, position: position - (parser?.heldBytes ?? 0) };
    });
  }

  /** From the next bytes on other parsers are made. */
  renewParsers(): void {
    for (const followed of this.#followed.values()) {
      followed.position -= followed.parser?.heldBytes ?? 0;
      this.#skippedBytes += followed.parser?.skippedBytes ?? 0;
      followed.parser = undefined;
    }
  }

  /** Reads what has come, of each file that can be read. Throws what the system says of a folder that cannot. */
  async look(): Promise<LogLook> {
    const found = await listLogFiles(this.#following.patterns());
    if (this.#isFirst) await this.#begin(found);
    this.#isFirst = false;
    for (const file of found) await this.#notice(file);
    let readBytes = 0;
    let behindBytes = 0;
    let problem: unknown;
    for (const followed of this.#followed.values()) {
      try {
        readBytes += await this.#read(followed, MOST_BYTES - readBytes);
      } catch (thrown) {
        problem ??= thrown;
      }
      behindBytes += Math.max(0, followed.file.sizeBytes - followed.position);
    }
    await this.#forget(found);
    return { files: found.length, readBytes, behindBytes, problem };
  }

  /** What was saved is gone on with, wherever it lies now; without it all that is there is past. */
  async #begin(found: readonly LogFile[]): Promise<void> {
    const { saved } = this.#following;
    for (const file of saved === undefined ? found : []) this.#add(file, file.sizeBytes);
    for (const { path, identity, position, head } of saved ?? []) {
      const file = found.find((each) => each.identity === identity) ?? (await findRenamed(path, identity));
      if (file === undefined) continue;
      if (await hasHead(file, head)) this.#add(file, position).head = head;
    }
  }

  #add(file: LogFile, position: number): Followed {
    const followed = {
      file,
      position,
      head: undefined,
      parser: undefined,
      handle: undefined,
      endsWithNewline: true,
      grownMs: file.changedMs,
    };
    this.#followed.set(file.identity, followed);
    return followed;
  }

  async #notice(file: LogFile): Promise<void> {
    const known = this.#followed.get(file.identity) ?? this.#add(file, 0);
    if (file.sizeBytes > known.file.sizeBytes) known.grownMs = Date.now();
    known.file = file;
    const behind = file.sizeBytes - known.position;
    if (behind > FURTHEST_BEHIND_BYTES) {
      this.#startAnew(known, file.sizeBytes - FURTHEST_BEHIND_BYTES);
      this.#skippedBytes += behind - FURTHEST_BEHIND_BYTES;
    }
  }

  #startAnew(followed: Followed, position: number): void {
    followed.parser?.flush(this.#following.onRecord);
    this.#skippedBytes += followed.parser?.skippedBytes ?? 0;
    followed.parser = undefined;
    followed.position = position;
  }

  async #read(followed: Followed, mostBytes: number): Promise<number> {
    followed.head ??= await this.#headOf(followed);
    const isQuiet = followed.file.sizeBytes === followed.position && !hasGrownLately(followed);
    const handle = followed.handle ?? (isQuiet ? undefined : await this.#open(followed));
    if (handle === undefined) return this.#rest(followed);
    followed.handle = handle;
    const { size } = await handle.stat();
    if (size < followed.position || !(await isSame(handle, followed.head))) {
      this.#startAnew(followed, 0);
      followed.head = undefined;
    }
    if (size > (followed.head?.bytes ?? 0)) followed.head = await headOf(handle);
    const bytes = await this.#readOn(followed, handle, Math.min(mostBytes, size - followed.position));
    followed.file = { ...followed.file, sizeBytes: size };
    return bytes === 0 ? this.#rest(followed) : bytes;
  }

  async #headOf(followed: Followed): Promise<LogHead | undefined> {
    const handle = await this.#open(followed);
    if (handle === undefined) return undefined;
    const head = await headOf(handle);
    await handle.close();
    return head;
  }

  async #open({ file }: Followed): Promise<FileHandle | undefined> {
    const handle = await unlessAbsent(open(file.path, 'r'));
    if (handle === undefined) return undefined;
    const { dev, ino } = await handle.stat();
    if (`${dev}:${ino}` === file.identity) return handle;
    // Another file has taken the name since it was looked at.
    await handle.close();
    return undefined;
  }

  async #readOn(followed: Followed, handle: FileHandle, mostBytes: number): Promise<number> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let done = 0;
    while (done < mostBytes) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK_BYTES, mostBytes - done), followed.position);
      if (bytesRead === 0) break;
      const bytes = buffer.subarray(0, bytesRead);
      followed.parser ??= await this.#parserOf(followed, handle);
      followed.parser.push(bytes, this.#following.onRecord);
      followed.position += bytesRead;
      followed.endsWithNewline = bytes.at(-1) === NEWLINE;
      done += bytesRead;
    }
    return done;
  }

  async #parserOf({ file }: Followed, handle: FileHandle): Promise<LogParser> {
    const buffer = Buffer.alloc(65_536);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return this.#following.createParser(file.path, buffer.toString('utf8', 0, bytesRead));
  }

  /** Nothing came: the last message is whole, unless it is still being written. */
  #rest(followed: Followed): 0 {
    if (followed.endsWithNewline) followed.parser?.flush(this.#following.onRecord);
    return 0;
  }

  /** Closes files that no longer grow, and lets go of those that are no longer there. */
  async #forget(found: readonly LogFile[]): Promise<void> {
    for (const [identity, followed] of this.#followed) {
      if (hasGrownLately(followed) || identity === found.at(-1)?.identity) continue;
      await followed.handle?.close();
      followed.handle = undefined;
      if (found.some((file) => file.identity === identity)) continue;
      this.#startAnew(followed, followed.position);
      this.#followed.delete(identity);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of this.#followed.values()) await handle?.close();
  }
}

function hasGrownLately({ grownMs }: Followed): boolean {
  return Date.now() - grownMs < OPEN_MS;
}

/** One that cannot be read now is taken for the same by its inode alone. */
async function hasHead({ path }: LogFile, head: LogHead | undefined): Promise<boolean> {
  try {
    await using handle = await open(path, 'r');
    return await isSame(handle, head);
  } catch {
    return true;
  }
}

async function isSame(handle: FileHandle, head: LogHead | undefined): Promise<boolean> {
  if (head === undefined) return true;
  const now = await headOf(handle, head.bytes);
  return now.checksum === head.checksum;
}
