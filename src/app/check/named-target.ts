import { readDataSource } from '../../config/data-source.ts';
import type { Environment } from '../../config/given.ts';
import type { ServerSettings, Settings } from '../../config/settings.ts';
import { WalguardError } from '../../core/error.ts';
import type { ConnectionOptions } from '../../postgres/connection-options.ts';
import type { Session } from '../../postgres/session.ts';
import { chooseDefinition } from '../definitions.ts';
import { resolveTarget } from '../resolve-target.ts';

/** A server as the command line names it. */
export interface NamedTarget {
  /** A target of the configuration, or a connection string, and a secret; undefined for the only server there is. */
  readonly said: string | undefined;
}

/** What is set for a server, and how to reach it. */
interface ResolvedTarget {
  readonly settings: ServerSettings;
  readonly options: ConnectionOptions;
}

/**
 * The server that `--target` names. What a connection string on the command line leaves open is taken from where a
 * walguard that serves takes it: a password need not stand on the command line.
 *
 * @throws WalguardErrors, TARGET_MISSING, TARGET_BAD_DSN, USAGE_BAD_VALUE, CONFIG_FILE_UNREADABLE
 */
export function resolveNamedTarget({ said }: NamedTarget, settings: Settings, env: Environment): ResolvedTarget {
  if (said === undefined || (settings.targets.length > 0 && /^[\w.-]+$/.test(said))) {
    const definition = chooseDefinition(settings, env, said);
    return { settings: definition.settings, options: definition.resolve() };
  }
  const source = readDataSource(env, settings.file);
  return { settings, options: resolveTarget({ ...source, name: said, uri: undefined }, env) };
}

/** @throws TARGET_WRONG_ROLE for PgBouncer's console, which parses nothing and has no facts */
export function refuseConsole(session: Session, target: string): void {
  if (session.console === undefined) return;
  throw new WalguardError('TARGET_WRONG_ROLE', `${target} is the console of PgBouncer, and no server`, {
    where: { target },
    hint: 'Name a database that is not called pgbouncer.',
  });
}
