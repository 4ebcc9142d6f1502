import { Command, CommanderError, Option } from 'commander';

import { OPTIONS } from '../config/options.ts';
import type { FlagValues } from '../config/given.ts';
import { variableOf } from '../config/settings.ts';
import { closest } from '../core/closest.ts';
import type { Collector } from '../core/collector.ts';

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'serve'; readonly flags: FlagValues }
  /** Help, version or a usage error: the text has been written. */
  | { readonly kind: 'done'; readonly exitCode: number };

export interface CommandLineOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const USAGE_EXIT_CODE = 2;
const COMMANDS = ['serve'];

/** What the help tells of this walguard. */
export interface HelpFacts {
  readonly version: string;
  /** Those that are shipped, by name; needed only if help is asked for. */
  readonly collectors: readonly Pick<Collector, 'name' | 'enabledByDefault'>[];
}

/** Reads the command line; the collectors' switches are no longer in it. */
export function readCommandLine(
  argv: readonly string[],
  { version, collectors }: HelpFacts,
  output: CommandLineOutput,
): Invocation {
  let flags: FlagValues | undefined;
  const program = new Command('walguard')
    .description(
      'Prometheus exporter for PostgreSQL: statistics, replication, checkpoints, and the state of WAL archiving.',
    )
    .version(version, '--version', 'Print the version and exit.')
    .helpOption('-h, --help', 'Print this help and exit.')
    .helpCommand(false)
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .configureHelp({ helpWidth: 120 })
    .exitOverride();
  const serve = addOptions(
    program.command('serve', { isDefault: true }).description('Serve metrics over HTTP (the default).'),
  );
  serve.exitOverride().configureOutput({ writeOut: output.out, writeErr: output.err }).allowExcessArguments(true);
  serve.helpOption('-h, --help', 'Print this help and exit.').configureHelp({ helpWidth: 120 });
  serve.action((values: Readonly<Record<string, unknown>>) => {
    const [unknown] = serve.args;
    if (unknown !== undefined) program.error(unknownCommand(unknown));
    flags = toFlagValues(serve, values);
  });
  program.addHelpText('after', () => `\n${serve.helpInformation()}${notes(collectors)}`);
  serve.addHelpText('after', notes(collectors));
  try {
    program.parse(splitValues(argv), { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return { kind: 'done', exitCode: thrown.exitCode === 0 ? 0 : USAGE_EXIT_CODE };
  }
  return flags === undefined ? { kind: 'done', exitCode: 0 } : { kind: 'serve', flags };
}

function unknownCommand(word: string): string {
  if (!/^[\w-]+$/.test(word)) return 'error: there is no such command. Name the server by DATA_SOURCE_NAME.';
  const near = closest(word, COMMANDS);
  return `error: unknown command '${word}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`;
}

/** `--flag=value` as two: of a flag that is not known, commander then names the nearest, and not the value. */
function splitValues(argv: readonly string[]): readonly string[] {
  return argv.flatMap((argument) => {
    const at = argument.indexOf('=');
    return argument.startsWith('--') && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument];
  });
}

/** Lines as wide as the rest of the help. */
function wrap(words: readonly string[]): string {
  return words
    .join(', ')
    .replaceAll(/(.{1,118})(?: |$)/g, '  $1\n')
    .trimEnd();
}

function notes(collectors: HelpFacts['collectors']): string {
  const names = (on: boolean): string =>
    wrap(collectors.filter(({ enabledByDefault }) => enabledByDefault === on).map(({ name }) => name));
  return `
Collectors that --no-collector.NAME switches off (WALGUARD_COLLECTOR_NAME=false):
${names(true)}
and that --collector.NAME switches on (WALGUARD_COLLECTOR_NAME=true):
${names(false)}

The server: DATA_SOURCE_NAME (postgresql://user:password@host:port/database or host=... user=...), or DATA_SOURCE_URI,
DATA_SOURCE_USER and DATA_SOURCE_PASS, each also as ..._FILE; else PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE,
or PGSERVICE: docs/connecting.md has the rest.

A flag wins over its environment variable, that over the file, that over the default. In the file a dot nests and a
dash is an underscore: --web.listen-address is "web: {listen_address: ...}".

Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage or configuration.
`;
}

function addOptions(command: Command): Command {
  command.addOption(new Option('--config.file <file>', `Configuration file. (env: ${variableOf('config.file')})`));
  for (const { flag, placeholder, help, fallbackText, repeatable } of Object.values(OPTIONS)) {
    const fallback = fallbackText === '' ? '' : ` (default: ${fallbackText})`;
    const option = new Option(`--${flag} ${placeholder}`, `${help} (env: ${variableOf(flag)})${fallback}`);
    if (repeatable) option.argParser<readonly string[] | undefined>((text, before) => [...(before ?? []), text]);
    command.addOption(option);
  }
  return command;
}

function toFlagValues(command: Command, values: Readonly<Record<string, unknown>>): FlagValues {
  const names = new Map(command.options.map((option) => [option.attributeName(), option.long?.slice(2) ?? '']));
  return Object.fromEntries(
    Object.entries(values).map(([attribute, value]) => [names.get(attribute) ?? attribute, [value].flat().map(String)]),
  );
}
