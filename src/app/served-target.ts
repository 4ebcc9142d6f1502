import type { ServerSettings } from '../config/settings.ts';
import type { Environment } from '../config/given.ts';
import { collect, type WalguardError, WalguardErrors } from '../core/error.ts';
import { createHistory } from '../core/history.ts';
import type { Logger } from '../core/logger.ts';
import type { StatusDocument } from '../http/schema.ts';
import type { ServedServer } from '../http/served.ts';
import type { ConnectionOptions, ConnectionSource } from '../postgres/connection-options.ts';
import type { LastOutcome } from '../scrape/last-outcomes.ts';
import { OwnSession } from '../scrape/own-session.ts';
import { type Health, RoleWatch } from '../scrape/role-watch.ts';
import { Target } from '../scrape/target.ts';
import type { BuildInfo, Instruments } from '../self/instruments.ts';
import { buildCollectors } from './collectors.ts';
import { createConnectionSource } from './connection-source.ts';
import { LogWatch } from './logs/watch.ts';
import { createMakePage } from './make-page.ts';
import type { Packs } from './packs.ts';
import { Recoverability } from './recoverability.ts';
import { toStatusDocument } from './status/document.ts';
import { startHeartbeats } from './watching.ts';

/** A server and what is wanted of it. */
export interface TargetDefinition {
  /** Undefined: there is no other, and its hosts name it. */
  readonly name: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly settings: ServerSettings;
  /** Reads anew how to reach it. Throws WalguardErrors or one of them. */
  readonly resolve: () => ConnectionOptions;
}

export interface ServedTargetContext {
  readonly env: Environment;
  readonly build: BuildInfo;
  readonly log: Logger;
  readonly instruments: Instruments;
  readonly packs: Packs;
}

/** One server with all that belongs to it. */
export class ServedTarget implements ServedServer, AsyncDisposable {
  readonly target: Target;
  readonly recoverability: Recoverability;
  readonly collectorNames: readonly string[];
  readonly makePage: ServedServer['makePage'];
  readonly #roles: RoleWatch;
  readonly #logs: LogWatch | undefined;
  readonly #version: string;
  readonly #log: Logger;
  #definition: TargetDefinition;
  #background: readonly AsyncDisposable[] = [];

  /** @throws WalguardErrors with everything that is wrong with its configuration */
  constructor(definition: TargetDefinition, { env, build, log, instruments, packs }: ServedTargetContext) {
    const { settings, name } = definition;
    const history = createHistory();
    const problems: WalguardError[] = [];
    this.#definition = definition;
    const resolve = (): ConnectionOptions => this.#definition.resolve();
    const connection = collect(problems, () => createConnectionSource(resolve, log, name));
    this.recoverability = new Recoverability(settings, { history, env, log });
    const { watching } = this.recoverability;
    const report = (): ReturnType<Recoverability['report']> => this.recoverability.report();
    this.#logs =
      connection === undefined ? undefined : createLogWatch(settings, { target: name ?? 'server', connection, log });
    const chosen = { ...settings, switches: settings.collectors, watching, report, packs, logs: this.#logs };
    const collectors = collect(problems, () => buildCollectors(chosen, history, log));
    if (connection === undefined || collectors === undefined) throw new WalguardErrors(problems);
    this.target = new Target({
      connection,
      connections: settings.connections,
      collectors,
      history,
      log,
      watch: watching.watch,
      databases: {
        include: settings.includedDatabases,
        exclude: settings.excludedDatabases,
        connections: settings.databaseConnections,
      },
      seriesCaps: { perCollector: settings.maxSeriesPerCollector, perPage: settings.maxSeries },
    });
    this.collectorNames = collectors.map((collector) => collector.name);
    this.makePage = createMakePage(this.target, instruments, name === undefined);
    this.#roles = new RoleWatch(connection, log);
    this.#version = build.version;
    this.#log = log;
  }

  get name(): string {
    return this.target.name;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#definition.labels;
  }

  get scrapeTimeoutMs(): number {
    return this.#definition.settings.scrapeTimeoutMs;
  }

  /** Takes up other labels and credentials; all else is to be the same. */
  adopt(definition: TargetDefinition): void {
    this.#definition = definition;
  }

  /** Begins what goes on between scrapes; the server is asked only for what its repositories are compared with. */
  start(): void {
    const { recoverability, target } = this;
    const settings = { scrapeTimeoutMs: this.scrapeTimeoutMs, log: this.#log };
    recoverability.start();
    this.#logs?.start();
    this.#background = recoverability.hasSources ? [startHeartbeats(target, recoverability.watching, settings)] : [];
  }

  status(): StatusDocument {
    const { assessment, server, repositories } = this.recoverability.report();
    const context = { target: this.name, version: this.#version, server, reports: repositories };
    return toStatusDocument(assessment, { ...context, states: this.recoverability.watching.watch.states() });
  }

  health(): Promise<Health> {
    return this.#roles.health();
  }

  outcomes(): readonly LastOutcome[] {
    return this.target.lastOutcomes;
  }

  /** Scrapes under way end first. */
  async [Symbol.asyncDispose](): Promise<void> {
    const background = [...this.#background, this.recoverability, ...(this.#logs === undefined ? [] : [this.#logs])];
    await Promise.all(background.map((each) => each[Symbol.asyncDispose]()));
    await Promise.all([this.target[Symbol.asyncDispose](), this.#roles[Symbol.asyncDispose]()]);
  }
}

function createLogWatch(
  settings: ServerSettings,
  { target, connection, log }: { readonly target: string; readonly connection: ConnectionSource; readonly log: Logger },
): LogWatch | undefined {
  if (settings.logPaths.length === 0) return undefined;
  return new LogWatch(settings, { target, log, session: new OwnSession(connection, log) });
}
