import { describe, expect, it } from 'vitest';
import { targetName } from '../../../src/postgres/connection-options.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';

describe('the name of a target', () => {
  it.each([
    ['db.example.org', 'db.example.org:5433'],
    ['10.0.0.1', '10.0.0.1:5433'],
    ['2001:db8::1', '[2001:db8::1]:5433'],
    ['/var/run/postgresql', '/var/run/postgresql:5433'],
    ['/odd:folder', '/odd:folder:5433'],
  ])('at %s is %s, without user and password', (host, expected) => {
    const options = resolveConnection({ host, port: '5433', user: 'walguard', password: 'secret' }, {});
    expect(targetName(options)).toBe(expected);
  });
});
