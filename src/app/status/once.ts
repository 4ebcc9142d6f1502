import type { Environment, FlagValues } from '../../config/given.ts';
import { readSettings } from '../../config/settings.ts';
import type { LogFields, Logger } from '../../core/logger.ts';
import type { StatusDocument } from '../../http/schema.ts';
import { type BuildInfo, createInstruments } from '../../self/instruments.ts';
import { chooseDefinition } from '../definitions.ts';
import { PACKS } from '../packs.ts';
import { ServedTarget } from '../served-target.ts';

export interface StatusOnce {
  /** One of the configuration by its name; undefined: the only one. */
  readonly target: string | undefined;
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
export async function statusOnce({ target, flags, collectorFlags, env, build }: StatusOnce): Promise<StatusFound> {
  const warnings: string[] = [];
  const settings = readSettings({ flags, collectorFlags, env });
  const log = createListener(warnings);
  const definition = chooseDefinition(settings, env, target);
  const context = { env, build, log, instruments: createInstruments(build), packs: PACKS };
  await using server = new ServedTarget(definition, context);
  const { recoverability } = server;
  // The archive is read with what the server told: whose WAL it is, and how large its segments are.
  await server.target.ask(recoverability.watching.due(), server.scrapeTimeoutMs, new AbortController().signal);
  await recoverability.readNow();
  return { document: server.status(), warnings };
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
