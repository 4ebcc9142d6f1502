import { describe, expect, it } from 'vitest';

import { checkCommand, readConsole } from '../../../src/postgres/console.ts';

describe('the console of PgBouncer', () => {
  it.each([
    ['1.18.0/bouncer', 11_800],
    ['1.24.1/bouncer', 12_401],
    ['1.8/bouncer', 10_800],
    ['1.27.0-rc1/bouncer', 12_700],
    ['2.0.13/bouncer', 20_013],
  ])('that reports %s is of version %i', (reported, version) => {
    expect(readConsole(new Map([['server_version', reported]]), 'stats')).toEqual({ version, user: 'stats' });
  });

  it.each(['18.1', '15.2 (Debian 15.2-1)', '1.18.0', ''])('is not what reports %j', (reported) => {
    expect(readConsole(new Map([['server_version', reported]]), 'stats')).toBeUndefined();
  });

  it.each(['SHOW POOLS', 'show stats_totals;', '  SHOW  LISTS ; '])('is sent %j', (command) => {
    expect(() => checkCommand(command)).not.toThrow();
  });

  it.each([
    'PAUSE',
    'SHOW POOLS; PAUSE',
    "SET x = 'SHOW POOLS'",
    'SHOWPOOLS',
    'SELECT 1',
    'SHOW',
    '/* */ SHOW POOLS',
    'SHUTDOWN -- SHOW POOLS',
  ])('is not sent %j', (command) => {
    expect(() => checkCommand(command)).toThrow('no SHOW command');
  });
});
