import { describe, expect, it } from 'vitest';
import { renderError, WalguardError } from '../../../src/core/error.ts';
import { type FailedLogin, fromFailedLogin, isNoServer, isRefusedWay } from '../../../src/postgres/connect-errors.ts';

function ofServer(code: string, message: string): Error {
  return Object.assign(new Error(message), { severity: 'FATAL', code });
}

function ofSystem(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const failures: Readonly<Record<string, FailedLogin>> = {
  refused: { failure: ofSystem('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:5432'), stage: 'connecting' },
  late: { failure: new Error('timeout expired'), stage: 'timed out' },
  starting: { failure: ofServer('57P03', 'the database system is starting up'), stage: 'authenticating' },
  hungUp: { failure: new Error('Connection terminated unexpectedly'), stage: 'authenticating' },
  reset: { failure: ofSystem('ECONNRESET', 'read ECONNRESET'), stage: 'securing' },
  wrongPassword: { failure: ofServer('28P01', 'password authentication failed'), stage: 'authenticating' },
  noLine: { failure: ofServer('28000', 'no pg_hba.conf entry'), stage: 'authenticating' },
  full: { failure: ofServer('53300', 'too many clients already'), stage: 'authenticating' },
  noTls: { failure: new Error('The server does not support SSL connections'), stage: 'securing' },
  certificate: { failure: ofSystem('CERT_HAS_EXPIRED', 'certificate has expired'), stage: 'securing' },
  alert: { failure: ofSystem('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'unknown ca'), stage: 'authenticating' },
  forged: {
    failure: new Error('SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match'),
    stage: 'authenticating',
  },
  own: { failure: new WalguardError('TARGET_TLS', 'the file is away', { hint: 'Bring it.' }), stage: 'securing' },
};

describe('a failed login', () => {
  it('leads to the next server only where there is none here', () => {
    const names = Object.keys(failures).filter((name) =>
      isNoServer(failures[name] ?? { failure: '', stage: 'securing' }),
    );
    expect(names).toEqual(['refused', 'late', 'starting', 'hungUp', 'reset']);
  });

  it('is tried in another way only where the server refused this one', () => {
    const ofPooler = (says: string): FailedLogin => ({ failure: ofServer('08P01', says), stage: 'authenticating' });
    const tried = {
      ...failures,
      poolerWantsTls: ofPooler('SSL required'),
      poolerFull: ofPooler('no such database: x'),
    };
    const names = Object.entries(tried).flatMap(([name, failure]) => (isRefusedWay(failure) ? [name] : []));
    expect(names).toEqual(['noLine', 'poolerWantsTls']);
  });

  it('is told with what happened to what, and the cure', () => {
    const told = Object.values(failures).map((failure) => renderError(fromFailedLogin(failure, 'db:5432', {})));
    expect(told.join('\n')).toMatchInlineSnapshot(`
      "TARGET_UNREACHABLE: no connection to db:5432: connect ECONNREFUSED 10.0.0.1:5432
        hint: Check that the server runs, listens on this address and port, and that no firewall is in between.
      TARGET_UNREACHABLE: no connection to db:5432: no answer within the time limit
        hint: Check that the server runs, listens on this address and port, and that no firewall is in between.
      TARGET_STARTING: PostgreSQL says: the database system is starting up (SQLSTATE 57P03)
        hint: Wait until the server accepts connections.
      TARGET_UNREACHABLE: no connection to db:5432: Connection terminated unexpectedly
        hint: Check that the server runs, listens on this address and port, and that no firewall is in between.
      TARGET_UNREACHABLE: no connection to db:5432: read ECONNRESET
        hint: Check that the server runs, listens on this address and port, and that no firewall is in between.
      TARGET_AUTHENTICATION: PostgreSQL says: password authentication failed (SQLSTATE 28P01)
        hint: Check user and password; ALTER ROLE walguard PASSWORD '...' sets a new one.
      TARGET_AUTHENTICATION: PostgreSQL says: no pg_hba.conf entry (SQLSTATE 28000)
        hint: Check the user, and add a line for it and this host to pg_hba.conf.
      TARGET_TOO_MANY_CONNECTIONS: PostgreSQL says: too many clients already (SQLSTATE 53300)
        hint: Raise max_connections or the role's CONNECTION LIMIT; walguard holds 2, and makes do with 1.
      TARGET_TLS: the server db:5432 has TLS switched off
        hint: Set ssl = on on the server, or sslmode=disable in the connection string.
      TARGET_TLS: TLS with db:5432 failed: certificate has expired
        hint: Check sslmode and sslrootcert of the connection string against the certificate of the server.
      TARGET_TLS: TLS with db:5432 failed: unknown ca
        hint: Check sslmode and sslrootcert of the connection string against the certificate of the server.
      TARGET_AUTHENTICATION: the login at db:5432 failed: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match
        hint: Check the password, and what answers at this address.
      TARGET_TLS: the file is away (db:5432)
        hint: Bring it."
    `);
  });
});
