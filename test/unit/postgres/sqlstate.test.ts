import { describe, expect, it } from 'vitest';
import { fromServerError, isServerError } from '../../../src/postgres/sqlstate.ts';

function serverError(code: string, message = 'something of the server'): Error & { readonly code: string } {
  return Object.assign(new Error(message), { code, severity: 'ERROR' });
}

describe('an error of the server', () => {
  // The conditions by their names in the manual, Appendix A.
  it.each([
    ['invalid_password', '28P01', 'TARGET_AUTHENTICATION', /password/],
    ['invalid_authorization_specification', '28000', 'TARGET_AUTHENTICATION', /pg_hba\.conf/],
    ['invalid_catalog_name', '3D000', 'TARGET_DATABASE_MISSING', /existing database/],
    ['too_many_connections', '53300', 'TARGET_TOO_MANY_CONNECTIONS', /max_connections/],
    ['cannot_connect_now', '57P03', 'TARGET_STARTING', /Wait/],
    ['admin_shutdown', '57P01', 'TARGET_CONNECTION_LOST', /stopped/],
    ['crash_shutdown', '57P02', 'TARGET_CONNECTION_LOST', /crashed/],
    ['idle_session_timeout', '57P05', 'TARGET_CONNECTION_LOST', /idle_session_timeout/],
    ['connection_failure', '08006', 'TARGET_CONNECTION_LOST', /pooler/],
    ['protocol_violation', '08P01', 'TARGET_CONNECTION_LOST', /pooler/],
    ['query_canceled', '57014', 'QUERY_TIMEOUT', /longer timeout/],
    ['lock_not_available', '55P03', 'QUERY_LOCK_TIMEOUT', /lock/],
    ['insufficient_privilege', '42501', 'QUERY_PERMISSION', /^GRANT pg_monitor TO .*pack of your own/],
    ['syntax_error', '42601', 'QUERY_FAILED', /SQL of the pack/],
    ['undefined_parameter', '42P02', 'QUERY_NOT_ONE_STATEMENT', /no parameters/],
    ['undefined_table', '42P01', 'QUERY_OBJECT_MISSING', /runonserver/],
    ['undefined_column', '42703', 'QUERY_OBJECT_MISSING', /column/],
    ['undefined_function', '42883', 'QUERY_OBJECT_MISSING', /function/],
    ['read_only_sql_transaction', '25006', 'QUERY_FAILED', /read only/],
    ['division_by_zero', '22012', 'QUERY_FAILED', /log of the server/],
    ['serialization_failure', '40001', 'QUERY_FAILED', /max_standby_streaming_delay/],
    ['disk_full', '53100', 'QUERY_FAILED', /^Free room on the disk/],
    ['out_of_memory', '53200', 'QUERY_FAILED', /^Free memory/],
    ['database_dropped', '57P04', 'TARGET_CONNECTION_LOST', /database/],
  ] as const)('%s (%s) is %s and has its cure', (_condition, sqlstate, code, hint) => {
    const error = fromServerError(serverError(sqlstate), {});
    expect(error.code).toBe(code);
    expect(error.hint).toMatch(hint);
  });

  it.each(['22P02', '23505'])('with a value of a table in its text (%s) is not repeated', (sqlstate) => {
    const { message } = fromServerError(serverError(sqlstate), {});
    expect(message).toContain(sqlstate);
    expect(message).not.toContain('something of the server');
  });

  // As PgBouncer 1.18 says it, all of it with 08P01.
  it.each([
    ['unsupported startup parameter: options', 'TARGET_PARAMETER_REFUSED', /PGOPTIONS/],
    ['no such database: nowhere', 'TARGET_DATABASE_MISSING', /\[databases\]/],
    ['SASL authentication failed', 'TARGET_AUTHENTICATION', /auth_query/],
    ['password authentication failed', 'TARGET_AUTHENTICATION', /auth_query/],
    ['no such user', 'TARGET_AUTHENTICATION', /auth_query/],
    ['not allowed', 'TARGET_AUTHENTICATION', /stats_users/],
    ['admin access needed', 'QUERY_PERMISSION', /no admin of PgBouncer/],
    ["invalid command 'SHOW STATE', use SHOW HELP;", 'QUERY_OBJECT_MISSING', /min_version/],
    ['SSL required', 'TARGET_TLS', /sslmode=require/],
    ['no more connections allowed (max_client_conn)', 'TARGET_TOO_MANY_CONNECTIONS', /max_client_conn/],
    ['query_wait_timeout', 'TARGET_UNREACHABLE', /SHOW POOLS/],
    [
      'server login has been failing, try again later (server_login_retry)',
      'TARGET_UNREACHABLE',
      /got no connection to the server/,
    ],
    ['transaction blocks not allowed in statement pooling mode', 'TARGET_CONNECTION_LOST', /pool_mode = transaction/],
    ['server conn crashed?', 'TARGET_CONNECTION_LOST', /pooler/],
  ] as const)('of PgBouncer, "%s", is %s and has its cure', (message, code, hint) => {
    const error = fromServerError(serverError('08P01', message), {});
    expect(error.code).toBe(code);
    expect(error.message).toContain(`says: ${message} (SQLSTATE 08P01)`);
    expect(error.hint).toMatch(hint);
    expect(fromServerError(serverError('P0001', message), {}).code).toBe('QUERY_FAILED');
  });

  it('keeps what the server said, its SQLSTATE, the place and the cause', () => {
    const thrown = serverError('42P01');
    const error = fromServerError(thrown, { target: 'db:5432' });
    expect(error.message).toBe('PostgreSQL says: something of the server (SQLSTATE 42P01)');
    expect(error.where).toEqual({ target: 'db:5432' });
    expect(error.cause).toBe(thrown);
  });

  it('is told from those of the network and of the driver', () => {
    expect(isServerError(serverError('42P01'))).toBe(true);
    expect(isServerError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toBe(false);
    expect(isServerError(Object.assign(new Error('odd'), { severity: 'ERROR', code: 5 }))).toBe(false);
    expect(isServerError({ severity: 'ERROR', code: '42P01', message: 'no error' })).toBe(false);
    expect(isServerError(undefined)).toBe(false);
  });
});
