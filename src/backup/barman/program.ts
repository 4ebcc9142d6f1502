import type { BackupSource } from '../../core/catalogue.ts';
import { asWalguardError, type WalguardError } from '../../core/error.ts';
import type { Launch } from '../../process/launch.ts';
import { failedProgram, runProgram } from '../../process/run-program.ts';
import { isDone, toCatalogue } from './catalogue.ts';
import type { BarmanBackup } from './facts.ts';
import { type Listed, mayBeAnswer, parseList, parseShown } from './json.ts';
import { whenMade } from './when-made.ts';

export interface BarmanProgramOptions {
  /** The program, and arguments that it always has. */
  readonly command: readonly string[];
  /** The name in brackets in Barman's configuration. */
  readonly server: string;
  /** Path of its configuration file; undefined for the usual one. */
  readonly config: string | undefined;
  readonly launch: Launch;
}

/**
 * The backups of one server, as `barman list-backups` tells them, and `barman show-backup` once of each: a start of
 * Python takes longer than the question. Neither changes anything.
 */
export function barmanProgram(options: BarmanProgramOptions): BackupSource {
  const known = new Map<string, BarmanBackup>();
  const { server, launch } = options;

  async function ask(command: string, args: readonly string[], signal: AbortSignal): Promise<string> {
    const result = await runProgram(launch, barmanCommand(options, command, args), signal);
    const stdout = result.stdout.toString('utf8');
    if (result.exitCode === 0 || mayBeAnswer(stdout)) return stdout;
    throw failedProgram(result, 'Run it by hand as the user walguard runs as, and correct what it names.');
  }

  /** What is not known yet; one that cannot be told of is a problem, as it is asked again with the next reading. */
  async function complete(listed: readonly Listed[], signal: AbortSignal): Promise<readonly WalguardError[]> {
    const problems: WalguardError[] = [];
    for (const each of listed) {
      if (!isDone(each) || known.get(each.id)?.status === each.status) continue;
      const text = await ask('show-backup', [each.id], signal);
      try {
        known.set(each.id, { ...parseShown(text, server), ...each });
      } catch (thrown) {
        problems.push(asWalguardError(thrown));
      }
    }
    return problems;
  }

  return {
    method: 'barman',
    async read(signal) {
      const listed = parseList(await ask('list-backups', [], signal), server);
      const ids = new Set(listed.map(({ id }) => id));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      const problems = await complete(listed, signal);
      const done = listed.flatMap((each) => (isDone(each) ? (known.get(each.id) ?? []) : []));
      // A format that has changed is no list of broken backups.
      if (done.length === 0 && problems[0] !== undefined) throw problems[0];
      const undone = listed.flatMap((each) => (isDone(each) ? [] : [toUndone(each, done)]));
      return toCatalogue([...done, ...undone], problems, {
        // Nothing tells if it is still at work, but Barman makes one at a time.
        isAlive: () => true,
        failedSeconds: ({ beginSeconds }) => beginSeconds,
        removal: (id) => `barman delete ${server} ${id}`,
      });
    },
  };
}

/** The argument list of a command of Barman; only commands that read are ever asked for. */
export function barmanCommand(
  { command, config, server }: Omit<BarmanProgramOptions, 'launch'>,
  name: string,
  args: readonly string[],
): readonly string[] {
  const place = config === undefined ? [] : [`--config=${config}`];
  return [...command, ...place, '--format=json', name, server, ...args];
}

/** Of one that is not done Barman prints its name only, which is when it began. */
function toUndone({ id, status }: Listed, done: readonly BarmanBackup[]): BarmanBackup {
  return {
    id,
    status,
    beginSeconds: whenMade(id, done),
    error: undefined,
    mode: undefined,
    parentId: undefined,
    endSeconds: undefined,
    begin: undefined,
    end: undefined,
    beginTimeline: undefined,
    endTimeline: undefined,
    systemIdentifier: undefined,
    version: undefined,
    sizeBytes: undefined,
    storedBytes: undefined,
    encrypted: undefined,
  };
}
