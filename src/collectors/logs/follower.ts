import type { LogFile, LogPlace, OpenLog } from '../../core/log-place.ts';
import type { LogParser, LogRecord } from '../../core/log-record.ts';
import { headOf, isSame, type LogHead } from './log-head.ts';
import { CHUNK_BYTES, giveWay } from './pace.ts';

/** What a parser is chosen by. */
const BEGINNING_BYTES = 65_536;
/** What is further behind is skipped: it would be told of too late to help anybody. */
const FURTHEST_BEHIND_BYTES = 1_073_741_824;
/** Files that a look found grown stay open so long, so that what comes after they were renamed or removed is read. */
const OPEN_MS = 600_000;
const NEWLINE = 0x0a;

/** Where one goes on in a log. */
export interface SavedLog {
  readonly path: string;
  readonly identity: string;
  readonly position: number;
  /** Undefined: it could not be read so far. */
  readonly head: LogHead | undefined;
}

/** What a look at the logs came to. */
export interface LogLook {
  readonly files: number;
  readonly readBytes: number;
  /** What is there and was not read yet. */
  readonly behindBytes: number;
  /** What the system says of a log that could not be read; undefined if all could. */
  readonly problem: unknown;
}

export interface LogFollowing {
  readonly place: LogPlace;
  /** The most that is read in a look, of all logs together; the next look goes on from there. */
  readonly mostBytes: number;
  /** @param beginning the first text of the log */
  readonly createParser: (path: string, beginning: string) => LogParser;
  readonly onRecord: (record: LogRecord) => void;
  /** Undefined: none was saved, and what the logs hold now counts as past. */
  readonly saved: readonly SavedLog[] | undefined;
}

interface Followed {
  file: LogFile;
  /** Everything before it was given to the parser. */
  position: number;
  head: LogHead | undefined;
  parser: LogParser | undefined;
  log: OpenLog | undefined;
  endsWithNewline: boolean;
  grownMs: number;
}

/**
 * Follows logs of one server: files that grow, are renamed, cut to nothing, removed or made anew.
 *
 * A log is known by its identity and beginning, so a name that another one takes is another log.
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
    if (this.#isFirst) return this.#following.saved ?? [];
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

  /** Reads what has come, of each log that can be read. Throws what the system says of a folder that cannot. */
  async look(): Promise<LogLook> {
    const found = await this.#following.place.list();
    if (this.#isFirst) await this.#begin(found);
    this.#isFirst = false;
    for (const file of found) await this.#notice(file);
    let readBytes = 0;
    let behindBytes = 0;
    let problem: unknown;
    for (const followed of this.#followed.values()) {
      try {
        readBytes += await this.#read(followed, this.#following.mostBytes - readBytes);
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
      const file =
        found.find((each) => each.identity === identity) ?? (await this.#following.place.find(path, identity));
      if (file === undefined) continue;
      if (await this.#hasHead(file, head)) this.#add(file, position).head = head;
    }
  }

  /** One that cannot be read now is taken for the same by its identity alone. */
  async #hasHead(file: LogFile, head: LogHead | undefined): Promise<boolean> {
    try {
      await using log = await this.#following.place.open(file);
      return log === undefined || (await isSame(log, head));
    } catch {
      return true;
    }
  }

  #add(file: LogFile, position: number): Followed {
    const followed = {
      file,
      position,
      head: undefined,
      parser: undefined,
      log: undefined,
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
    const log = followed.log ?? (isQuiet ? undefined : await this.#open(followed));
    followed.log = log;
    const size = await log?.sizeBytes();
    if (log === undefined || size === undefined) return await this.#unreachable(followed);
    if (size < followed.position || !(await isSame(log, followed.head))) {
      this.#startAnew(followed, 0);
      followed.head = undefined;
    }
    if (size > (followed.head?.bytes ?? 0)) followed.head = await headOf(log);
    const bytes = await this.#readOn(followed, log, Math.min(mostBytes, size - followed.position));
    followed.file = { ...followed.file, sizeBytes: size };
    return bytes === 0 ? this.#rest(followed) : bytes;
  }

  async #unreachable(followed: Followed): Promise<0> {
    await followed.log?.[Symbol.asyncDispose]();
    followed.log = undefined;
    return this.#rest(followed);
  }

  async #headOf(followed: Followed): Promise<LogHead | undefined> {
    await using log = await this.#open(followed);
    return log === undefined ? undefined : await headOf(log);
  }

  /** Under another name, if another log has taken its own since it was looked at. */
  async #open(followed: Followed): Promise<OpenLog | undefined> {
    const { place } = this.#following;
    const { path, identity } = followed.file;
    const log = await place.open(followed.file);
    if (log !== undefined) return log;
    const renamed = await place.find(path, identity);
    if (renamed === undefined) return undefined;
    followed.file = renamed;
    return await place.open(renamed);
  }

  async #readOn(followed: Followed, log: OpenLog, mostBytes: number): Promise<number> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let done = 0;
    while (done < mostBytes) {
      const startedMs = performance.now();
      const room = buffer.subarray(0, Math.min(CHUNK_BYTES, mostBytes - done));
      const bytes = room.subarray(0, await log.read(room, followed.position));
      if (bytes.length === 0) break;
      followed.parser ??= await this.#parserOf(followed, log);
      followed.parser.push(bytes, this.#following.onRecord);
      followed.position += bytes.length;
      followed.endsWithNewline = bytes.at(-1) === NEWLINE;
      done += bytes.length;
      if (done < mostBytes) await giveWay(startedMs);
    }
    return done;
  }

  async #parserOf({ file }: Followed, log: OpenLog): Promise<LogParser> {
    const room = Buffer.alloc(BEGINNING_BYTES);
    const bytes = await log.read(room, 0);
    return this.#following.createParser(file.path, room.toString('utf8', 0, bytes));
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
      await followed.log?.[Symbol.asyncDispose]();
      followed.log = undefined;
      if (found.some((file) => file.identity === identity)) continue;
      this.#startAnew(followed, followed.position);
      this.#followed.delete(identity);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { log } of this.#followed.values()) await log?.[Symbol.asyncDispose]();
  }
}

function hasGrownLately({ grownMs }: Followed): boolean {
  return Date.now() - grownMs < OPEN_MS;
}
