import { describe, expect, it } from 'vitest';

import {
  addedValues,
  argumentList,
  commandName,
  type Launch,
  programEnvironment,
} from '../../../src/process/launch.ts';

const launch = (...prefix: readonly string[]): Launch => ({ prefix, environment: {}, timeoutMs: 1000 });

describe('the environment of a program', () => {
  it('has nothing of walguard but where programs and the home are', () => {
    const own = {
      PATH: '/bin',
      HOME: '/var/lib/walguard',
      DATA_SOURCE_NAME: 'postgres://u:hunter2@h/',
      PGPASSWORD: 'hunter2',
      PGBACKREST_REPO1_CIPHER_PASS: 'hunter2',
      LC_ALL: 'de_DE.UTF-8',
    };

    const environment = programEnvironment(own, { PGBACKREST_CONFIG: '/etc/pb.conf' });

    expect(environment).toEqual({
      PATH: '/bin',
      HOME: '/var/lib/walguard',
      LANG: 'C',
      LC_ALL: 'C',
      PGBACKREST_CONFIG: '/etc/pb.conf',
    });
    expect(addedValues(environment)).toEqual(['/etc/pb.conf']);
  });

  it('finds the usual programs where walguard itself has no PATH', () => {
    expect(programEnvironment({}, {})['PATH']).toBe('/usr/local/bin:/usr/bin:/bin');
  });
});

describe('the argument list', () => {
  const hostile = ['pgbackrest', '--config=/etc/a b; touch x', "it's", '$(id)', 'line\nline', ''];

  it('is what it is, behind whatever stands in front', () => {
    expect(argumentList(launch(), hostile)).toEqual(hostile);
    expect(argumentList(launch('sudo', '-n', '-u', 'x'), hostile)).toEqual(['sudo', '-n', '-u', 'x', ...hostile]);
  });

  it('keeps ordinary words behind ssh as they are, for commands that an authorized key allows', () => {
    const words = ['pgbackrest', 'info', '--output=json', '--stanza=main', '--config=/etc/pgbackrest.conf'];
    expect(argumentList(launch('ssh', 'h'), words)).toEqual(['ssh', 'h', ...words]);
  });
});

it('a command is named without its arguments', () => {
  expect(commandName(launch('/usr/bin/ssh', 'h'), ['/opt/pgbackrest', '--repo1-cipher-pass=x', 'info'])).toBe(
    'pgbackrest info (through ssh)',
  );
});
