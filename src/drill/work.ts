import { WalguardError } from '../core/error.ts';
import type { DrillTarget } from '../core/drill.ts';
import type { Claim } from './claim.ts';
import { DRILL_PORT } from './configuration.ts';
import { Draft } from './draft.ts';
import { drillReports } from './history/source.ts';
import type { DrillParts } from './parts.ts';
import { RestoredServer } from './restored-server.ts';
import type { ChecksRun } from './run-checks.ts';
import { toWanted } from './wanted.ts';

/** A drill at work: what it was given, where it works, and its report so far. */
export interface WorkPlace {
  readonly parts: DrillParts;
  readonly claim: Claim;
  readonly draft: Draft;
}

export function beginDraft({ repository, source }: DrillParts, claim: Claim, target: DrillTarget | undefined): Draft {
  const { id, startedSeconds } = claim;
  return new Draft({ id, repository, source, startedSeconds }, toWanted(target ?? { kind: 'latest' }));
}

/** What an earlier phase made; without it a later one is not begun. */
export function madeBefore<T>(made: T | undefined, what: string): T {
  if (made === undefined) throw new WalguardError('BUG', `a drill goes on without ${what}`);
  return made;
}

/** The server in the folder of the drill, not started yet. @param programDirectory of its major */
export function serverIn({ parts, claim }: WorkPlace, programDirectory: string): RestoredServer {
  const { settings, environment } = parts;
  const { layout } = claim;
  const place = { socketDirectory: layout.socket, port: DRILL_PORT, user: settings.user };
  return new RestoredServer({ layout, place, programDirectory, environment });
}

type Proven = Pick<ChecksRun, 'server' | 'signal' | 'proven' | 'pages'>;

/** What is checked, beside what the drill itself has proven. */
export function checksOf({ parts, claim, draft }: WorkPlace, proven: Proven): ChecksRun {
  const { checks, listener, settings, repository } = parts;
  const { reportsDirectory } = settings;
  return {
    ...proven,
    asked: checks,
    wanted: draft.wanted,
    startedSeconds: claim.startedSeconds,
    history: () => drillReports({ reportsDirectory, repository }).read(proven.signal),
    done: (all) => (draft.checks = all),
    progress: (what, doneBytes) => listener.progress({ phase: 'checks', what, doneBytes }),
  };
}
