import type { LogFormat, LogParser } from '../../../core/log-record.ts';
import { CsvLogParser } from './csvlog.ts';
import { guessPrefix } from './guess-prefix.ts';
import { JsonLogParser } from './jsonlog.ts';
import { StderrLogParser } from './stderr.ts';
import { partOf, severityOf } from './words.ts';

/** What `%m [%p] ` is: PostgreSQL's default. */
export const DEFAULT_PREFIX = '%m [%p] ';

/** @param logLinePrefix of the server; only the format stderr has it */
export function createLogParser(format: LogFormat, logLinePrefix: string): LogParser {
  if (format === 'jsonlog') return new JsonLogParser();
  return format === 'csvlog' ? new CsvLogParser() : new StderrLogParser(logLinePrefix);
}

/** The format of a file by its name's ending, as the server gives it; otherwise by how it begins. */
export function guessFormat(name: string, beginning: string): LogFormat {
  const plain = name.replace(/\.(?:gz|zst|lz4|bz2|xz)$/, '');
  if (plain.endsWith('.json')) return 'jsonlog';
  if (plain.endsWith('.csv')) return 'csvlog';
  if (beginning.startsWith('{"timestamp"')) return 'jsonlog';
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+,/.test(beginning) ? 'csvlog' : 'stderr';
}

/** The log_line_prefix that the first lines of a log in the format stderr seem to have; undefined if none is known. */
export function guessLogLinePrefix(beginning: string): string | undefined {
  const lines = beginning.split('\n').filter((line) => line !== '' && !line.startsWith('\t'));
  return guessPrefix(lines, (word) => severityOf(word) !== undefined || partOf(word) !== undefined);
}
