import type { TargetFacts } from '../../../src/core/facts.ts';

/** The facts of a primary of PostgreSQL 17 that hides nothing, with these changes. */
export function factsOf(changes: Partial<TargetFacts>): TargetFacts {
  return {
    version: 170_002,
    versionText: 'PostgreSQL 17.2 on x86_64-pc-linux-gnu',
    inRecovery: false,
    readOnlyByDefault: false,
    database: 'postgres',
    user: 'walguard',
    systemIdentifier: '7443210987654321098',
    startTimeSeconds: 1_704_067_200,
    timeline: 1,
    readsAllStats: true,
    listsArchiveStatus: true,
    walSegmentBytes: 16 * 1024 * 1024,
    ...changes,
  };
}
