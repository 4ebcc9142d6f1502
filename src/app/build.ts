import type { Environment } from '../config/given.ts';
import type { Settings, SettingSources } from '../config/settings.ts';
import { collect, WalguardErrors, type WalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import { HTTP_LIMITS } from '../http/limits.ts';
import type { Reload } from '../http/reload-route.ts';
import { WebServer } from '../http/server.ts';
import { Protection } from '../http/web/protection.ts';
import { type BuildInfo, createInstruments } from '../self/instruments.ts';
import { Fleet } from './fleet.ts';
import { readPageFiles } from './page-files.ts';
import { createReload } from './reload.ts';

/** The wired parts of a walguard that serves. */
export interface App {
  readonly fleet: Fleet;
  readonly web: WebServer;
  readonly reload: Reload;
}

export interface AppContext {
  readonly env: Environment;
  readonly build: BuildInfo;
  readonly log: Logger;
}

/**
 * @param sources what the settings were read from, for when they are to be read anew
 * @throws WalguardErrors with everything that is wrong with the configuration
 */
export function buildApp(settings: Settings, sources: SettingSources, { env, build, log }: AppContext): App {
  const problems: WalguardError[] = [];
  const instruments = createInstruments(build);
  const fleet = new Fleet({ env, build, log, instruments });
  collect(problems, () => fleet.load(settings));
  const protection = collect(problems, () => new Protection(settings.webConfigPath, log));
  if (problems.length > 0 || protection === undefined) throw new WalguardErrors(problems);
  instruments.configLoaded();
  const reload = createReload(sources, settings, { fleet, instruments, log });
  const web = new WebServer({
    addresses: settings.listenAddresses,
    telemetryPath: settings.telemetryPath,
    servers: fleet,
    pageFiles: readPageFiles(),
    longestScrapeMs: () => fleet.longestScrapeMs,
    reload: settings.enableLifecycle ? reload : undefined,
    log,
    protection,
    limits: HTTP_LIMITS,
    mostRequests: settings.mostRequests,
  });
  return { fleet, web, reload };
}
