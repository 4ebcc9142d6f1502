import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../../src/core/error-codes.ts';
import { failReason, QUERY_FAIL_REASONS, TARGET_FAIL_REASONS } from '../../../src/core/reasons.ts';

/** What cannot come out of a scrape is a bug there: it belongs to the start of the program. */
const expectedReasons = {
  CONFIG_FILE_UNREADABLE: 'bug',
  CONFIG_YAML_SYNTAX: 'bug',
  CONFIG_UNKNOWN_KEY: 'bug',
  CONFIG_BAD_VALUE: 'bug',
  CONFIG_MISSING_KEY: 'bug',
  PACK_DUPLICATE_COLLECTOR: 'bug',
  PACK_DUPLICATE_FAMILY: 'bug',
  PACK_BAD_NAME: 'bug',
  USAGE_UNKNOWN_OPTION: 'bug',
  USAGE_BAD_VALUE: 'bug',
  TARGET_MISSING: 'bug',
  TARGET_BAD_DSN: 'bug',
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
  SOURCE_PROGRAM_MISSING: 'bug',
  SOURCE_PROGRAM_FAILED: 'bug',
  SOURCE_TIMEOUT: 'bug',
  SOURCE_NOT_FOUND: 'bug',
  SOURCE_UNREADABLE: 'bug',
  SOURCE_BAD_ANSWER: 'bug',
  S3_CREDENTIALS: 'bug',
  S3_FORBIDDEN: 'bug',
  S3_BUCKET_MISSING: 'bug',
  S3_WRONG_REGION: 'bug',
  S3_THROTTLED: 'bug',
  S3_TLS: 'bug',
  S3_UNREACHABLE: 'bug',
  S3_REFUSED: 'bug',
  BACKUP_INCOMPLETE: 'bug',
  BACKUP_DAMAGED: 'bug',
  DUMP_INVALID: 'bug',
  LISTEN_FAILED: 'bug',
  DRILL_AS_ROOT: 'bug',
  DRILL_BUSY: 'bug',
  DRILL_FOLDER: 'bug',
  DRILL_NO_SPACE: 'bug',
  DRILL_NO_POSTGRES: 'bug',
  DRILL_NO_BACKUP: 'bug',
  DRILL_OUTSIDE: 'bug',
  DRILL_NO_METHOD: 'bug',
  DRILL_RESTORE_FAILED: 'bug',
  DRILL_UNSAFE: 'bug',
  DRILL_START_FAILED: 'bug',
  DRILL_SERVER_ENDED: 'bug',
  DRILL_TIME_LIMIT: 'bug',
  DRILL_WAL_MISSING: 'bug',
  DRILL_WAL_DAMAGED: 'bug',
  DRILL_SUPPLY_FAILED: 'bug',
  DRILL_COPY_DAMAGED: 'bug',
  DRILL_TARGET_NOT_REACHED: 'bug',
  DRILL_TARGET_PASSED: 'bug',
  DRILL_PROMOTED: 'bug',
  DRILL_NO_ANSWER: 'bug',
  DRILL_CHECK_FAILED: 'bug',
  DRILL_INTERRUPTED: 'bug',
  LOG_UNREADABLE: 'bug',
  LOG_DAMAGED: 'bug',
  LOG_EMPTY: 'bug',
  LOG_NOT_UNDERSTOOD: 'bug',
  DRILL_REPORT: 'bug',
  STATUS_UNREACHABLE: 'bug',
  STATUS_BAD_ANSWER: 'bug',
  BUG: 'bug',
} as const satisfies Readonly<Record<ErrorCode, string>>;

const codes = Object.keys(ERROR_CODES) as readonly ErrorCode[];

describe('the reason of a failure', () => {
  it.each(codes)('was decided on for %s', (code) => {
    expect(failReason(code)).toBe(expectedReasons[code]);
  });

  it('is one of those whose counters start at 0', () => {
    const counted = new Set<string>([...QUERY_FAIL_REASONS, ...TARGET_FAIL_REASONS]);
    expect(codes.map(failReason).filter((reason) => !counted.has(reason))).toEqual([]);
  });

  it('comes from some error, for every reason there is', () => {
    const given = new Set<string>(codes.map(failReason));
    expect([...QUERY_FAIL_REASONS, ...TARGET_FAIL_REASONS].filter((reason) => !given.has(reason))).toEqual([]);
  });

  it('is in one of the two sets only', () => {
    const all = [...QUERY_FAIL_REASONS, ...TARGET_FAIL_REASONS];
    expect(new Set(all).size).toBe(all.length);
  });
});
