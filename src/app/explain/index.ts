import type { CollectorSwitch, Environment, FlagValues } from '../../config/given.ts';
import { readSettings, type ServerSettings } from '../../config/settings.ts';
import { collect, type WalguardError, WalguardErrors } from '../../core/error.ts';
import { createHistory } from '../../core/history.ts';
import { targetName } from '../../postgres/connection-options.ts';
import { dropAfter } from '../../postgres/drop-after.ts';
import { Session } from '../../postgres/session.ts';
import { type Explanation, explainScrape } from '../../scrape/explain.ts';
import { type NamedTarget, refuseConsole, resolveNamedTarget } from '../check/named-target.ts';
import { buildCollectors, knownCollectors } from '../collectors.ts';

export interface ExplainRequest {
  readonly target: NamedTarget;
  readonly flags: FlagValues;
  readonly collectorFlags: ReadonlyMap<string, boolean>;
  readonly env: Environment;
}

/** A collector that is not on, and why. */
export interface OffCollector {
  readonly collector: string;
  /** `default`: nobody switched it on. `replaced`: a pack gives all its families. Else what switched it off. */
  readonly by: 'default' | 'replaced' | { readonly said: string };
}

/** What a walguard of this configuration would do with a server. */
export interface ExplainReport extends Explanation {
  readonly target: string;
  readonly off: readonly OffCollector[];
}

/**
 * Explains the first scrape of a server, with the configuration that a walguard that serves would have.
 *
 * @throws WalguardErrors with what is wrong with the configuration, or one of the TARGET_ errors
 */
export async function explain({ target, flags, collectorFlags, env }: ExplainRequest): Promise<ExplainReport> {
  const general = readSettings({ flags, collectorFlags, env });
  const problems: WalguardError[] = [];
  const found = collect(problems, () => resolveNamedTarget(target, general, env));
  const settings = found?.settings ?? general;
  const chosen = { ...settings, switches: settings.collectors };
  const collectors = collect(problems, () => buildCollectors(chosen, createHistory()));
  if (found === undefined || collectors === undefined) throw new WalguardErrors(problems);
  const { options } = found;
  const on = new Set(collectors.map(({ name }) => name));
  const off = knownCollectors(chosen).filter(({ name }) => !on.has(name));
  const limits = { timeoutMs: settings.scrapeTimeoutMs, place: undefined, warn: () => undefined };
  await using home = await Session.open(options, limits);
  dropAfter(home, settings.scrapeTimeoutMs);
  refuseConsole(home, targetName(options));
  // That the server is what target_session_attrs asks for is known of the session beside these.
  const open = async (database: string): Promise<Session> => {
    const session = await Session.open({ ...options, database, sessionAttrs: 'any' }, { ...limits, place: home.place });
    dropAfter(session, settings.scrapeTimeoutMs);
    return session;
  };
  const databases = {
    include: settings.includedDatabases,
    exclude: settings.excludedDatabases,
  };
  return {
    target: targetName(options),
    ...(await explainScrape({ home, open }, { ...settings, collectors, databases })),
    off: off.map(({ name, enabledByDefault }) => ({ collector: name, by: whyOff(settings, name, enabledByDefault) })),
  };
}

function whyOff({ collectors }: ServerSettings, name: string, enabledByDefault: boolean): OffCollector['by'] {
  const said: CollectorSwitch | undefined = collectors.get(name);
  if (said?.on === false) return { said: said.said };
  return enabledByDefault || said?.on === true ? 'replaced' : 'default';
}
