import { basename } from 'node:path';

/** How the programs of a source are started. */
export interface Launch {
  /** The command in front, as an argument list: `['ssh', 'backup-host']`, `['sudo', '-n', '-u', 'barman']`. */
  readonly prefix: readonly string[];
  /** All that the program sees; see programEnvironment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** More than this on standard output is an error; by default 64 MiB. */
  readonly maxOutputBytes?: number;
  /** Gets standard output, however much it is, instead of its being kept. */
  readonly take?: (piece: Buffer) => void;
  /** What the program reads from its standard input; what it throws ends the program. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Gets standard error, too. */
  readonly hear?: (piece: Buffer) => void;
}

const BASE = ['PATH', 'HOME', 'USER', 'LOGNAME'] as const;
const LANGUAGE = { LANG: 'C', LC_ALL: 'C' } as const;
const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/**
 * The environment of a program: where programs and the user's files are, English messages, and what the operator adds.
 *
 * Nothing else of walguard's own is handed on: connection strings and passwords stand there.
 */
export function programEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const base = BASE.flatMap((name) => {
    const value = own[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { PATH: DEFAULT_PATH, ...Object.fromEntries(base), ...LANGUAGE, ...added };
}

/** The values the operator added to an environment: any of them may be a secret. */
export function addedValues(environment: Readonly<Record<string, string>>): readonly string[] {
  const known: ReadonlySet<string> = new Set([...BASE, ...Object.keys(LANGUAGE)]);
  return Object.entries(environment).flatMap(([name, value]) => (known.has(name) ? [] : [value]));
}

/**
 * The whole argument list.
 *
 * ssh joins its arguments with spaces and lets a shell on the other host take them apart: behind it, each word is quoted
 * so that it arrives as it is.
 */
export function argumentList({ prefix }: Launch, argv: readonly string[]): readonly string[] {
  const shells = prefix.filter((word) => basename(word) === 'ssh').length;
  return [...prefix, ...argv.map((word) => quote(word, shells))];
}

function quote(word: string, times: number): string {
  if (times === 0 || PLAIN_WORD.test(word)) return word;
  return quote(`'${word.replaceAll("'", String.raw`'\''`)}'`, times - 1);
}

/** A command as a message names it: without its arguments, which may hold a secret. */
export function commandName({ prefix }: Launch, argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  const command = rest.find((word) => /^[a-z][a-z-]*$/.test(word));
  const through = prefix[0] === undefined ? '' : ` (through ${basename(prefix[0])})`;
  return `${basename(program)}${command === undefined ? '' : ` ${command}`}${through}`;
}
