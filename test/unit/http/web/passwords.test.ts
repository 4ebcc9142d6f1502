import { describe, expect, it } from 'vitest';

import type { Comparison } from '../../../../src/http/web/comparisons.ts';
import { Passwords } from '../../../../src/http/web/passwords.ts';

const HASH = `$2y$07$${'a'.repeat(53)}`;
const users = new Map([['alice', HASH]]);

/** Takes one password to be right, and writes down what it was asked to compare. */
function recording(): { readonly passwords: Passwords; readonly compared: Comparison[] } {
  const compared: Comparison[] = [];
  const compare = (comparison: Comparison): Promise<boolean> => {
    compared.push(comparison);
    return Promise.resolve(comparison.password === 'right');
  };
  return { passwords: new Passwords({ compare, [Symbol.asyncDispose]: () => Promise.resolve() }), compared };
}

describe('what it costs to be refused', () => {
  it.each([
    ['a name that is known, with a wrong password', 'alice', 'wrong'],
    ['a name that is not known', 'mallory', 'wrong'],
    ['a name that is not known, with the password of another', 'mallory', 'right'],
    ['no name', '', ''],
    ['a name that every object has', '__proto__', 'wrong'],
    ['a very long password', 'alice', 'x'.repeat(10_000)],
  ])('is one comparison of the same cost for %s', async (_what, user, password) => {
    const { passwords, compared } = recording();
    expect(await passwords.check({ user, password }, users)).toBe(false);
    expect(compared.map(({ hash }) => [hash.slice(0, 7), hash.length])).toEqual([['$2y$07$', HASH.length]]);
  });

  it('is as much again for the same password after another hash was set, and nothing for one that was refused before', async () => {
    const { passwords, compared } = recording();
    for (const user of ['alice', 'mallory', 'alice', 'mallory']) await passwords.check({ user, password: 'x' }, users);
    expect(compared).toHaveLength(2);
    await passwords.check({ user: 'alice', password: 'x' }, new Map([['alice', HASH.replace('aaa', 'bbb')]]));
    expect(compared).toHaveLength(3);
  });

  it('lets in who is right, and nobody by the password of a name that is not known', async () => {
    const { passwords } = recording();
    expect(await passwords.check({ user: 'alice', password: 'right' }, users)).toBe(true);
    expect(await passwords.check({ user: 'bob', password: 'right' }, users)).toBe(false);
  });
});
