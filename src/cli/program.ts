import { Command, CommanderError, Option } from 'commander';

import type { FlagValues } from '../config/given.ts';
import { OPTIONS, type Option as Setting } from '../config/options.ts';
import { variableOf } from '../config/settings.ts';
import { closest } from '../core/closest.ts';
import type { Collector } from '../core/collector.ts';
import { type CheckInvocation, describeCheck, toCheckInvocation } from './check-command.ts';
import { describeDrill, type DrillInvocation, toDrillInvocation } from './drill-command.ts';
import { describeExplain, type ExplainInvocation, toExplainInvocation } from './explain-command.ts';
import { describeLogs, type LogsInvocation, toLogsInvocation } from './logs-command.ts';
import { describeMigrate, type MigrateInvocation, toMigrateInvocation } from './migrate-command.ts';
import { describeStatus, type StatusInvocation, toStatusInvocation } from './status-command.ts';

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'serve'; readonly flags: FlagValues }
  | CheckInvocation
  | ExplainInvocation
  | StatusInvocation
  | DrillInvocation
  | LogsInvocation
  | MigrateInvocation
  /** Help, version or a usage error: the text has been written. */
  | { readonly kind: 'done'; readonly exitCode: number };

export interface CommandLineOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const USAGE_EXIT_CODE = 2;
/** Of what says whether a server could be got back: 2 would mean that it cannot. */
const NO_VERDICT_EXIT_CODE = 3;
const COMMANDS = ['serve', 'check', 'explain', 'status', 'drill', 'logs', 'migrate'];
const TARGET_COMMANDS: ReadonlySet<string> = new Set(['check', 'explain']);
const SETTINGS: ReadonlySet<string> = new Set(['config.file', ...Object.values(OPTIONS).map(({ flag }) => flag)]);
const CHECK_OPTIONS: readonly Setting<unknown>[] = [OPTIONS.tags];

/** All that decides what is scraped. */
const EXPLAIN_OPTIONS: readonly Setting<unknown>[] = Object.values(OPTIONS).filter(
  ({ flag }) => !/^(web|log)\./.test(flag),
);

/** What `status --once` asks by, beside what the file says. */
const STATUS_OPTIONS: readonly Setting<unknown>[] = [
  OPTIONS.scrapeTimeoutMs,
  OPTIONS.connections,
  OPTIONS.stalledAfterMs,
  OPTIONS.walCapacityBytes,
];

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
  let invocation: Invocation = { kind: 'done', exitCode: 0 };
  const program = withHabits(new Command('walguard'), output)
    .description(
      'Prometheus exporter for PostgreSQL: statistics, replication, checkpoints, and the state of WAL archiving.',
    )
    .version(version, '--version', 'Print the version and exit.')
    .helpCommand(false);
  const serve = addOptions(withHabits(program.command('serve', { isDefault: true }), output), Object.values(OPTIONS))
    .description('Serve metrics over HTTP (the default).')
    .allowExcessArguments(true);
  serve.action((values: Values) => {
    const [unknown] = serve.args;
    if (unknown !== undefined) program.error(unknownCommand(unknown));
    invocation = { kind: 'serve', flags: toFlagValues(serve, values) };
  });
  addTools(program, output, (chosen) => (invocation = chosen));
  program.addHelpText('after', () => `\n${serve.helpInformation()}${notes(collectors)}`);
  serve.addHelpText('after', notes(collectors));
  try {
    program.parse(splitValues(argv), { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    const failed = argv[0] === 'status' ? NO_VERDICT_EXIT_CODE : USAGE_EXIT_CODE;
    return { kind: 'done', exitCode: thrown.exitCode === 0 ? 0 : failed };
  }
  return invocation;
}

/** The commands beside serve. */
function addTools(program: Command, output: CommandLineOutput, choose: (chosen: Invocation) => void): void {
  const check = addOptions(describeCheck(withHabits(program.command('check'), output)), CHECK_OPTIONS);
  check.description('Check query packs, by themselves or against a server.');
  check.action((paths: readonly string[], values: Values) => {
    if (paths.some(isConnectionString)) program.error('error: a connection string is no path. Write --target=DSN.');
    choose(toCheckInvocation(paths, values, toFlagValues(check, values)));
  });
  const explain = addOptions(describeExplain(withHabits(program.command('explain'), output)), EXPLAIN_OPTIONS);
  explain.description('Say what a scrape would run, where and how often, and why the rest is skipped.');
  explain.action((values: Values) => choose(toExplainInvocation(values, toFlagValues(explain, values))));
  const status = addOptions(describeStatus(withHabits(program.command('status'), output)), STATUS_OPTIONS);
  status.description('Say whether the server could be got back, to when, and how much would be lost.');
  status.action((values: Values) => choose(toStatusInvocation(values, toFlagValues(status, values))));
  const drill = addOptions(describeDrill(withHabits(program.command('drill'), output)), []);
  drill.description('Restore a backup and measure it: whether all comes back, to when, and how long that takes.');
  drill.action((values: Values) => choose(toDrillInvocation(values, toFlagValues(drill, values))));
  const logs = describeLogs(withHabits(program.command('logs'), output));
  logs.description('Read finished logs of PostgreSQL and say what they come to.');
  logs.action((paths: readonly string[], values: Values) => choose(toLogsInvocation(paths, values)));
  const migrate = describeMigrate(withHabits(program.command('migrate'), output));
  migrate.description('Say what becomes of the configuration of another exporter, and of what uses its metrics.');
  migrate.action((values: Values) => choose(toMigrateInvocation(values)));
}

type Values = Readonly<Record<string, unknown>>;

function withHabits(command: Command, output: CommandLineOutput): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .helpOption('-h, --help', 'Print this help and exit.')
    .configureHelp({ helpWidth: 120 });
}

function unknownCommand(word: string): string {
  if (!/^[\w-]+$/.test(word)) return 'error: there is no such command. Name the server by DATA_SOURCE_NAME.';
  const near = closest(word, COMMANDS);
  return `error: unknown command '${word}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`;
}

/** What stands where a path should is named in errors, and must be no secret. */
function isConnectionString(path: string): boolean {
  return /:\/\/|password\s*=/i.test(path);
}

/**
 * `--flag=value` as two: of a flag that is not known, commander then names the nearest, and not the value. Of --target
 * the value may be missing, and is only what follows a "=".
 */
function splitValues(argv: readonly string[]): readonly string[] {
  const takesTarget = TARGET_COMMANDS.has(argv[0] ?? '');
  return argv.flatMap((argument) => {
    if (takesTarget && argument === '--target') return ['--target='];
    if (takesTarget && argument.startsWith('--target=')) return [argument];
    const at = argument.indexOf('=');
    return argument.startsWith('-') && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument];
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
DATA_SOURCE_USER and DATA_SOURCE_PASS, each also as ..._FILE, the last also as ..._COMMAND that prints it; else PGHOST,
PGPORT, PGUSER, PGPASSWORD, PGDATABASE, or PGSERVICE: docs/connecting.md has the rest.

A flag wins over its environment variable, that over the file, that over the default. In the file a dot nests and a
dash is an underscore: --web.listen-address is "web: {listen_address: ...}". The file alone says where WAL is archived and
backups are kept, and what is wanted of them: docs/recoverability.md.

Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage or configuration.
`;
}

function addOptions(command: Command, options: readonly Setting<unknown>[]): Command {
  command.addOption(new Option('--config.file <file>', `Configuration file. (env: ${variableOf('config.file')})`));
  for (const { flag, placeholder, help, fallbackText, repeatable } of options) {
    const fallback = fallbackText === '' ? '' : ` (default: ${fallbackText})`;
    const option = new Option(`--${flag} ${placeholder}`, `${help} (env: ${variableOf(flag)})${fallback}`);
    if (repeatable) option.argParser<readonly string[] | undefined>((text, before) => [...(before ?? []), text]);
    command.addOption(option);
  }
  return command;
}

/** The settings among the options of a command. */
function toFlagValues(command: Command, values: Values): FlagValues {
  const names = new Map(command.options.map((option) => [option.attributeName(), option.long?.slice(2) ?? '']));
  return Object.fromEntries(
    Object.entries(values).flatMap(([attribute, value]) => {
      const name = names.get(attribute) ?? attribute;
      return SETTINGS.has(name) ? [[name, [value].flat().map(String)]] : [];
    }),
  );
}
