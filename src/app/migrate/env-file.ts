import type { Environment } from '../../config/given.ts';
import { readTextFile } from '../../config/read-text-file.ts';
import { WalguardError } from '../../core/error.ts';
import { splitWords } from '../../core/split-words.ts';

const LINE = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/;
/** In these packages and units have the command line. */
const COMMAND_LINES = ['ARGS', 'OPTIONS', 'PG_EXPORTER_OPTS', 'POSTGRES_EXPORTER_OPTS'];

/** What a file of variables has, as systemd and shells read it. */
export interface EnvironmentFile {
  readonly env: Environment;
  /** Of the command line in it; none if it has none. */
  readonly words: readonly string[];
}

/** @throws CONFIG_FILE_UNREADABLE, CONFIG_BAD_VALUE where a quote is not closed */
export function readEnvironmentFile(path: string): EnvironmentFile {
  const entries = readTextFile(path, '--environment-file')
    .split(/\r?\n/)
    .flatMap((line, index): readonly (readonly [string, string])[] => {
      const [, name, text] = LINE.exec(line) ?? [];
      if (name === undefined || text === undefined) return [];
      const [quote] = text;
      if (quote !== '"' && quote !== "'") return [[name, text]];
      if (text.length > 1 && text.endsWith(quote)) return [[name, text.slice(1, -1)]];
      throw openQuote(path, index + 1, name);
    });
  const env = Object.fromEntries(entries);
  const commandLine = COMMAND_LINES.map((name) => env[name]).find((text) => text !== undefined && text.trim() !== '');
  return { env, words: commandLine === undefined ? [] : (splitWords(commandLine) ?? []) };
}

function openQuote(file: string, line: number, name: string): WalguardError {
  return new WalguardError('CONFIG_BAD_VALUE', `the value of ${name} has no closing quote`, {
    hint: 'Write each variable on one line.',
    where: { file, line },
  });
}
