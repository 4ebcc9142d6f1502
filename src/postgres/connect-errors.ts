import { WalguardError, type Where, systemCode, messageOf } from '../core/error.ts';
import type { LoginResult, Stage } from './login.ts';
import { fromServerError, isServerError } from './sqlstate.ts';

const NO_TLS_ANSWER = 'The server does not support SSL connections';

export type FailedLogin = Extract<LoginResult, { readonly stage: Stage }>;

/**
 * What a failed login means, with the cure.
 *
 * @param name the host and address it was to
 */
export function fromFailedLogin({ failure, stage }: FailedLogin, name: string, where: Where): WalguardError {
  if (isServerError(failure)) return fromServerError(failure, where);
  if (failure instanceof WalguardError)
    return new WalguardError(failure.code, `${failure.message} (${name})`, {
      ...(failure.hint === undefined ? {} : { hint: failure.hint }),
      where,
      cause: failure,
    });
  const message = failure instanceof Error ? describe(failure) : String(failure);
  if (isWithoutTls({ failure })) {
    return new WalguardError('TARGET_TLS', `the server ${name} has TLS switched off`, {
      hint: 'Set ssl = on on the server, or sslmode=disable in the connection string.',
      where,
      cause: failure,
    });
  }
  if (isTlsError(failure) || (stage === 'securing' && !isLost(failure))) {
    return new WalguardError('TARGET_TLS', `TLS with ${name} failed: ${message}`, {
      hint: 'Check sslmode and sslrootcert of the connection string against the certificate of the server.',
      where,
      cause: failure,
    });
  }
  if (message.startsWith('SASL: ')) {
    return new WalguardError('TARGET_AUTHENTICATION', `the login at ${name} failed: ${message.slice(6)}`, {
      hint: 'Check the password, and what answers at this address.',
      where,
      cause: failure,
    });
  }
  return new WalguardError('TARGET_UNREACHABLE', `no connection to ${name}: ${message}`, {
    hint: 'Check that the server runs, listens on this address and port, and that no firewall is in between.',
    where,
    cause: failure,
  });
}

/** True if the server said that it has no TLS. */
export function isWithoutTls({ failure }: Pick<FailedLogin, 'failure'>): boolean {
  return failure instanceof Error && failure.message === NO_TLS_ANSWER;
}

/** True if the server refused this user from this host in this way, which another way may not; a password is wrong in all. */
export function isRefusedWay({ failure }: FailedLogin): boolean {
  if (!isServerError(failure)) return false;
  // PgBouncer has one SQLSTATE for all that it refuses.
  if (failure.code === '08P01') return failure.message === 'SSL required';
  return failure.code.startsWith('28') && failure.code !== '28P01';
}

/** True if a further server may do: nothing answered here, or what did takes no connections yet. */
export function isNoServer({ failure, stage }: FailedLogin): boolean {
  if (isServerError(failure)) return failure.code === '57P03';
  if (stage === 'connecting' || stage === 'timed out') return true;
  return isLost(failure);
}

function isLost(failure: unknown): boolean {
  return messageOf(failure).startsWith('Connection terminated') || systemCode(failure) === 'ECONNRESET';
}

function describe(error: Error): string {
  return error.message === 'timeout expired' ? 'no answer within the time limit' : error.message;
}

function isTlsError(error: unknown): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(systemCode(error));
}
