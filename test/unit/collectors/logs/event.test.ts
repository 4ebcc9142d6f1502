import { describe, expect, it } from 'vitest';

import { eventOf } from '../../../../src/collectors/logs/event.ts';
import type { LogRecord } from '../../../../src/core/log-record.ts';

function say(message: string, more: Partial<LogRecord> = {}): LogRecord {
  return {
    atMs: 0,
    severity: 'LOG',
    sqlstate: '00000',
    message,
    detail: undefined,
    hint: undefined,
    context: undefined,
    statement: undefined,
    datname: undefined,
    user: undefined,
    remoteHost: undefined,
    application: undefined,
    pid: 1,
    backendType: undefined,
    ...more,
  };
}

// Each line as servers of these majors wrote it when one of their processes was sent the signal.
describe('a process of the server that dies', () => {
  it.each([
    ['server process (PID 8840) was terminated by signal 9: Killed', 'sigkill'],
    ['client backend (PID 8949) was terminated by signal 9: Killed', 'sigkill'],
    ['background worker "parallel worker" (PID 20151) was terminated by signal 9: Killed', 'sigkill'],
    ['server process (PID 20426) exited with exit code 2', 'exit'],
    ['client backend (PID 21652) exited with exit code 2', 'exit'],
    ['checkpointer process (PID 20428) exited with exit code 2', 'exit'],
    ['startup process (PID 7) exited with exit code 1', 'exit'],
  ])('is a crash: %s', (message, cause) => {
    expect(eventOf(say(message))).toEqual({ kind: 'crash', cause });
  });

  it.each([
    'background worker "logical replication launcher" (PID 8964) exited with exit code 1',
    'archiver process (PID 8780) exited with exit code 2',
    'terminating any other active server processes',
  ])('is none: %s', (message) => {
    expect(eventOf(say(message))).toBeUndefined();
  });
});

describe('what a function raises', () => {
  it.each<readonly [string, string, Partial<LogRecord>]>([
    ['with the severity ERROR', 'temporary file: path "x", size 99', { severity: 'ERROR', sqlstate: 'P0001' }],
    ['with another code', 'temporary file: path "x", size 99', { sqlstate: 'P0001' }],
    [
      'as the context says',
      'temporary file: path "x", size 99',
      { context: 'PL/pgSQL function inline_code_block line 1 at RAISE' },
    ],
    ['in a session', 'server process (PID 7) was terminated by signal 9: Killed', { user: 'al' }],
    ['by its backend type', 'checkpoint starting: wal', { backendType: 'client backend' }],
    ['as a warning', 'archive command failed with exit code 1', { severity: 'WARNING', sqlstate: '01000' }],
    ['about logins', 'no pg_hba.conf entry for host "x"', { severity: 'ERROR', sqlstate: 'P0001' }],
    [
      'as a deadlock',
      'deadlock detected',
      { severity: 'ERROR', sqlstate: '40P01', context: 'PL/pgSQL function f() line 3 at RAISE\nSQL statement "x"' },
    ],
  ])('is not what the server says: %s', (_, message, more) => {
    expect(eventOf(say(message, more))).toBeUndefined();
  });

  it('does not hide what the server says while a function runs', () => {
    const context = 'SQL statement "SELECT 1"\nPL/pgSQL function f() line 3 at PERFORM';
    const record = say('temporary file: path "base/pgsql_tmp/pgsql_tmp7.0", size 1024', { user: 'al', context });
    expect(eventOf(record)).toEqual({ kind: 'temporary_file', bytes: 1_024 });
  });
});
