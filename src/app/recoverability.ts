import type { Environment } from '../config/given.ts';
import type { ServerSettings } from '../config/settings.ts';
import type { KnownOfServer } from '../core/catalogue.ts';
import type { History } from '../core/history.ts';
import type { Logger } from '../core/logger.ts';
import type { ServerSighting } from '../core/server-watch.ts';
import { assess } from '../recoverability/assess.ts';
import { createAssessor, type Report, type ServerReport } from '../recoverability/assessor.ts';
import { isLosing } from '../recoverability/beliefs.ts';
import { RepositoryWatch } from '../recoverability/repository-watch.ts';
import { toWatched } from './sources.ts';
import { createWatching, type Watching } from './watching.ts';

export interface RecoverabilityContext {
  readonly history: History;
  readonly env: Environment;
  readonly log: Logger;
}

/** What is known of one target and its repositories, and the one answer that everything shows. */
export class Recoverability implements AsyncDisposable {
  /** How the server is watched. */
  readonly watching: Watching;
  /** Something is read that the server alone does not tell. */
  readonly hasSources: boolean;
  readonly #repositories: readonly RepositoryWatch[];
  readonly #assessed: () => Report;
  #readings = 0;

  constructor(settings: ServerSettings, { history, env, log }: RecoverabilityContext) {
    const { repositories, recoverability: wanted, drills } = settings;
    const mine = repositories.filter(({ name }) => wanted.repositories.includes(name));
    this.watching = createWatching({
      ...settings,
      receivers: wanted.receivers,
      isLosing: (now) => this.#isLosing(now, history),
      wantsDatabases: mine.some(({ dumps }) => dumps.length > 0),
    });
    const server = (): ServerReport => ({ server: this.watching.watch.view(), heartbeats: history.heartbeats() });
    const context = { known: createKnown(server), onRead: () => void this.#readings++, log };
    this.#repositories = mine.map((repository) => new RepositoryWatch(toWatched(repository, { env, drills }), context));
    this.hasSources = this.#repositories.length > 0;
    this.#assessed = createAssessor({
      repositories: this.#repositories,
      policy: wanted.policy,
      server,
      readingsSoFar: () => this.#readings,
      assess,
    });
  }

  /** The answer of this moment, for the metrics page, the status page and the command alike. */
  report(): Report {
    return this.#assessed();
  }

  /** Begins to read the sources. */
  start(): void {
    for (const repository of this.#repositories) repository.start();
  }

  /** Reads every source once, for a command that does not go on. */
  async readNow(): Promise<void> {
    await Promise.all(this.#repositories.map((repository) => repository.readNow()));
  }

  /** By what the server says in this scrape, as the answer will be that stands on the same page. */
  #isLosing(sighting: ServerSighting, history: History): boolean | undefined {
    const clockSkewSeconds = sighting.timeSeconds - Date.now() / 1_000;
    return isLosing({
      server: { ...sighting, clockSkewSeconds },
      heartbeats: history.heartbeats(),
      repositories: this.#repositories.map(({ archived }) => archived),
      sources: this.#repositories.flatMap(({ sources }) => sources),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#repositories.map((repository) => repository[Symbol.asyncDispose]()));
  }
}

/** What the server told last holds while it is down. */
function createKnown(server: () => ServerReport): () => KnownOfServer {
  let known: KnownOfServer = { segmentBytes: undefined, systemIdentifier: undefined };
  return () => {
    const view = server().server;
    if (view !== undefined) known = { segmentBytes: view.segmentBytes, systemIdentifier: view.systemIdentifier };
    return known;
  };
}
