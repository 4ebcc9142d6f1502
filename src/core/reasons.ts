import type { ErrorCode } from './error-codes.ts';

/** Why a collector was not run. A closed set: it becomes a label value. */
export const SKIP_REASONS = [
  'version',
  'role',
  'rights',
  'pgbouncer',
  'database',
  'user',
  'tag',
  'extension',
  'schema',
  'predicate',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** Why a collector's query failed. A closed set: it becomes a label value. */
export const QUERY_FAIL_REASONS = [
  'timeout',
  'lock_timeout',
  'deadline',
  'permission',
  'query_failed',
  'bad_result',
  'connection_lost',
  'bug',
] as const;

/** Why the server did not answer at all. A closed set: it becomes a label value. */
export const TARGET_FAIL_REASONS = [
  'unreachable',
  'starting',
  'authentication',
  'tls',
  'database_missing',
  'too_many_connections',
  'parameter_refused',
  'too_old',
  'wrong_role',
] as const;

export type FailReason = (typeof QUERY_FAIL_REASONS)[number] | (typeof TARGET_FAIL_REASONS)[number];

/** Why a sample was left out. A closed set: it becomes a label value. */
export const DROP_REASONS = ['duplicate', 'not_a_number', 'series_limit'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

const REASON_OF_CODE: Readonly<Partial<Record<ErrorCode, FailReason>>> = {
  TARGET_UNREACHABLE: 'unreachable',
  TARGET_STARTING: 'starting',
  TARGET_AUTHENTICATION: 'authentication',
  TARGET_TLS: 'tls',
  TARGET_DATABASE_MISSING: 'database_missing',
  TARGET_TOO_MANY_CONNECTIONS: 'too_many_connections',
  TARGET_PARAMETER_REFUSED: 'parameter_refused',
  TARGET_TOO_OLD: 'too_old',
  TARGET_WRONG_ROLE: 'wrong_role',
  TARGET_CONNECTION_LOST: 'connection_lost',
  QUERY_TIMEOUT: 'timeout',
  QUERY_LOCK_TIMEOUT: 'lock_timeout',
  QUERY_DEADLINE: 'deadline',
  QUERY_PERMISSION: 'permission',
  QUERY_OBJECT_MISSING: 'query_failed',
  QUERY_NOT_ONE_STATEMENT: 'query_failed',
  QUERY_FAILED: 'query_failed',
  QUERY_BAD_RESULT: 'bad_result',
};

/** The label value for an error code; what has none of its own is a bug. */
export function failReason(code: ErrorCode): FailReason {
  return REASON_OF_CODE[code] ?? 'bug';
}
