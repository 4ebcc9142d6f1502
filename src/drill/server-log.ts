import { type MinimumSetting, MINIMUM_SETTINGS } from '../core/control-file.ts';

/** What is kept of a log for the report. */
const MAX_LINES = 40;

const RESTORED = /restored log file "([0-9A-F]{24})" from archive/;
const STOPPING = /recovery stopping (?:before|after|at) /;
const TOO_LOW =
  /(\w+) = \d+ is a lower setting than on the (?:primary|master) server(?:, where | \()its value was (\d+)/;
const END = /(?:FATAL|PANIC): {2}(.*)/;
/** WAL that is not what it should be; that it ends in zeros is how the end of it looks. */
const DAMAGED =
  /(archive file "\w+" has wrong size|incorrect resource manager data checksum|unexpected pageaddr|invalid magic number|invalid info bits|invalid resource manager ID|record with incorrect prev-link|there is no contrecord flag|invalid contrecord length|invalid (?:block_id|length of|compressed image))/;

/** The log of a restored server, as far as a drill has an interest in it. */
export class ServerLog {
  readonly #lines: string[] = [];
  readonly #minima = new Map<MinimumSetting, number>();
  #rest = '';
  #restored = 0;
  #lastRestored: string | undefined;
  readonly #timelines = new Map<string, number>();
  #stopping: string | undefined;
  #end: string | undefined;
  #damage: string | undefined;
  #isConsistent = false;
  #isRecovering = false;

  /** Takes a piece of what the server writes, as it comes. */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  /** The last lines, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Segments that came from the archive; one may be asked for more than once, and counts once if that is in a row. */
  get restored(): { readonly count: number; readonly last: string | undefined } {
    return { count: this.#restored, last: this.#lastRestored };
  }

  /** Of which timeline the file was that came for a segment; undefined if none did. @param name of any timeline */
  timelineOf(name: string): number | undefined {
    return this.#timelines.get(name.slice(8));
  }

  /** Why recovery stopped where it did; undefined as long as it goes on. */
  get stopping(): string | undefined {
    return this.#stopping;
  }

  /** What the server said last before it ended by itself; undefined if it said nothing of the kind. */
  get end(): string | undefined {
    return this.#end;
  }

  /** What was wrong with the WAL it was given. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** It has begun to read its WAL. */
  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  get isConsistent(): boolean {
    return this.#isConsistent;
  }

  /** Settings that are lower than WAL allows, with what it asks for. */
  get tooLow(): ReadonlyMap<MinimumSetting, number> {
    return this.#minima;
  }

  #read(line: string): void {
    if (line === '') return;
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    const restored = RESTORED.exec(line)?.[1];
    if (restored !== undefined && restored !== this.#lastRestored) {
      this.#restored += 1;
      this.#lastRestored = restored;
      this.#timelines.set(restored.slice(8), Number.parseInt(restored.slice(0, 8), 16));
    }
    const [, name, value] = TOO_LOW.exec(line) ?? [];
    const setting = MINIMUM_SETTINGS.find((each) => each === name);
    if (setting !== undefined) this.#minima.set(setting, Number(value));
    this.#stopping ??= STOPPING.test(line) ? withoutPrefix(line) : undefined;
    this.#end = END.exec(line)?.[1] ?? this.#end;
    this.#damage = DAMAGED.test(line) ? withoutPrefix(line) : this.#damage;
    this.#isRecovering ||= line.includes('redo starts at');
    this.#isConsistent ||= line.includes('consistent recovery state reached');
  }
}

function withoutPrefix(line: string): string {
  return line.replace(/^.*?(?:LOG|WARNING|ERROR|FATAL|PANIC): {2}/, '');
}
