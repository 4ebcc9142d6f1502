import type { Database } from './database.ts';
import type { Finding, Scenario } from './figures.ts';
import { bareClientSaying } from './floor-subject.ts';
import { countNeeds } from './needs.ts';
import { startProxy } from './proxy.ts';
import { runRounds } from './rounds.ts';
import type { StartSubject, Subject } from './subject.ts';

export interface Comparison {
  readonly scenario: Scenario;
  readonly database: Database;
  readonly tables: number;
  /** Walguard first, then the peers. */
  readonly starts: readonly StartSubject[];
  readonly delaysMs: readonly number[];
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/** Measures exporters and, beside them, the bare client that says what walguard says. */
export async function compare(comparison: Comparison): Promise<readonly Finding[]> {
  const { scenario, database, tables, starts, delaysMs, rounds, say } = comparison;
  const needs = new Map(await countNeeds(database, starts));
  const walguard = needs.get('walguard');
  if (walguard === undefined) throw new Error('walguard is not among what is compared.');
  needs.set('bare client', walguard);
  const all = [...starts, bareClientSaying(walguard.said)];
  const findings: Finding[] = [];
  for (const delayMs of delaysMs) {
    say(`${scenario}: ${tables} tables, ${delayMs} ms away, ${rounds} rounds`);
    // Half of it on the way there, half on the way back.
    await using proxy =
      delayMs === 0 ? undefined : await startProxy({ port: database.server.port, delayMs: delayMs / 2 });
    const subjects: Subject[] = [];
    try {
      for (const start of all) subjects.push(await start(database.url(proxy?.port)));
      const postmaster = database.server.pid ?? 0;
      findings.push(...(await runRounds(subjects, { scenario, tables, delayMs, rounds, postmaster, needs })));
    } finally {
      for (const subject of subjects) await subject[Symbol.asyncDispose]();
    }
  }
  return findings;
}
