import { userInfo } from 'node:os';

import { closest } from '../core/closest.ts';
import { WalguardError } from '../core/error.ts';
import { type ConnectionOptions, SSL_MODES, type SslMode } from './connection-options.ts';
import type { DsnKeyword, DsnParameters } from './dsn.ts';

const ENVIRONMENT: Readonly<Partial<Record<DsnKeyword, string>>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  application_name: 'PGAPPNAME',
  options: 'PGOPTIONS',
};

/** The PostgreSQL variables that name a server by themselves. */
export const TARGET_ENVIRONMENT = ['PGHOST', 'PGHOSTADDR'] as const;

/**
 * Completes what a connection string says from libpq's environment variables, then from libpq's defaults.
 *
 * Throws TARGET_BAD_DSN for a port, sslmode or time limit that is none.
 */
export function resolveConnection(
  dsn: DsnParameters,
  env: Readonly<Record<string, string | undefined>>,
): ConnectionOptions {
  const read = (keyword: DsnKeyword): string | undefined => {
    const variable = ENVIRONMENT[keyword];
    const value = dsn[keyword] ?? (variable === undefined ? undefined : env[variable]);
    return value === '' ? undefined : value;
  };
  const user = read('user') ?? systemUser();
  return {
    host: read('hostaddr') ?? read('host') ?? 'localhost',
    port: readPort(read('port')),
    user,
    password: read('password'),
    database: read('dbname') ?? user,
    sslMode: readSslMode(read('sslmode')),
    sslRootCert: read('sslrootcert'),
    sslCert: read('sslcert'),
    sslKey: read('sslkey'),
    connectTimeoutMs: readConnectTimeout(read('connect_timeout')),
    applicationName: read('application_name') ?? read('fallback_application_name') ?? 'walguard',
    options: read('options'),
  };
}

/** A container may run under a number that no user has. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new WalguardError('TARGET_BAD_DSN', 'no user is named, and the one walguard runs as has no name', {
      hint: 'Name one in the connection string, or set PGUSER.',
      cause,
    });
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? 5432);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new WalguardError('TARGET_BAD_DSN', `the port "${text}" is not a number from 1 to 65535`, {
    hint: 'PostgreSQL listens on 5432 by default.',
  });
}

function readSslMode(text: string | undefined): SslMode {
  const mode = SSL_MODES.find((candidate) => candidate === (text ?? 'prefer'));
  if (mode !== undefined) return mode;
  const near = closest(text ?? '', SSL_MODES);
  throw new WalguardError('TARGET_BAD_DSN', `the sslmode "${text}" is not known`, {
    hint: near === undefined ? `Use one of ${SSL_MODES.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** As in libpq: seconds, and 0 or less waits without limit (here: until the scrape's deadline). */
function readConnectTimeout(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CONNECT_TIMEOUT_MS;
  const seconds = Number(text);
  if (!Number.isInteger(seconds)) {
    throw new WalguardError('TARGET_BAD_DSN', `the connect_timeout "${text}" is not a whole number of seconds`);
  }
  return seconds > 0 ? seconds * 1_000 : Number.MAX_SAFE_INTEGER;
}
