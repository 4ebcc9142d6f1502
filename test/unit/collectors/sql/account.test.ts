import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAccount } from '../../../../src/collectors/sql/account.ts';
import { createPlaces } from '../../../../src/collectors/sql/places.ts';

describe('the places of labels', () => {
  it('are those of a map of texts, whatever comes again', () => {
    const anyLabels = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ minLength: 100, maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(anyLabels, { maxLength: 400 }), (texts) => {
        const places = createPlaces();
        const known = new Map<string, number>();
        for (const text of texts) {
          const expected = known.get(text) ?? known.size;
          known.set(text, expected);
          expect(places.of(Buffer.from(text))).toBe(expected);
        }
      }),
    );
  });

  it('hold for more labels than there is room for at first', () => {
    const places = createPlaces();
    const all = Array.from({ length: 5_000 }, (_, index) => Buffer.from(`{relname="orders_${index}"}`));
    expect(all.map((labels) => places.of(labels))).toEqual(all.map((_, index) => index));
    expect(all.map((labels) => places.of(labels))).toEqual(all.map((_, index) => index));
  });

  it('tell labels of one hash apart', () => {
    const places = createPlaces();
    // FNV-1a of 32 bits is equal for these two.
    expect([places.of(Buffer.from('costarring')), places.of(Buffer.from('liquid'))]).toEqual([0, 1]);
  });
});

describe('the account of samples', () => {
  it('knows each metric of each place by itself', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.tuple(fc.nat(300), fc.nat(69)), { maxLength: 200 }),
        (metrics, pairs) => {
          const account = openAccount(metrics);
          const added = new Set<string>();
          for (const [place, metric] of pairs.map(([at, number]) => [at, number % metrics] as const)) {
            expect(account.has(place, metric)).toBe(added.has(`${place} ${metric}`));
            account.add(place, metric);
            added.add(`${place} ${metric}`);
          }
          for (const pair of added)
            expect(account.has(...(pair.split(' ').map(Number) as [number, number]))).toBe(true);
        },
      ),
    );
  });

  it('has as much memory after many scrapes as after one, in whichever order results end', () => {
    const orders = Array.from({ length: 17 }, (_, index) => `orders_${index}`);
    const large = Array.from({ length: 5_000 }, (_, index) => Buffer.from(`relname="customer_orders_${index}"`));
    let expected = 0;
    const scrape = (at: number): void => {
      const accounts = orders.map(() => openAccount(3));
      accounts.splice(at, 0, openAccount(12, expected));
      for (const place of large) accounts[at]?.add(accounts[at].place(place), 11);
      for (const [index, account] of accounts.entries()) {
        const places = account.close();
        if (index === at) expected = places;
      }
    };
    scrape(0);
    expect(expected).toBe(large.length);
    const before = process.memoryUsage().arrayBuffers;
    for (const at of orders.keys()) scrape(at);
    // Each account that grew would take half a megabyte.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(400_000);
  });

  it('knows nothing of the result before', () => {
    const before = openAccount(40);
    before.add(before.place(Buffer.from('a')), 39);
    before.close();
    const after = openAccount(3);
    expect([after.place(Buffer.from('b')), after.place(Buffer.from('a'))]).toEqual([0, 1]);
    expect([0, 1].flatMap((place) => [0, 1, 2].map((metric) => after.has(place, metric)))).not.toContain(true);
    after.close();
  });
});
