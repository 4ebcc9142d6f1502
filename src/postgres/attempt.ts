import type pg from 'pg';

import { WalguardError, type Where } from '../core/error.ts';
import { OLDEST_VERSION } from '../core/facts.ts';
import { fromFailedLogin, isNoServer, isRefusedWay, isWithoutTls, type FailedLogin } from './connect-errors.ts';
import {
  type ConnectionOptions,
  type FileChoice,
  hostName,
  isSocket,
  type PasswordProgram,
  type SslMode,
} from './connection-options.ts';
import { isConsole } from './console.ts';
import { logIn, type LoginOptions, type LoginResult, type Password, type Place, type Reports } from './login.ts';
import { readPassword } from './pass-file.ts';
import type { SessionRole } from './session-attributes.ts';
import { readTlsOptions } from './tls.ts';

/** A login that succeeded, and where. */
export interface Connected {
  readonly client: pg.Client;
  readonly place: Place;
  readonly reports: Reports;
  /** Undefined if any would do. */
  readonly role: SessionRole | undefined;
}

export interface Attempt {
  readonly options: ConnectionOptions;
  readonly place: Place;
  readonly timeoutMs: number;
  readonly warn: (problem: string) => void;
}

export type AttemptResult = Connected | { readonly error: WalguardError; readonly mayGoOn: boolean };

type Way = 'TLS' | 'plain';

const WAYS: Readonly<Record<SslMode, readonly [Way, Way?]>> = {
  disable: ['plain'],
  allow: ['plain', 'TLS'],
  prefer: ['TLS', 'plain'],
  require: ['TLS'],
  'verify-ca': ['TLS'],
  'verify-full': ['TLS'],
};

/** Logs in at one address, with TLS or without as sslmode says: in one way, and in the other where that can help. */
export async function attemptLogin(attempt: Attempt, where: Where): Promise<AttemptResult> {
  const { password, passFile, passwordProgram } = attempt.options;
  if (passwordProgram !== undefined) return await attemptByProgram(attempt, passwordProgram, where);
  if (password !== undefined || passFile === undefined) return await attemptWays(attempt, password, where);
  const found = lookUpPassword(attempt, passFile);
  const result = await attemptWays(attempt, found, where);
  if ('client' in result || found === undefined || result.error.code !== 'TARGET_AUTHENTICATION') return result;
  const { code, message, hint = '', cause } = result.error;
  const error = new WalguardError(code, `${message}; the password is that of ${passFile.path}`, { hint, where, cause });
  return { ...result, error };
}

/** With what the program printed before, and if that is refused with what it prints now. */
async function attemptByProgram(attempt: Attempt, program: PasswordProgram, where: Where): Promise<AttemptResult> {
  const end = performance.now() + attempt.timeoutMs;
  const given: Awaited<ReturnType<PasswordProgram['ask']>>[] = [];
  const ask = async (): Promise<string> => {
    const answer = await program.ask();
    given.push(answer);
    return answer.password;
  };
  const first = await attemptWays(attempt, ask, where);
  const refused = given.at(-1);
  if (refused === undefined || !isRefused(first)) return first;
  program.forget(refused.password);
  if (refused.isFresh) return first;
  const second = await attemptWays({ ...attempt, timeoutMs: end - performance.now() }, ask, where);
  const last = given.at(-1);
  if (last !== undefined && isRefused(second)) program.forget(last.password);
  return second;
}

function isRefused(result: AttemptResult): boolean {
  return 'error' in result && result.error.code === 'TARGET_AUTHENTICATION';
}

async function attemptWays(attempt: Attempt, password: Password, where: Where): Promise<AttemptResult> {
  const { options, place, timeoutMs } = attempt;
  const end = performance.now() + timeoutMs;
  const [first, second] = isSocket(place.address) ? (['plain'] as const) : WAYS[options.tls.mode];
  const tryWay = async (way: Way): Promise<LoginResult> =>
    logIn({ options, place, password, timeoutMs: end - performance.now(), tls: tlsFor(way, attempt) });
  const result = await guarded(() => tryWay(first));
  if (!('failure' in result)) return examine(result, place, where);
  if (second === undefined || !isWorthASecond(result, first)) return failed(result, place, where);
  const other = await guarded(() => tryWay(second));
  if (!('failure' in other)) return examine(other, place, where);
  const [one, two] = [failed(result, place, where), failed(other, place, where)];
  // Where TLS is only preferred, a server without it has not failed for that.
  if (isWithoutTls(result)) return two;
  const { code, hint } = one.error.code === 'TARGET_TLS' ? two.error : one.error;
  const message = `${inWay(first)}: ${one.error.message}; ${inWay(second)}: ${two.error.message}`;
  const error = new WalguardError(code, message, { hint: hint ?? '', where, cause: one.error });
  return { error, mayGoOn: two.mayGoOn };
}

function tlsFor(way: Way, { options, place }: Attempt): LoginOptions['tls'] {
  return way === 'plain' ? undefined : readTlsOptions(options.tls, place.host.name);
}

/** Certificates that cannot be read are a failure of the handshake. */
async function guarded(tryWay: () => Promise<LoginResult>): Promise<LoginResult> {
  try {
    return await tryWay();
  } catch (failure) {
    return { failure, stage: 'securing' };
  }
}

function lookUpPassword({ options, place, warn }: Attempt, passFile: FileChoice): string | undefined {
  const { database, user } = options;
  const found = readPassword(passFile, { host: place.host, database, user }, warn);
  return found === '' ? undefined : found;
}

function isWorthASecond(result: FailedLogin, way: Way): boolean {
  return isRefusedWay(result) || (way === 'TLS' && result.stage === 'securing');
}

function inWay(way: Way): string {
  return way === 'TLS' ? 'with TLS' : 'without TLS';
}

function failed(
  result: FailedLogin,
  { host, address }: Place,
  where: Where,
): Extract<AttemptResult, { error: unknown }> {
  const name = address === host.name ? hostName(host) : `${hostName(host)} (${address})`;
  return { error: fromFailedLogin(result, name, where), mayGoOn: isNoServer(result) };
}

function examine(
  { client, reports }: Extract<LoginResult, { readonly client: pg.Client }>,
  place: Place,
  where: Where,
): AttemptResult {
  const versionText = reports.get('server_version') ?? '';
  if (isConsole(reports) || !(Number.parseInt(versionText, 10) < OLDEST_VERSION / 10_000)) {
    return { client, place, reports, role: undefined };
  }
  client.connection.stream.destroy();
  return { error: tooOld(versionText, where), mayGoOn: false };
}

function tooOld(versionText: string, where: Where): WalguardError {
  const message = `the server is PostgreSQL ${versionText}, walguard needs 13 or newer`;
  return new WalguardError('TARGET_TOO_OLD', message, { hint: 'Upgrade the server.', where });
}
