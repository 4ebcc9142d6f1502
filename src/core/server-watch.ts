import type { TargetFacts } from './facts.ts';
import type { ServerView } from './recoverability.ts';
import { createStateHistory, type StateSpan } from './state-history.ts';

/** What one reading of the archiver told of the server: all of a ServerView but what others add to it. */
export type ServerSighting = Omit<
  ServerView,
  'timeline' | 'clockSkewSeconds' | 'walUntilFullSeconds' | 'walRetainedBytes'
>;

/** Where collectors leave what they saw of one target, for the answer on recoverability. */
export interface ServerWatch {
  /** Called at the moment the server answered. */
  readonly saw: (sighting: ServerSighting) => void;
  /** @param seconds undefined if it is not known, or it does not grow */
  readonly sawUntilFull: (seconds: number | undefined) => void;
  readonly sawRetained: (bytes: ReadonlyMap<string, bigint>) => void;
  /** @param state of the archiver, as pg_archiver_state has it */
  readonly sawState: (state: string) => void;
  /** The server was asked, and did not answer. */
  readonly missed: () => void;
  /** A scrape ended well and the server was this one: what was seen of another one is dropped. */
  readonly settle: (facts: TargetFacts) => void;
  /** As the last scrape that ended well left it, however old; undefined if there was none. */
  readonly view: () => ServerView | undefined;
  /** The archiver's states of the last day, and the times at which the server did not answer. */
  readonly states: () => readonly StateSpan[];
  /** Milliseconds since the server was seen, and what holds its WAL back; Infinity if it never was. */
  readonly ages: () => { readonly serverMs: number; readonly walMs: number };
}

/** walguard's clocks. */
export interface Clocks {
  /** Unix seconds. */
  readonly wallSeconds: () => number;
  /** Never goes back. */
  readonly steadyMs: () => number;
}

interface Seen<T> {
  readonly value: T;
  readonly wallSeconds: number;
  readonly steadyMs: number;
}

/** What is older says nothing any more of how the WAL directory fills. */
const WAL_HOLDS_MS = 300_000;

/** The state of an archiver whose server does not answer. */
const UNREACHABLE = 'unreachable';

const OWN_CLOCKS: Clocks = { wallSeconds: () => Date.now() / 1_000, steadyMs: () => performance.now() };

export function createServerWatch({ wallSeconds, steadyMs }: Clocks = OWN_CLOCKS): ServerWatch {
  let sighting: Seen<ServerSighting> | undefined;
  let untilFull: Seen<number | undefined> | undefined;
  let retained: Seen<ReadonlyMap<string, bigint>> | undefined;
  let settled: { readonly facts: TargetFacts; readonly sighting: Seen<ServerSighting> | undefined } | undefined;

  const seen = <T>(value: T): Seen<T> => ({ value, wallSeconds: wallSeconds(), steadyMs: steadyMs() });
  const ageMs = (what: Seen<unknown> | undefined): number => steadyMs() - (what?.steadyMs ?? -Infinity);
  const held = <T>(what: Seen<T> | undefined): T | undefined => (ageMs(what) > WAL_HOLDS_MS ? undefined : what?.value);

  function settle(facts: TargetFacts): void {
    const before = settled?.facts;
    if (before !== undefined && before.systemIdentifier !== facts.systemIdentifier) {
      untilFull = undefined;
      retained = undefined;
    }
    // Also what ran for facts that no longer hold, and was not read anew since.
    if (sighting !== undefined && !fits(sighting.value, facts)) sighting = undefined;
    settled = { facts, sighting };
  }

  function view(): ServerView | undefined {
    if (settled?.sighting === undefined) return undefined;
    const { value, wallSeconds: atSeconds } = settled.sighting;
    return {
      ...value,
      timeline: settled.facts.timeline,
      clockSkewSeconds: value.timeSeconds - atSeconds,
      walUntilFullSeconds: held(untilFull),
      walRetainedBytes: held(retained) ?? new Map<string, bigint>(),
    };
  }

  return {
    saw: (value) => (sighting = seen(value)),
    sawUntilFull: (seconds) => (untilFull = seen(seconds)),
    sawRetained: (bytes) => (retained = seen(bytes)),
    ...createStates(wallSeconds),
    settle,
    view,
    ages: () => ({ serverMs: ageMs(sighting), walMs: ageMs(untilFull ?? retained) }),
  };
}

function createStates(wallSeconds: Clocks['wallSeconds']): Pick<ServerWatch, 'sawState' | 'missed' | 'states'> {
  const { saw, spans } = createStateHistory(wallSeconds);
  return { sawState: saw, missed: () => saw(UNREACHABLE), states: spans };
}

function fits(seen: ServerSighting, facts: TargetFacts): boolean {
  return (
    seen.systemIdentifier === facts.systemIdentifier &&
    seen.inRecovery === facts.inRecovery &&
    seen.segmentBytes === facts.walSegmentBytes
  );
}
