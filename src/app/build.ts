import { readDataSource } from '../config/data-source.ts';
import type { Environment } from '../config/given.ts';
import type { Settings } from '../config/settings.ts';
import { collect, WalguardErrors, type WalguardError } from '../core/error.ts';
import { createHistory } from '../core/history.ts';
import type { Logger } from '../core/logger.ts';
import { layOutPage } from '../exposition/page.ts';
import { encodeFamily } from '../exposition/samples.ts';
import type { MakePage } from '../http/metrics-route.ts';
import { WebServer } from '../http/server.ts';
import { Protection } from '../http/web/protection.ts';
import type { ConnectionOptions } from '../postgres/connection-options.ts';
import { RoleWatch } from '../scrape/role-watch.ts';
import { Target, type TargetSettings } from '../scrape/target.ts';
import { type BuildInfo, createInstruments, type Instruments } from '../self/instruments.ts';
import { buildCollectors } from './collectors.ts';
import { createConnectionSource } from './connection-source.ts';
import { readPageFiles } from './page-files.ts';
import { Recoverability } from './recoverability.ts';
import { resolveTarget } from './resolve-target.ts';
import { toStatusDocument } from './status/document.ts';
import { startHeartbeats } from './watching.ts';

/** The wired parts of a walguard that serves. */
export interface App {
  readonly target: Target;
  readonly web: WebServer;
  readonly roles: RoleWatch;
  readonly recoverability: Recoverability;
  /** Begins what goes on between scrapes. Dispose of it before the target. */
  readonly startBackground: () => AsyncDisposable;
}

export interface AppContext {
  readonly env: Environment;
  readonly build: BuildInfo;
  readonly log: Logger;
}

/** @throws WalguardErrors with everything that is wrong with the configuration */
export function buildApp(settings: Settings, { env, build, log }: AppContext): App {
  const history = createHistory();
  const problems: WalguardError[] = [];
  const resolve = (): ConnectionOptions => resolveTarget(readDataSource(env, settings.file), env);
  const connection = collect(problems, () => createConnectionSource(resolve, log));
  const recoverability = new Recoverability(settings, { history, env, log });
  const { watching } = recoverability;
  const chosen = { ...settings, switches: settings.collectors, watching, report: () => recoverability.report() };
  const collectors = collect(problems, () => buildCollectors(chosen, history, log));
  const protection = collect(problems, () => new Protection(settings.webConfigPath, log));
  if (connection === undefined || collectors === undefined || protection === undefined)
    throw new WalguardErrors(problems);
  const target = makeTarget(settings, { connection, collectors, history, log, watch: watching.watch });
  const instruments = createInstruments(build);
  instruments.configLoaded();
  const roles = new RoleWatch(connection, log);
  const web = new WebServer({
    addresses: settings.listenAddresses,
    telemetryPath: settings.telemetryPath,
    log,
    protection,
    health: () => roles.health(),
    status() {
      const { assessment, server, repositories } = recoverability.report();
      const context = { target: target.name, version: build.version, server, reports: repositories };
      return toStatusDocument(assessment, { ...context, states: watching.watch.states() });
    },
    page: { collectors: () => target.lastOutcomes, files: readPageFiles() },
    metrics: {
      collectorNames: collectors.map(({ name }) => name),
      scrapeTimeoutMs: settings.scrapeTimeoutMs,
      makePage: createMakePage(target, instruments),
    },
  });
  const startBackground = (): AsyncDisposable => startBeside(target, recoverability, { ...settings, log });
  return { target, web, recoverability, roles, startBackground };
}

type TargetParts = Pick<TargetSettings, 'connection' | 'collectors' | 'history' | 'log' | 'watch'>;

function makeTarget(settings: Settings, parts: TargetParts): Target {
  return new Target({
    ...parts,
    connections: settings.connections,
    databases: {
      include: settings.includedDatabases,
      exclude: settings.excludedDatabases,
      connections: settings.databaseConnections,
    },
    seriesCaps: { perCollector: settings.maxSeriesPerCollector, perPage: settings.maxSeries },
  });
}

/** The server is asked between scrapes only for what its repositories are compared with. */
function startBeside(
  target: Target,
  recoverability: Recoverability,
  settings: { readonly scrapeTimeoutMs: number; readonly log: Logger },
): AsyncDisposable {
  recoverability.start();
  const heartbeats = recoverability.hasSources ? startHeartbeats(target, recoverability.watching, settings) : undefined;
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([recoverability[Symbol.asyncDispose](), heartbeats?.[Symbol.asyncDispose]()]);
    },
  };
}

function createMakePage(target: Target, instruments: Instruments): MakePage {
  return async ({ selection, budgetMs, reader, format }) => {
    const started = performance.now();
    const { result, shared, release } = target.scrape(selection, budgetMs, reader);
    const families = await result;
    instruments.scrapes.inc();
    if (shared) instruments.sharedScrapes.inc();
    instruments.scrapeDuration.observe((performance.now() - started) / 1_000);
    const own = (await instruments.read()).map(({ family, samples }) => encodeFamily(family, samples));
    return { chunks: [...layOutPage([...families, ...own], format)], release };
  };
}
