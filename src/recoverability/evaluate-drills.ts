import type { DrillReport } from '../core/drill-report.ts';
import { printable } from '../core/printable.ts';
import type { SourceState } from '../core/recoverability.ts';
import { timeText, toTime } from '../core/words.ts';
import { ABSENT, counted, type Evaluation, type FindingContext, inWords, someOf, UNKNOWN } from './evaluation.ts';
import type { JudgedRepository } from './repository.ts';

/** Interrupted ones prove nothing, neither that a restore works nor that it does not. */
export function drillFailed({ repositories, input }: FindingContext): Evaluation {
  const known = repositories.filter(({ drills }) => drills !== undefined);
  if (known.length === 0) return reportsAwaited(repositories, input.sources) ? UNKNOWN : ABSENT;
  const failing = known.flatMap((repository) => {
    const ended = (repository.drills?.counted ?? []).filter(({ outcome }) => outcome !== 'interrupted');
    const succeeded = ended.findIndex(({ outcome }) => outcome === 'success');
    const failures = succeeded < 0 ? ended : ended.slice(0, succeeded);
    return failures.map((report, index) => ({ name: repository.input.name, report, isLast: index === 0 }));
  });
  const last = failing.filter(({ isLast }) => isLast);
  const [first] = last;
  if (first === undefined) return { present: false, value: 0 };
  const { failure } = first.report;
  const several =
    last.length === 1 ? '' : `; and so did that of ${counted(last.length - 1, 'more repository', 'more repositories')}`;
  return {
    present: true,
    value: failing.length,
    message: `The last restore drill of repository ${first.name}, of ${endOf(first.report)}, failed${several}.`,
    evidence: someOf(last.map(({ name, report }) => `${name}: ${reasonOf(report)}`)),
    ...(failure?.hint === undefined ? {} : { cure: printable(failure.hint) }),
  };
}

function endOf({ endedSeconds }: DrillReport): string {
  return timeText(toTime(endedSeconds));
}

function reasonOf({ failure }: DrillReport): string {
  return failure === undefined ? 'no reason is told' : printable(`${failure.code}: ${failure.message}`);
}

export function drillOverdue({ repositories, input }: FindingContext): Evaluation {
  const asked = askedOf(repositories);
  const late = asked
    .flatMap(({ repository, interval }) => {
      const last = repository.drills?.lastSuccess;
      return last === undefined
        ? []
        : [{ name: repository.input.name, interval, age: input.nowSeconds - last.endedSeconds }];
    })
    .filter(({ age, interval }) => age > interval)
    .toSorted((a, b) => b.age - b.interval - (a.age - a.interval));
  const [worst] = late;
  const threshold = asked.length === 0 ? undefined : Math.min(...asked.map(({ interval }) => interval));
  if (worst === undefined) return areRead(asked, input.sources) ? { present: false, threshold } : UNKNOWN;
  const message = `The last successful restore drill of repository ${worst.name} was ${inWords(worst.age)} ago, one is wanted every ${inWords(worst.interval)}.`;
  const evidence = someOf(late.map(({ name }) => name));
  return { present: true, value: worst.age, threshold: worst.interval, message, evidence };
}

const CONFIGURE_FIRST =
  'Say in the configuration where drills work (drills: {directory: ...}), then run walguard drill by a timer.';

export function drillNeverSucceeded({ repositories, input }: FindingContext): Evaluation {
  const asked = askedOf(repositories);
  const lacking = asked.filter(
    ({ repository }) => repository.drills?.lastSuccess === undefined && !reportsAwaited([repository], input.sources),
  );
  const [first] = lacking;
  if (first === undefined) return areRead(asked, input.sources) ? ABSENT : UNKNOWN;
  const { input: named, drills } = first.repository;
  const ran = (drills?.reports.length ?? 0) + (drills?.older ?? 0);
  const tried = ran === 0 ? 'none ran' : `none of ${counted(ran, 'drill')} did`;
  return {
    present: true,
    value: 0,
    threshold: 1,
    message: `No restore drill of repository ${named.name} ever succeeded, ${tried}; one is wanted every ${inWords(first.interval)}.`,
    evidence: someOf(lacking.map(({ repository }) => repository.input.name)),
    ...(drills === undefined ? { cure: CONFIGURE_FIRST } : {}),
  };
}

interface Asked {
  readonly repository: JudgedRepository;
  readonly interval: number;
}

function askedOf(repositories: readonly JudgedRepository[]): readonly Asked[] {
  return repositories.flatMap((repository) => {
    const interval = repository.input.policy.drillIntervalSeconds;
    return interval === undefined ? [] : [{ repository, interval }];
  });
}

function areRead(asked: readonly Asked[], sources: readonly SourceState[]): boolean {
  return asked.every(({ repository }) => !reportsAwaited([repository], sources));
}

/** Somebody says where drills report, but that could not be read yet. */
function reportsAwaited(repositories: readonly JudgedRepository[], sources: readonly SourceState[]): boolean {
  return repositories.some(
    ({ drills, input: { name } }) =>
      drills === undefined && sources.some(({ repository, source }) => source === 'drill' && repository === name),
  );
}
