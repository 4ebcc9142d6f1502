import { buildApp } from '../app/build.ts';
import { createLogger, standardError } from '../app/logger.ts';
import { serve } from '../app/serve.ts';
import type { Environment, FlagValues } from '../config/given.ts';
import { readSettings } from '../config/settings.ts';
import type { BuildInfo } from '../self/instruments.ts';
import { reportCrashes } from './report-crashes.ts';

export interface ServeInvocation {
  readonly flags: FlagValues;
  readonly collectorFlags: ReadonlyMap<string, boolean>;
  readonly env: Environment;
  readonly build: BuildInfo;
  /** Aborts when walguard is to stop. */
  readonly stop: AbortSignal;
}

/** Runs until it is told to stop. Throws what is wrong with the configuration or the address. */
export async function runServe({ flags, collectorFlags, env, build, stop }: ServeInvocation): Promise<void> {
  const sources = { flags, collectorFlags, env };
  const settings = readSettings(sources);
  const log = createLogger(settings.logLevel, settings.logFormat, standardError());
  reportCrashes(log);
  const app = buildApp(settings, sources, { env, build, log });
  process.on('SIGHUP', () => void app.reload());
  await serve(app, stop, log);
}
