import { createHash } from 'node:crypto';

import { asWalguardError, WalguardError } from '../../core/error.ts';
import { globMatcher } from '../../core/glob.ts';
import type { LogFile, LogPlace, OpenLog } from '../../core/log-place.ts';
import { listServerLogs, readServerLogs, type ServerLogFile } from '../../postgres/server-log.ts';
import type { Session } from '../../postgres/session.ts';
import type { OwnSession } from '../../scrape/own-session.ts';

const TIMEOUT_MS = 10_000;
const HEAD_BYTES = 256;
const HEADS_AT_ONCE = 64;
const NEWLINE = 0x0a;

interface Listed extends LogFile {
  readonly name: string;
  readonly head: Buffer;
}

/**
 * Logs in the server's log_directory, read by its own functions. A log is known by its first line, for the server does
 * not tell inodes: one that has no whole line yet is left out.
 *
 * @param pattern of the names of those that are to be read; undefined: the server has not said yet how it names them
 */
export class ServerLogs implements LogPlace {
  readonly #session: OwnSession;
  readonly #pattern: () => string | undefined;
  #listed = new Map<string, Listed>();

  constructor(session: OwnSession, pattern: () => string | undefined) {
    this.#session = session;
    this.#pattern = pattern;
  }

  readonly list = async (): Promise<readonly LogFile[]> => {
    const pattern = this.#pattern();
    if (pattern === undefined) return [];
    const isWanted = globMatcher(pattern);
    const files = await this.#ask((session, timeoutMs) => listServerLogs(session, timeoutMs));
    this.#listed = await this.#withHeads(files);
    const wanted = [...this.#listed.values()].filter(({ name }) => isWanted(name));
    const each = new Map(wanted.map((file) => [file.identity, file]));
    return [...each.values()].toSorted((a, b) => a.changedMs - b.changedMs);
  };

  readonly find = async (_path: string, identity: string): Promise<LogFile | undefined> =>
    [...this.#listed.values()].find((file) => file.identity === identity);

  readonly open = async ({ path, identity }: LogFile): Promise<OpenLog | undefined> => {
    const name = (await this.find(path, identity))?.path;
    if (name === undefined) return undefined;
    // A later list may tell another log of this name.
    const listed = (): Listed | undefined => {
      const file = this.#listed.get(name);
      return file?.identity === identity ? file : undefined;
    };
    return {
      sizeBytes: async () => listed()?.sizeBytes,
      read: async (room, position) => {
        const head = listed()?.head;
        const isKnown = position === 0 && head !== undefined && room.length <= head.length;
        const bytes = isKnown ? head.subarray(0, room.length) : await this.#read(name, position, room.length);
        room.set(bytes);
        return bytes.length;
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  };

  async #read(name: string, position: number, bytes: number): Promise<Buffer> {
    const [piece] = await this.#ask((session, timeoutMs) =>
      readServerLogs(session, [name], { position, bytes }, timeoutMs),
    );
    return piece ?? Buffer.alloc(0);
  }

  /** Asks only for heads of files that have changed: one that was cut to nothing may have another. */
  async #withHeads(files: readonly ServerLogFile[]): Promise<Map<string, Listed>> {
    const known = new Map<string, Listed>();
    const changed: ServerLogFile[] = [];
    for (const file of files) {
      const before = this.#listed.get(file.name);
      if (before?.sizeBytes === file.sizeBytes && before.changedMs === file.changedMs) known.set(file.name, before);
      else changed.push(file);
    }
    for (let from = 0; from < changed.length; from += HEADS_AT_ONCE) {
      const some = changed.slice(from, from + HEADS_AT_ONCE);
      const names = some.map(({ name }) => name);
      const heads = await this.#ask((session, timeoutMs) =>
        readServerLogs(session, names, { position: 0, bytes: HEAD_BYTES }, timeoutMs),
      );
      for (const [index, file] of some.entries()) {
        const listed = toListed(file, heads[index]);
        if (listed !== undefined) known.set(file.name, listed);
      }
    }
    return known;
  }

  async #ask<T>(run: (session: Session, timeoutMs: number) => Promise<T>): Promise<T> {
    try {
      return await this.#session.ask(TIMEOUT_MS, (session, budget) => run(session, budget.remainingMs()));
    } catch (thrown) {
      throw withGrant(asWalguardError(thrown));
    }
  }
}

function toListed(file: ServerLogFile, head: Buffer | undefined): Listed | undefined {
  if (head === undefined) return undefined;
  const end = head.indexOf(NEWLINE);
  if (end < 0 && head.length < HEAD_BYTES) return undefined;
  const identity = createHash('sha256')
    .update(end < 0 ? head : head.subarray(0, end))
    .digest('hex');
  return { ...file, path: file.name, identity, head };
}

function withGrant(error: WalguardError): WalguardError {
  if (error.code !== 'QUERY_PERMISSION') return error;
  return new WalguardError(error.code, `The log cannot be read through the server: ${error.message}`, {
    hint: 'GRANT pg_monitor, and GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean), TO the role walguard connects as.',
    where: error.where,
    cause: error,
  });
}
