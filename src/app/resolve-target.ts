import type { DataSource } from '../config/data-source.ts';
import type { Environment } from '../config/given.ts';
import { WalguardError } from '../core/error.ts';
import type { ConnectionOptions } from '../postgres/connection-options.ts';
import { parseDsn } from '../postgres/dsn.ts';
import type { Parameters } from '../postgres/keywords.ts';
import { resolveConnection, TARGET_ENVIRONMENT } from '../postgres/resolve.ts';
import { passwordProgramOf } from './password-program.ts';

/**
 * Decides which server to scrape: the data source, else PGHOST, PGHOSTADDR or PGSERVICE, else it is an error and no
 * guess. User and password given apart fill in what a connection string lacks, and win over those of a URI; a command for
 * the password fills in for either.
 *
 * @throws TARGET_MISSING, TARGET_BAD_DSN
 */
export function resolveTarget(source: DataSource, env: Environment): ConnectionOptions {
  const dsn = readDsn(source, env);
  const options = resolveConnection(dsn, env);
  const { passwordCommand } = source;
  if (passwordCommand === undefined || dsn['password'] !== undefined) return options;
  return { ...options, password: undefined, passwordProgram: passwordProgramOf(passwordCommand, env) };
}

function readDsn({ name, uri, user, password }: DataSource, env: Environment): Parameters {
  const apart = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
  if (name !== undefined) return { ...apart, ...parseDsn(onlyOne(name)) };
  if (uri !== undefined) return { ...parseDsn(`postgresql://${uri.replace(/^postgres(ql)?:\/\//, '')}`), ...apart };
  const named = TARGET_ENVIRONMENT.some((variable) => (env[variable] ?? '') !== '');
  if (named) return apart;
  throw new WalguardError('TARGET_MISSING', 'no PostgreSQL server is named', {
    hint: 'Set DATA_SOURCE_NAME=postgresql://walguard:password@host:5432/postgres, or PGHOST and its companions.',
  });
}

function onlyOne(dsn: string): string {
  if (!/,\s*postgres(ql)?:\/\//.test(dsn)) return dsn;
  throw new WalguardError('TARGET_BAD_DSN', 'the connection string names several servers', {
    hint: 'Make each a target of the configuration file: docs/targets.md.',
  });
}
