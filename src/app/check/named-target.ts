import type { ConfigFile } from '../../config/config-file.ts';
import { readDataSource } from '../../config/data-source.ts';
import type { Environment } from '../../config/given.ts';
import type { ConnectionOptions } from '../../postgres/connection-options.ts';
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
