import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

import { WalguardError } from '../core/error.ts';
import { orNothing } from '../core/or-nothing.ts';
import { badValue, choose } from './choose.ts';
import {
  AUTH_METHODS,
  type AuthMethod,
  CHANNEL_BINDINGS,
  type ConnectionOptions,
  type FileChoice,
  SESSION_ATTRS,
} from './connection-options.ts';
import { readHosts } from './hosts.ts';
import { LIMITED_KEYWORDS, type Parameters, parametersOf } from './keywords.ts';
import { readService } from './service-file.ts';
import { checkNames, readTlsSettings } from './tls-settings.ts';

/** The PostgreSQL variables that name a server by themselves. */
export const TARGET_ENVIRONMENT = ['PGHOST', 'PGHOSTADDR', 'PGSERVICE'] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Completes what a connection string says: from the service it names, then from libpq's environment variables, then
 * from libpq's defaults.
 *
 * Throws TARGET_BAD_DSN for a value that cannot be used and for a service that is not defined.
 */
export function resolveConnection(dsn: Parameters, env: Environment): ConnectionOptions {
  const home = homeOf(env);
  const given = merge(dsn, env, home);
  const read = (keyword: string): string | undefined => (given[keyword] === '' ? undefined : given[keyword]);
  refuseLimited(read);
  const user = read('user') ?? systemUser();
  const hosts = readHosts(read('host'), read('hostaddr'), read('port'));
  const tls = readTlsSettings(read, home, orNothing(env['SSL_CERT_FILE']));
  checkNames(tls, hosts, read('host') !== undefined);
  return {
    hosts,
    inRandomOrder:
      choose('load_balance_hosts', read('load_balance_hosts') ?? 'disable', ['disable', 'random']) === 'random',
    sessionAttrs: choose('target_session_attrs', read('target_session_attrs') ?? 'any', SESSION_ATTRS),
    user,
    password: read('password'),
    passFile: choosePassFile(read('passfile'), home),
    database: read('dbname') ?? user,
    tls,
    channelBinding: choose('channel_binding', read('channel_binding') ?? 'prefer', CHANNEL_BINDINGS),
    authMethods: readAuthMethods(read('require_auth')),
    connectTimeoutMs: readConnectTimeout(read('connect_timeout')),
    applicationName: read('application_name') ?? read('fallback_application_name') ?? 'walguard',
    options: read('options'),
  };
}

function merge(dsn: Parameters, env: Environment, home: string | undefined): Parameters {
  const fromEnvironment = parametersOf(env);
  const service = orNothing(dsn['service'] ?? fromEnvironment['service']);
  if (service === undefined) return { ...fromEnvironment, ...dsn };
  const places = {
    named: orNothing(dsn['servicefile'] ?? fromEnvironment['servicefile']),
    home,
    systemDirectory: orNothing(env['PGSYSCONFDIR']),
  };
  return { ...fromEnvironment, ...readService(service, places), ...dsn };
}

function refuseLimited(read: (keyword: string) => string | undefined): void {
  for (const [keyword, { accepted, reason }] of Object.entries(LIMITED_KEYWORDS)) {
    const value = read(keyword);
    if (value === undefined || accepted.includes(value)) continue;
    const instead = accepted.length === 0 ? `Leave ${keyword} out.` : `Leave ${keyword} out, or use ${accepted[0]}.`;
    throw badValue(`the parameter ${keyword} cannot be honoured: ${reason}`, instead);
  }
}

function homeOf(env: Environment): string | undefined {
  const named = orNothing(env['HOME']);
  if (named !== undefined) return named;
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

function choosePassFile(named: string | undefined, home: string | undefined): FileChoice | undefined {
  if (named !== undefined) return { path: named, named: true };
  return home === undefined ? undefined : { path: join(home, '.pgpass'), named: false };
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

const KNOWN_METHODS = [...AUTH_METHODS, 'gss', 'sspi', 'oauth'] as const;

/** A list of methods, or of methods that will not do, each with `!` before it. */
function readAuthMethods(text: string | undefined): ReadonlySet<AuthMethod> | undefined {
  if (text === undefined) return undefined;
  const words = text.split(',').map((word) => word.trim());
  const negated = words.filter((word) => word.startsWith('!'));
  if (negated.length > 0 && negated.length < words.length)
    throw badValue(`the require_auth "${text}" mixes methods with and without "!"`);
  const listed = words.map((word) => choose<string>('require_auth', word.replace(/^!/, ''), KNOWN_METHODS));
  const methods = AUTH_METHODS.filter((method) => listed.includes(method) === (negated.length === 0));
  if (methods.length === 0)
    throw badValue(`the require_auth "${text}" leaves no method walguard has`, `It has ${AUTH_METHODS.join(', ')}.`);
  return new Set(methods);
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** As in libpq: seconds, and 0 or less waits without limit (here: until the scrape's deadline). */
function readConnectTimeout(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CONNECT_TIMEOUT_MS;
  const seconds = Number(text);
  if (!Number.isInteger(seconds)) throw badValue(`the connect_timeout "${text}" is not a whole number of seconds`);
  return seconds > 0 ? seconds * 1_000 : Number.MAX_SAFE_INTEGER;
}
