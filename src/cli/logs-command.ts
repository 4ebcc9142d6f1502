import { type Command, Option } from 'commander';

import { LOG_FORMATS, type LogFormat } from '../core/log-record.ts';

/** `walguard logs`. */
export interface LogsInvocation {
  readonly kind: 'logs';
  readonly paths: readonly string[];
  /** Undefined: guessed for each file. */
  readonly format: LogFormat | undefined;
  readonly prefix: string | undefined;
  /** Not read yet. */
  readonly begin: string | undefined;
  readonly end: string | undefined;
  readonly top: string;
  readonly json: boolean;
}

const DEFAULT_TOP = '20';

const NOTES = `
Reads finished logs of PostgreSQL once, one after the other, and says what they come to: docs/logs.md. - is the standard
input. Files that gzip, zstd, lz4, bzip2 or xz packed are unpacked. Format and log_line_prefix are guessed by each file.

Statements and messages are shown without their values. Times are UTC; one without a zone is taken so.

Exit codes: 0 all was read, 1 a file could not be read or understood, 2 wrong usage, 130 and 143 stopped by SIGINT and
SIGTERM, with nothing printed.
`;

/** Declares the command on a program. */
export function describeLogs(command: Command): Command {
  return command
    .argument('<file...>', "PostgreSQL's logs in the order of their time; - is the standard input.")
    .addOption(
      new Option('--format <format>', 'What they are written in. (default: guessed)').choices([...LOG_FORMATS]),
    )
    .option('--prefix <prefix>', 'log_line_prefix of the server, for the format stderr. (default: guessed)')
    .option('--begin <time>', 'Leave out what is before this time, such as 2026-11-22T10:00:00Z.')
    .option('--end <time>', 'Leave out what is at this time or later.')
    .option('--top <number>', `Entries of a list. (default: ${DEFAULT_TOP})`)
    .option('--json', 'Write the report as JSON.')
    .addHelpText('after', NOTES);
}

export function toLogsInvocation(paths: readonly string[], values: Readonly<Record<string, unknown>>): LogsInvocation {
  return {
    kind: 'logs',
    paths,
    format: LOG_FORMATS.find((each) => each === values['format']),
    prefix: text(values['prefix']),
    begin: text(values['begin']),
    end: text(values['end']),
    top: text(values['top']) ?? DEFAULT_TOP,
    json: values['json'] === true,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
