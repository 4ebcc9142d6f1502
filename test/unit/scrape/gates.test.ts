import { describe, expect, it } from 'vitest';
import type { Predicate, QueryStep } from '../../../src/core/collector.ts';
import { rowOf } from '../../../src/core/row.ts';
import { createAnswerReader, createGates } from '../../../src/scrape/gates.ts';
import { idleQuery } from '../support/collectors.ts';

const BOOL = 16;
const first: Predicate = { sql: 'SELECT a', ttlMs: 0, reason: 'predicate' };
const second: Predicate = { sql: 'SELECT b', ttlMs: 50, reason: 'schema' };
const step: QueryStep = { ...idleQuery, predicates: [first, second] };

describe('the gates of a query', () => {
  it('are open where there are none', () => {
    expect(createGates().next(idleQuery)).toBe('open');
  });

  it('are asked one after the other, until one says no', () => {
    const gates = createGates();
    gates.begin(0);
    expect(gates.next(step)).toBe(first);
    gates.learn(first, true);
    expect(gates.next(step)).toBe(second);
    gates.learn(second, false);
    expect(gates.next(step)).toBe('schema');
    gates.learn(second, true);
    expect(gates.next(step)).toBe('open');
    gates.learn(first, false);
    expect(gates.next(step)).toBe('predicate');
  });

  it('are asked again in the next scrape, or when their ttl is over', () => {
    const gates = createGates();
    gates.begin(100);
    gates.learn(first, true);
    gates.learn(second, true);
    gates.begin(149);
    expect(gates.next(step)).toBe(first);
    gates.learn(first, true);
    expect(gates.next(step)).toBe('open');
    gates.begin(150);
    gates.learn(first, true);
    expect(gates.next(step)).toBe(second);
    gates.clear();
    expect(gates.next(step)).toBe(first);
  });
});

describe('the answer of a predicate', () => {
  function read(rows: readonly (readonly (string | null)[])[], typeOids: readonly number[] = [BOOL]): boolean {
    const reader = createAnswerReader();
    reader.handler.columns(typeOids.map((typeOid, index) => ({ name: `c${index}`, typeOid })));
    for (const row of rows) reader.handler.row(rowOf(row));
    return reader.read();
  }

  it.each([
    [[['t']], true],
    [[['f']], false],
    [[[null]], false],
    [[], false],
  ])('%j is %s', (rows, expected) => {
    expect(read(rows)).toBe(expected);
  });

  it('is no answer if it is not one row of one boolean', () => {
    expect(() => read([['t'], ['t']])).toThrow('more than one row');
    expect(() => read([['1']], [23])).toThrow('one boolean column');
    expect(() => read([['t', 't']], [BOOL, BOOL])).toThrow('one boolean column');
    expect(() => read([], [])).toThrow('one boolean column');
  });
});
