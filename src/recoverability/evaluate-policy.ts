import type { RestoreEstimate } from '../core/drill-history.ts';
import type { RetentionState } from '../core/recoverability.ts';
import { ratesText, toTime } from '../core/words.ts';
import { ABSENT, type Evaluation, type FindingContext, inWords, someOf, UNKNOWN } from './evaluation.ts';
import { isFresh } from './freshness.ts';

/** Windows are told to the second, so clocks that are further apart than this mislead. */
const SKEW_SECONDS = 30;

export function retentionNotSatisfied(context: FindingContext): Evaluation {
  const states = retentionStates(context, (rule) => rule !== 'pitr');
  if (states === undefined) return UNKNOWN;
  const failing = states.filter(({ state }) => !state.satisfied);
  const value = failing.reduce((sum, { state }) => sum + state.required - state.present, 0);
  if (failing.length === 0) return { present: false, value, threshold: 0 };
  const evidence = failing.map(({ name, state }) => `${name} ${state.rule}: ${state.present} of ${state.required}`);
  return {
    present: true,
    value,
    threshold: 0,
    message: `Kept are ${evidence.join('; ')}.`,
    evidence: someOf(evidence),
  };
}

export function pitrWindowTooShort(context: FindingContext): Evaluation {
  const states = retentionStates(context, (rule) => rule === 'pitr');
  if (states === undefined) return UNKNOWN;
  const [worst] = states.toSorted((a, b) => a.state.present - a.state.required - (b.state.present - b.state.required));
  if (worst === undefined) return ABSENT;
  const { present: value, required: threshold, satisfied } = worst.state;
  if (satisfied) return { present: false, value, threshold };
  const message = `One can go back ${inWords(value)} in repository ${worst.name}, ${inWords(threshold)} are wanted.`;
  return { present: true, value, threshold, message, evidence: [worst.name] };
}

interface NamedState {
  readonly name: string;
  readonly state: RetentionState;
}

/** Undefined if rules are configured, but no backups were read. */
function retentionStates(
  { repositories }: FindingContext,
  wanted: (rule: RetentionState['rule']) => boolean,
): readonly NamedState[] | undefined {
  if (repositories.length > 0 && repositories.every(({ backups }) => backups === undefined)) return undefined;
  return repositories.flatMap(({ input: { name }, retention }) =>
    retention.filter(({ rule }) => wanted(rule)).map((state) => ({ name, state })),
  );
}

export function restoreEstimateOverRto({ input: { policy }, repositories }: FindingContext): Evaluation {
  const [best] = repositories
    .flatMap(({ restoreEstimate: one }) => (one === undefined ? [] : [one]))
    .toSorted((a, b) => totalOf(a) - totalOf(b));
  const value = best === undefined ? undefined : totalOf(best);
  const threshold = policy.rtoSeconds;
  if (threshold === undefined) return { present: false, value };
  if (best === undefined || value === undefined) return UNKNOWN;
  if (value <= threshold) return { present: false, value, threshold };
  const message = `A restore takes about ${inWords(value)} ${ratesOf(best)}, ${inWords(threshold)} are allowed.`;
  return { present: true, value, threshold, message };
}

function totalOf({ restoreSeconds, recoverySeconds }: RestoreEstimate): number {
  return restoreSeconds + recoverySeconds;
}

function ratesOf({ restoreMeasuredSeconds, recoveryMeasuredSeconds }: RestoreEstimate): string {
  return ratesText(toTime(restoreMeasuredSeconds), toTime(recoveryMeasuredSeconds));
}

export function sourceFailing({ input: { sources, nowSeconds } }: FindingContext): Evaluation {
  if (sources.every(({ up }) => up === undefined)) return UNKNOWN;
  const failing = sources.filter(({ up }) => up === false);
  if (failing.length === 0) return { present: false };
  const ages = failing.flatMap(({ lastSuccessSeconds: last }) => (last === undefined ? [] : [nowSeconds - last]));
  const value = ages.length === 0 ? undefined : Math.max(...ages);
  const evidence = failing.map(
    ({ repository, source, method, error }) =>
      `${repository} ${source} (${method}): ${error?.message ?? 'no reason known'}`,
  );
  const hint = failing.map(({ error }) => error?.hint).find((one) => one !== undefined);
  const since = value === undefined ? '' : `, for ${inWords(value)} now`;
  const message = `${failing.map(({ repository, source }) => `${repository} (${source})`).join(', ')} cannot be read${since}.`;
  return { present: true, value, message, evidence: someOf(evidence), ...(hint === undefined ? {} : { cure: hint }) };
}

export function clockSkew({ input, repositories }: FindingContext): Evaluation {
  const { server, nowSeconds } = input;
  const seen = [
    ...(server === undefined || !isFresh(server, nowSeconds) ? [] : [{ who: 'server', skew: server.clockSkewSeconds }]),
    ...repositories.flatMap(({ input: { name, archive }, backups, drills }) => [
      ...aheadOf(`archive of ${name}`, newestTimes(archive?.timelines ?? []), archive?.readAtSeconds ?? 0),
      ...aheadOf(
        `backups of ${name}`,
        (backups ?? []).map(({ backup }) => backup.stopTimeSeconds),
        nowSeconds,
      ),
      ...aheadOf(
        `restore drills of ${name}`,
        (drills?.reports ?? []).map(({ endedSeconds }) => endedSeconds),
        nowSeconds,
      ),
    ]),
  ].toSorted((a, b) => Math.abs(b.skew) - Math.abs(a.skew));
  const [worst] = seen;
  if (worst === undefined) return UNKNOWN;
  const value = Math.abs(worst.skew);
  if (value <= SKEW_SECONDS) return { present: false, value, threshold: SKEW_SECONDS };
  const direction = worst.skew > 0 ? 'ahead of' : 'behind';
  const message = `The clock of the ${worst.who} is ${inWords(value)} ${direction} walguard's.`;
  return { present: true, value, threshold: SKEW_SECONDS, message, evidence: [worst.who] };
}

function newestTimes(timelines: readonly { readonly times: Float64Array }[]): readonly number[] {
  return timelines.flatMap(({ times }) => times.at(-1) ?? []);
}

/** What has a time in the future was made by a clock that is ahead; how far one is behind nobody can tell. */
function aheadOf(who: string, times: readonly number[], now: number): readonly { who: string; skew: number }[] {
  return times.length === 0 ? [] : [{ who, skew: Math.max(0, Math.max(...times) - now) }];
}
