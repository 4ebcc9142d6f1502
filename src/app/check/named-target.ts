import type { ConfigFile } from '../../config/config-file.ts';
import { readDataSource } from '../../config/data-source.ts';
import type { Environment } from '../../config/given.ts';
import type { ConnectionOptions } from '../../postgres/connection-options.ts';
import type { Session } from '../../postgres/session.ts';
import { WalguardError } from '../../core/error.ts';
import { resolveTarget } from '../resolve-target.ts';

/** A server as the command line names it. */
export interface NamedTarget {
  /** A connection string, and a secret; undefined for the server that the configuration names. */
  readonly dsn: string | undefined;
}

/**
 * How to reach the server that `--target` names. What a connection string on the command line leaves open is taken
 * from where a walguard that serves takes it: a password need not stand on the command line.
 *
 * @throws TARGET_MISSING, TARGET_BAD_DSN, CONFIG_FILE_UNREADABLE
 */
export function resolveNamedTarget(
  { dsn }: NamedTarget,
  file: ConfigFile | undefined,
  env: Environment,
): ConnectionOptions {
  const source = readDataSource(env, file);
  return resolveTarget(dsn === undefined ? source : { ...source, name: dsn, uri: undefined }, env);
}

/** @throws TARGET_WRONG_ROLE for PgBouncer's console, which parses nothing and has no facts */
export function refuseConsole(session: Session, target: string): void {
  if (session.console === undefined) return;
  throw new WalguardError('TARGET_WRONG_ROLE', `${target} is the console of PgBouncer, and no server`, {
    where: { target },
    hint: 'Name a database that is not called pgbouncer.',
  });
}
