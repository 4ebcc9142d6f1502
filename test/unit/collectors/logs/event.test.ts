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
