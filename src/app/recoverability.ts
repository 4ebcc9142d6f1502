import type { Environment } from '../config/given.ts';
import type { Settings } from '../config/settings.ts';
import type { KnownOfServer } from '../core/catalogue.ts';
import type { History } from '../core/history.ts';
import type { Logger } from '../core/logger.ts';
import { assess } from '../recoverability/assess.ts';
import { createAssessor, type Report, type ServerReport } from '../recoverability/assessor.ts';
import { RepositoryWatch } from '../recoverability/repository-watch.ts';
import { toWatched } from './sources.ts';
import { createWatching, type Watching } from './watching.ts';

export interface RecoverabilityContext {
  readonly history: History;
  readonly env: Environment;
  readonly log: Logger;
}

/** PostgreSQL believes it archived what the archive does not hold. */
const LOSING = 'archiver_losing';

/** What is known of one target and its repositories, and the one answer that everything shows. */
export class Recoverability implements AsyncDisposable {
  /** How the server is watched. */
  readonly watching: Watching;
  /** Something is read that the server alone does not tell. */
  readonly hasSources: boolean;
  readonly #repositories: readonly RepositoryWatch[];
  readonly #assessed: () => Report;
  #latest: Report | undefined;
  #readings = 0;

  constructor(settings: Settings, { history, env, log }: RecoverabilityContext) {
    const { repositories, recoverability: wanted } = settings;
    const mine = repositories.filter(({ name }) => wanted.repositories.includes(name));
    this.watching = createWatching({
      ...settings,
      receivers: wanted.receivers,
      isLosing: () => this.#isLosing(),
      wantsDatabases: mine.some(({ dumps }) => dumps.length > 0),
    });
    const server = (): ServerReport => ({ server: this.watching.watch.view(), heartbeats: history.heartbeats() });
    const context = { known: createKnown(server), onRead: () => void this.#readings++, log };
    this.#repositories = mine.map((repository) => new RepositoryWatch(toWatched(repository, env), context));
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
    return (this.#latest = this.#assessed());
  }

  /** Begins to read the sources. */
  start(): void {
    for (const repository of this.#repositories) repository.start();
  }

  /** Reads every source once, for a command that does not go on. */
  async readNow(): Promise<void> {
    await Promise.all(this.#repositories.map((repository) => repository.readNow()));
  }

  /** By the answer before this scrape, which may look at what the archiver says in this one. */
  #isLosing(): boolean | undefined {
    return this.#latest?.assessment.findings.find(({ finding }) => finding === LOSING)?.present;
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
