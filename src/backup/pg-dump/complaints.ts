import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { showableLines } from '../../process/error-output.ts';

const MOST_LINES = 5;
const LONGEST_LINE = 2_000;
const WARNING = /(?:warning|WARNING):/;
const ERROR = /(?:error|ERROR|fatal|FATAL|PANIC):|could not |No space left/;
/** What behind these words may be a row, or a statement with a password. */
const DETAIL = /^(?:DETAIL|CONTEXT|HINT|STATEMENT|LINE \d+|Command was|QUERY):/;

/** A value that is no good is one of a row. */
const VALUE = /(invalid (?:input|value|byte|memory)[^:]*): .*/;

/** What is said of causes that are none of the dump, and the cure. */
const CAUSES: readonly (readonly [says: RegExp, hint: string])[] = [
  [
    /extension "[^"]*" is not available|could not open extension control file/,
    'Install this extension for the PostgreSQL that drills use (drills.postgres), on this host.',
  ],
  [/shared_preload_libraries/, 'Name the library in drills.preload.'],
  [
    /could not (?:access file|load library)|could not find function "[^"]*" in file/,
    'Install this library for the PostgreSQL that drills use (drills.postgres), on this host.',
  ],
  [/invalid (?:LC_\w+ )?locale name|could not create locale/, 'Install this locale on the host of the drill.'],
  [
    /unsupported version|unrecognized configuration parameter/,
    'Name a newer PostgreSQL in drills.postgres: this one is older than the dump.',
  ],
  [/not built with|does not support compression/, 'Use programs that were built with this compression.'],
  [
    /permission denied to grant privileges as role/,
    'Set drills.user to the superuser that initdb made for the original.',
  ],
];

/** The standard error of pg_restore or psql, line by line: what went wrong, and what only should be known. */
export class Complaints {
  readonly #errors: string[] = [];
  readonly #warnings = new Set<string>();
  #rest = '';

  readonly hear = (piece: Buffer): void => {
    const lines = (this.#rest + piece.toString('utf8')).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) this.#read(line);
  };

  /** Each once, as far as they may be shown. */
  get warnings(): readonly string[] {
    return showableLines([...this.#warnings], []);
  }

  asError(file: string, program: string, exitCode: number): WalguardError {
    this.#read(this.#rest);
    const said = showableLines(this.#errors, []).join(' | ');
    const isFull = this.#errors.some((line) => line.includes('No space left on device'));
    const cause = CAUSES.find(([says]) => this.#errors.some((line) => says.test(line)));
    const how = said === '' ? `ended with exit code ${exitCode}` : `said: ${said}`;
    const message = `${printable(file)} cannot be restored: ${program} ${how}`;
    if (isFull)
      return new WalguardError('DRILL_NO_SPACE', message, {
        hint: 'Make room there, or let drills.directory name a folder on a larger disk.',
      });
    const hint = cause?.[1] ?? 'See by hand whether this dump can be restored, and make it again if not.';
    return new WalguardError('DRILL_RESTORE_FAILED', message, { hint });
  }

  #read(line: string): void {
    if (DETAIL.test(line)) return;
    // The number of a line changes with every dump, and tells nothing of a script that comes through a pipe.
    const text = line.replace(/^psql:<stdin>:\d+: /, '').replace(VALUE, '$1');
    if (WARNING.test(text)) {
      if (this.#warnings.size < MOST_LINES) this.#warnings.add(text);
    } else if (ERROR.test(text) && this.#errors.length < MOST_LINES) this.#errors.push(text);
  }
}
