import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHosts } from '../../../src/postgres/hosts.ts';

const anyPort = fc.integer({ min: 1, max: 65_535 });
const anyName = fc.stringMatching(/^[a-z][a-z0-9.-]{0,9}$/);

describe('the servers of a connection', () => {
  it.each([
    [undefined, undefined, undefined, [['localhost', undefined, 5432]]],
    ['', '', '', [['localhost', undefined, 5432]]],
    [
      'a,b',
      undefined,
      undefined,
      [
        ['a', undefined, 5432],
        ['b', undefined, 5432],
      ],
    ],
    [
      'a,b',
      undefined,
      '5433',
      [
        ['a', undefined, 5433],
        ['b', undefined, 5433],
      ],
    ],
    [
      'a,b',
      undefined,
      '1,2',
      [
        ['a', undefined, 1],
        ['b', undefined, 2],
      ],
    ],
    [
      'a,b',
      undefined,
      ',2',
      [
        ['a', undefined, 5432],
        ['b', undefined, 2],
      ],
    ],
    [
      ',b',
      undefined,
      undefined,
      [
        ['localhost', undefined, 5432],
        ['b', undefined, 5432],
      ],
    ],
    [
      '/run,b',
      undefined,
      undefined,
      [
        ['/run', undefined, 5432],
        ['b', undefined, 5432],
      ],
    ],
    [
      undefined,
      '10.0.0.1,::1',
      undefined,
      [
        ['10.0.0.1', '10.0.0.1', 5432],
        ['::1', '::1', 5432],
      ],
    ],
    [
      'a,b',
      '10.0.0.1,',
      undefined,
      [
        ['a', '10.0.0.1', 5432],
        ['b', undefined, 5432],
      ],
    ],
  ])('host %j, hostaddr %j and port %j name them', (names, addresses, ports, expected) => {
    const hosts = readHosts(names, addresses, ports).map(({ name, address, port }) => [name, address, port]);
    expect(hosts).toEqual(expected);
  });

  it.each(['db.example', '10.0.0.1,db', '[::1]', '/tmp', '10.0.0.1:5432'])(
    'are not named by the hostaddr %s',
    (addresses) => {
      expect(() => readHosts(undefined, addresses, undefined)).toThrow('is not an address');
    },
  );

  it('are as many as are listed, each with its port', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyName, anyPort), { minLength: 1 }), (places) => {
        const hosts = readHosts(places.map(([name]) => name).join(), undefined, places.map(([, port]) => port).join());
        expect(hosts.map(({ name, port }) => [name, port])).toEqual(places);
      }),
    );
  });
});
