import type { DrillTarget } from '../../core/drill.ts';
import type { Dump } from '../../core/dumps.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { timeText, toTime } from '../../core/words.ts';
import type { PlanInput } from '../plan.ts';
import { unreadError } from '../unread.ts';
import { describeTarget } from '../wanted.ts';

/** Which dumps are going to be restored, in their order. */
export interface DumpPlan {
  readonly target: DrillTarget;
  readonly dumps: readonly Dump[];
  /** When the oldest of them was written, but for roles: what came later is in none, or not in all. Unix seconds. */
  readonly reachesSeconds: number;
  readonly warnings: readonly string[];
}

/**
 * Chooses of each database the newest good dump until the target, and the newest globals before them; the newest dump of
 * a whole cluster, if it is newer than all others. Throws DRILL_NO_BACKUP, DRILL_OUTSIDE, and what kept the dumps from being
 * read.
 */
export function planDumps(input: PlanInput, target: DrillTarget): DumpPlan {
  const { name } = input.assessment;
  if (target.kind === 'lsn' || target.kind === 'name') throw onlyTimes(name, target);
  const all = input.dumps?.dumps ?? [];
  const good = all.filter(({ valid }) => valid !== false);
  if (!good.some(({ scope }) => scope !== 'globals'))
    throw unreadError(input.unread, name, ['dump']) ?? noDump(input, all);
  const until = target.kind === 'time' ? target.seconds : Infinity;
  const inTime = good.filter(({ timeSeconds }) => timeSeconds <= until);
  const dumps = choose(inTime);
  if (dumps.length === 0) throw outside(name, target, good);
  const reached = dumps.filter(({ scope }) => scope !== 'globals').map(({ timeSeconds }) => timeSeconds);
  return { target, dumps, reachesSeconds: Math.min(...reached), warnings: warningsOf(all, dumps, until) };
}

function choose(dumps: readonly Dump[]): readonly Dump[] {
  const newest = new Map<string, Dump>();
  for (const dump of dumps) {
    const key = keyOf(dump);
    if (key !== undefined && dump.timeSeconds > (newest.get(key)?.timeSeconds ?? -Infinity)) newest.set(key, dump);
  }
  const chosen = [...newest.values()].toSorted((a, b) => (a.datname ?? '').localeCompare(b.datname ?? '', 'en'));
  const databases = chosen.filter(({ scope }) => scope === 'database');
  const [cluster] = chosen.filter(({ scope }) => scope === 'cluster');
  if (cluster !== undefined && databases.every(({ timeSeconds }) => timeSeconds < cluster.timeSeconds))
    return [cluster];
  return databases.length === 0 ? [] : [...chosen.filter(({ scope }) => scope === 'globals'), ...databases];
}

/** Undefined if nobody can tell of which database it is: it would be restored to a wrong name. */
function keyOf({ scope, datname }: Dump): string | undefined {
  if (scope !== 'database') return scope;
  return datname === undefined ? undefined : `database ${datname}`;
}

function warningsOf(wanted: readonly Dump[], chosen: readonly Dump[], until: number): readonly string[] {
  const bad = chosen.flatMap((dump) => {
    const newer = wanted.find(
      (each) =>
        each.valid === false &&
        keyOf(each) === keyOf(dump) &&
        each.timeSeconds > dump.timeSeconds &&
        each.timeSeconds <= until,
    );
    return newer === undefined
      ? []
      : [`An older dump was restored, ${printable(dump.file)}: ${newer.problem?.message ?? 'the newest is no good'}`];
  });
  const nameless = wanted.find((dump) => dump.valid !== false && keyOf(dump) === undefined);
  return nameless === undefined
    ? bad
    : [...bad, `Nobody can tell of which database ${printable(nameless.file)} is; it was not restored.`];
}

/** For a person: the name of the first, and how many more. */
export function labelOf({ dumps }: DumpPlan): string {
  const [first] = dumps.filter(({ scope }) => scope !== 'globals');
  const more = dumps.length === 1 ? '' : ` and ${dumps.length - 1} more`;
  return `${printable(first?.file ?? '')}${more}`;
}

function noDump({ assessment, dumps }: PlanInput, wanted: readonly Dump[]): WalguardError {
  const bad = wanted.findLast(({ problem }) => problem !== undefined)?.problem?.message;
  const running =
    (dumps?.running ?? 0) > 0 ? 'those that are there were written into in the last two minutes' : undefined;
  const why = bad ?? running;
  const message =
    why === undefined
      ? `the repository ${assessment.name} holds no dump`
      : `no dump of the repository ${assessment.name} can be restored: ${why}`;
  return new WalguardError('DRILL_NO_BACKUP', message, {
    hint: 'Make a dump now, and see what walguard status --once says of the repository.',
  });
}

function outside(name: string, target: DrillTarget, good: readonly Dump[]): WalguardError {
  const oldest = Math.min(...good.map(({ timeSeconds }) => timeSeconds));
  const message = `${describeTarget(target)} cannot be reached in the repository ${name}: its oldest good dump was written ${timeText(toTime(oldest))}`;
  return new WalguardError('DRILL_OUTSIDE', message, { hint: 'Give --to=latest, or a later time.' });
}

function onlyTimes(name: string, target: DrillTarget): WalguardError {
  const message = `${describeTarget(target)} cannot be reached by the dumps of the repository ${name}: they have no WAL`;
  return new WalguardError('DRILL_OUTSIDE', message, { hint: 'Give --to=latest, or a time.' });
}

/** A moment at which one of the dumps was the newest, each alike. @param chance 0 to 1 */
export function randomMoment({ dumps }: PlanInput, chance: () => number): DrillTarget | undefined {
  const times = (dumps?.dumps ?? []).flatMap(({ scope, valid, timeSeconds }) =>
    scope === 'globals' || valid === false ? [] : [timeSeconds],
  );
  const seconds = times[Math.floor(chance() * times.length)];
  return seconds === undefined ? undefined : { kind: 'time', seconds };
}
