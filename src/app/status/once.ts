import type { Environment, FlagValues } from '../../config/given.ts';
import { readSettings } from '../../config/settings.ts';
import type { LogFields, Logger } from '../../core/logger.ts';
import type { StatusDocument } from '../../http/schema.ts';
import type { BuildInfo } from '../../self/instruments.ts';
import { buildApp } from '../build.ts';
import { toStatusDocument } from './document.ts';

export interface StatusOnce {
  readonly flags: FlagValues;
  readonly collectorFlags: ReadonlyMap<string, boolean>;
  readonly env: Environment;
  readonly build: BuildInfo;
}

/** The answer, and what went wrong on the way to it. */
export interface StatusFound {
  readonly document: StatusDocument;
  /** Lines for a person. */
  readonly warnings: readonly string[];
}

/**
 * Asks the server and reads every source once. A server that does not answer, or a source that cannot be read, is a
 * warning, and part of the answer.
 *
 * @throws WalguardErrors with what is wrong with the configuration
 */
export async function statusOnce({ flags, collectorFlags, env, build }: StatusOnce): Promise<StatusFound> {
  const warnings: string[] = [];
  const settings = readSettings({ flags, collectorFlags, env });
  const { target, recoverability } = buildApp(settings, { env, build, log: createListener(warnings) });
  await using asked = target;
  await using read = recoverability;
  // The archive is read with what the server told: whose WAL it is, and how large its segments are.
  await asked.ask(read.watching.due(), settings.scrapeTimeoutMs, new AbortController().signal);
  await read.readNow();
  const { assessment, server, repositories } = read.report();
  const states = read.watching.watch.states();
  const context = { target: target.name, version: build.version, server, reports: repositories, states };
  return { document: toStatusDocument(assessment, context), warnings };
}

function createListener(warnings: string[]): Logger {
  const listen = (fields: LogFields): void => void warnings.push(describe(fields));
  return { debug: () => undefined, info: () => undefined, warn: listen, error: listen };
}

function describe({ repository, collector, code, reason, hint }: LogFields): string {
  const whose = [repository, collector].filter((part) => typeof part === 'string' && part !== 'facts').join(', ');
  const head = [whose, code, reason].filter((part) => typeof part === 'string' && part !== '').join(': ');
  return typeof hint === 'string' ? `${head}\n  hint: ${hint}` : head;
}
