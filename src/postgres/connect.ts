import { readFileSync } from 'node:fs';
import type { ConnectionOptions as TlsOptions } from 'node:tls';

import pg from 'pg';

import { asWalguardError, WalguardError } from '../core/error.ts';
import { OLDEST_VERSION } from '../core/facts.ts';
import { type ConnectionOptions, targetName } from './connection-options.ts';
import { fromServerError, isServerError } from './sqlstate.ts';

const NO_TLS_ANSWER = 'The server does not support SSL connections';

/**
 * Logs in to the server, with TLS as sslmode says.
 *
 * @param timeoutMs the most it may take, over the connection string's own limit if that is longer
 * @throws one of the TARGET_ errors, with the cure
 */
export async function connect(options: ConnectionOptions, timeoutMs: number): Promise<pg.Client> {
  const limitMs = Math.max(1, Math.min(options.connectTimeoutMs, timeoutMs));
  if (options.sslMode === 'disable' || options.sslMode === 'allow' || options.host.startsWith('/')) {
    return await logIn(options, limitMs, false);
  }
  const started = performance.now();
  try {
    return await logIn(options, limitMs, readTlsOptions(options));
  } catch (thrown) {
    const refused = thrown instanceof WalguardError && thrown.code === 'TARGET_TLS' && isNoTlsAnswer(thrown.cause);
    if (options.sslMode !== 'prefer' || !refused) throw thrown;
    return await logIn(options, Math.max(1, limitMs - (performance.now() - started)), false);
  }
}

async function logIn(options: ConnectionOptions, timeoutMs: number, ssl: TlsOptions | false): Promise<pg.Client> {
  const client = new TargetClient({
    host: options.host,
    port: options.port,
    user: options.user,
    ...(options.password === undefined ? {} : { password: options.password }),
    database: options.database,
    application_name: options.applicationName,
    ...(options.options === undefined ? {} : { options: options.options }),
    ssl,
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: timeoutMs,
  });
  // Without a listener an error of an idle connection would end the process.
  client.on('error', () => undefined);
  let versionText = '';
  client.connection.on(
    'parameterStatus',
    (status: { readonly parameterName: string; readonly parameterValue: string }) => {
      if (status.parameterName === 'server_version') versionText = status.parameterValue;
    },
  );
  try {
    await client.connect();
  } catch (thrown) {
    client.connection.stream.destroy();
    throw fromConnectError(thrown, options);
  }
  refuseOldServer(versionText, client, options);
  return client;
}

class TargetClient extends pg.Client {
  /**
   * Settings of the session that decide how values are written. A pooler tracks these four for each of its clients,
   * where it refuses others.
   */
  getStartupConf(): Readonly<Record<string, string>> {
    const inherited: unknown = Reflect.get(pg.Client.prototype, 'getStartupConf');
    if (typeof inherited !== 'function') throw new WalguardError('BUG', 'node-postgres has no getStartupConf any more');
    const conf = inherited.call(this) as Record<string, string>;
    return { ...conf, client_encoding: 'UTF8', DateStyle: 'ISO', TimeZone: 'UTC' };
  }
}

function refuseOldServer(versionText: string, client: pg.Client, options: ConnectionOptions): void {
  const major = Number.parseInt(versionText, 10);
  if (!(major < OLDEST_VERSION / 10_000)) return;
  client.connection.stream.destroy();
  throw new WalguardError('TARGET_TOO_OLD', `the server is PostgreSQL ${versionText}, walguard needs 13 or newer`, {
    hint: 'Upgrade the server.',
    where: { target: targetName(options) },
  });
}

function readTlsOptions(options: ConnectionOptions): TlsOptions {
  // As in libpq: with a root certificate, require checks against it.
  const checked = options.sslMode === 'require' && options.sslRootCert !== undefined;
  const verify = checked || options.sslMode === 'verify-ca' || options.sslMode === 'verify-full';
  return {
    rejectUnauthorized: verify,
    ...(options.sslMode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
    ...(options.sslRootCert === undefined || !verify ? {} : { ca: readCertificate(options.sslRootCert, options) }),
    ...(options.sslCert === undefined ? {} : { cert: readCertificate(options.sslCert, options) }),
    ...(options.sslKey === undefined ? {} : { key: readCertificate(options.sslKey, options) }),
  };
}

function readCertificate(file: string, options: ConnectionOptions): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new WalguardError('TARGET_TLS', `the certificate or key ${file} cannot be read`, {
      hint: 'Check sslrootcert, sslcert and sslkey of the connection string, and who may read the files.',
      where: { target: targetName(options) },
      cause,
    });
  }
}

function isNoTlsAnswer(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === NO_TLS_ANSWER;
}

function fromConnectError(thrown: unknown, options: ConnectionOptions): WalguardError {
  const where = { target: targetName(options) };
  if (isServerError(thrown)) return fromServerError(thrown, where);
  if (!(thrown instanceof Error)) return asWalguardError(thrown);
  if (isNoTlsAnswer(thrown)) {
    return new WalguardError('TARGET_TLS', `the server ${where.target} has TLS switched off`, {
      hint: 'Set ssl = on on the server, or sslmode=disable in the connection string.',
      where,
      cause: thrown,
    });
  }
  if (isTlsError(thrown)) {
    return new WalguardError('TARGET_TLS', `TLS with ${where.target} failed: ${thrown.message}`, {
      hint: 'Check sslmode and sslrootcert of the connection string against the certificate of the server.',
      where,
      cause: thrown,
    });
  }
  if (thrown.message.includes('password must be a')) {
    return new WalguardError('TARGET_AUTHENTICATION', `${where.target} asks for a password and none was given`, {
      hint: 'Set DATA_SOURCE_PASS_FILE, or give a password in the connection string.',
      where,
      cause: thrown,
    });
  }
  return new WalguardError('TARGET_UNREACHABLE', `no connection to ${where.target}: ${describe(thrown)}`, {
    hint: 'Check that the server runs, listens on this address and port, and that no firewall is in between.',
    where,
    cause: thrown,
  });
}

/** An AggregateError of several addresses has no message of its own. */
function describe(error: Error): string {
  if (error instanceof AggregateError) {
    return error.errors.map((each: unknown) => (each instanceof Error ? each.message : String(each))).join(', ');
  }
  return error.message === 'timeout expired' ? 'no answer within the time limit' : error.message;
}

function isTlsError(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code) ||
    error.message.includes('SSL connection')
  );
}
