import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';

import { systemCode, WalguardError } from '../core/error.ts';
import { unlessAbsent } from './file-facts.ts';
import { isRunning, markOfThisProcess, type ProcessMark } from './process-mark.ts';
import { writeWhole } from './write-whole.ts';

const VERSION = 1;
/** An owner touches its mark every second, or every few. */
const SILENT_MS = 30_000;

interface Owner extends ProcessMark {
  readonly id: string;
}

/** How far a log was read, in a file that one owner writes. Its functions throw what the system says. */
export class LogStateFile {
  readonly #path: string;
  readonly #id = randomBytes(8).toString('hex');
  #isOwn = false;

  constructor(path: string) {
    this.#path = path;
  }

  get #ownerPath(): string {
    return `${this.#path}.owner`;
  }

  /**
   * Makes the file its own, or says that it still is.
   *
   * @throws SOURCE_UNREADABLE while it is somebody else's, who lives
   */
  async own(): Promise<void> {
    const owner = await this.#readOwner();
    this.#isOwn = owner?.id === this.#id;
    const now = new Date();
    if (this.#isOwn) return await unlessAbsent(utimes(this.#ownerPath, now, now));
    if (owner !== undefined && (await isRunning(owner, await this.#touchedMs(), SILENT_MS)))
      throw occupied(this.#path, owner);
    await this.#take(owner !== undefined);
    // Of two that found the same dead owner the later one has it.
    this.#isOwn = (await this.#readOwner())?.id === this.#id;
    if (!this.#isOwn) throw occupied(this.#path, await this.#readOwner());
  }

  async #take(isLeft: boolean): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o755 });
    const owner: Owner = { ...(await markOfThisProcess()), id: this.#id };
    const text = `${JSON.stringify(owner)}\n`;
    if (isLeft) return await writeWhole(this.#ownerPath, text);
    try {
      await using file = await open(this.#ownerPath, 'wx', 0o644);
      await file.writeFile(text);
    } catch (thrown) {
      if (systemCode(thrown) !== 'EEXIST') throw thrown;
    }
  }

  async #readOwner(): Promise<Owner | undefined> {
    const text = await unlessAbsent(readFile(this.#ownerPath, 'utf8'));
    return text === undefined ? undefined : ((parse(text) ?? {}) as Owner);
  }

  async #touchedMs(): Promise<number> {
    return (await unlessAbsent(stat(this.#ownerPath)))?.mtimeMs ?? 0;
  }

  /** Writes the whole state and renames it into place. */
  async write(state: unknown): Promise<void> {
    await writeWhole(this.#path, `${JSON.stringify({ version: VERSION, state })}\n`);
  }

  /**
   * What was written last; undefined if there is none.
   *
   * @throws SOURCE_BAD_ANSWER if it is of another version, or cut off
   */
  async read(): Promise<unknown> {
    const text = await unlessAbsent(readFile(this.#path, 'utf8'));
    if (text === undefined) return undefined;
    const { version, state } = (parse(text) ?? {}) as { readonly version?: unknown; readonly state?: unknown };
    if (version === VERSION) return state;
    throw new WalguardError(
      'SOURCE_BAD_ANSWER',
      `${this.#path} is not what this walguard wrote of how far it read the log`,
      {
        hint: 'Counting began anew at the end of the log; nothing has to be done.',
        where: { file: this.#path },
      },
    );
  }

  /** Leaves the file to the next owner. */
  async release(): Promise<void> {
    if (this.#isOwn) await rm(this.#ownerPath, { force: true });
    this.#isOwn = false;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function occupied(path: string, owner: Partial<Owner> | undefined): WalguardError {
  const whose = owner?.pid === undefined ? '' : `: process ${owner.pid} on ${owner.host}`;
  return new WalguardError('SOURCE_UNREADABLE', `another walguard keeps in ${path} how far it read the log${whose}`, {
    hint: 'Give each walguard a folder of its own in logs.state_directory, or end the other one.',
    where: { file: path },
  });
}
