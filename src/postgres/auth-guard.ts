import type pg from 'pg';

import { WalguardError } from '../core/error.ts';
import type { AuthMethod, ConnectionOptions } from './connection-options.ts';

/** What the server asks for, in the words of the protocol's messages. */
interface SaslRequest {
  readonly mechanisms: readonly string[];
}

type Demands = Pick<ConnectionOptions, 'authMethods' | 'channelBinding'>;

/**
 * Breaks a connection whose server asks for the password in a way that require_auth or channel_binding rules out,
 * before anything is answered; also one that lets the client in without having proved that it knows the password.
 *
 * To be called before connecting: its listeners come before those of the driver, which then writes into a closed
 * socket. What it returns is asked when the login has ended: a login that the server grants unasked arrives whole, so
 * that the driver takes it for done. Source: libpq, check_expected_areq().
 */
export function guardAuthentication(
  connection: pg.Connection,
  { authMethods, channelBinding }: Demands,
  hasTls: boolean,
): () => WalguardError | undefined {
  let refused: WalguardError | undefined;
  let proved: AuthMethod = 'none';
  let asked: AuthMethod = 'none';
  let isGranted = false;
  const refuse = (...[why, hint]: Refusal): void => {
    refused ??= new WalguardError('TARGET_AUTHENTICATION', why, { hint });
    connection.stream.destroy();
  };
  const check = (method: AuthMethod, binds: boolean): void => {
    asked = method;
    const isUnbound = channelBinding === 'require' && !binds;
    const refusal = isUnbound ? unbound(method, hasTls) : unwanted(method, authMethods);
    if (refusal !== undefined) refuse(...refusal);
  };
  connection.on('authenticationCleartextPassword', () => check((proved = 'password'), false));
  connection.on('authenticationMD5Password', () => check((proved = 'md5'), false));
  connection.on('authenticationSASL', ({ mechanisms }: SaslRequest) =>
    check('scram-sha-256', hasTls && mechanisms.includes('SCRAM-SHA-256-PLUS')),
  );
  connection.on('authenticationSASLFinal', () => (proved = 'scram-sha-256'));
  connection.on('authenticationOk', () => {
    isGranted = true;
    if (asked !== proved)
      refuse('the server ended scram-sha-256 without proving itself', 'Find out what answers there.');
    else if (asked === 'none') check('none', false);
  });
  // The driver takes this alone for the end of a login, whatever came before.
  connection.on('readyForQuery', () => {
    if (!isGranted) refuse('the server lets walguard in without having said so', 'Find out what answers there.');
  });
  return () => refused;
}

type Refusal = readonly [why: string, hint: string];

function unbound(method: AuthMethod, hasTls: boolean): Refusal {
  const what = hasTls ? `the server asks for ${method}, without it` : 'there is no TLS to bind to';
  return [
    `channel_binding=require cannot be kept: ${what}`,
    'Use TLS and a scram-sha-256 password, or channel_binding=prefer.',
  ];
}

function unwanted(method: AuthMethod, wanted: Demands['authMethods']): Refusal | undefined {
  if (wanted?.has(method) !== false) return undefined;
  const what = method === 'none' ? 'does not ask who walguard is' : `asks for ${method}`;
  return [`the server ${what}, and require_auth is ${[...wanted].join(',')}`, 'Correct pg_hba.conf, or require_auth.'];
}
