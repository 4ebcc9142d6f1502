import type { Heartbeat } from '../core/facts.ts';
import type { Assessment, Policy, RecoverabilityInput, RepositoryInput, ServerView } from '../core/recoverability.ts';
import type { BackupReading, RepositoryWatch } from './repository-watch.ts';

/** What is known of the server now. */
export interface ServerReport {
  readonly server: ServerView | undefined;
  readonly heartbeats: readonly Heartbeat[];
}

/** What was looked at of a repository, and which source said it. */
export interface RepositoryReport {
  readonly input: RepositoryInput;
  readonly readings: readonly BackupReading[];
}

/** An answer with what it does not repeat. */
export interface Report {
  readonly assessment: Assessment;
  readonly server: ServerView | undefined;
  readonly repositories: readonly RepositoryReport[];
}

export interface AssessorParts {
  readonly repositories: readonly Pick<RepositoryWatch, 'input' | 'readings' | 'sources'>[];
  readonly policy: Policy;
  readonly server: () => ServerReport;
  /** Changes with each reading of a source. */
  readonly readingsSoFar: () => number;
  readonly assess: (input: RecoverabilityInput) => Assessment;
}

/** An archive may hold a million segments, and many may ask at once: what was found just now is the answer still. */
const FRESH_MS = 1_000;

interface Kept {
  readonly report: Report;
  readonly readings: number;
  readonly server: ServerView | undefined;
  readonly untilMs: number;
}

/** Gives the answer of this moment to all that ask: anew when a source or the server has said more, or a second is over. */
export function createAssessor(parts: AssessorParts): () => Report {
  let kept: Kept | undefined;
  return () => {
    const { server, heartbeats } = parts.server();
    const readings = parts.readingsSoFar();
    const now = performance.now();
    if (kept !== undefined && kept.readings === readings && isSameMoment(kept.server, server) && now < kept.untilMs)
      return kept.report;
    const report = makeReport(parts, { server, heartbeats });
    kept = { report, readings, server, untilMs: performance.now() + FRESH_MS };
    return report;
  };
}

function makeReport({ repositories, policy, assess }: AssessorParts, { server, heartbeats }: ServerReport): Report {
  const reports = repositories.map(({ input, readings }) => ({ input, readings }));
  const assessment = assess({
    nowSeconds: Date.now() / 1_000,
    server,
    heartbeats,
    policy,
    repositories: reports.map(({ input }) => input),
    sources: repositories.flatMap(({ sources }) => sources),
  });
  return { assessment, server, repositories: reports };
}

function isSameMoment(one: ServerView | undefined, other: ServerView | undefined): boolean {
  return one?.timeSeconds === other?.timeSeconds && one?.systemIdentifier === other?.systemIdentifier;
}
