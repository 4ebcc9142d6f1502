import { describe, expect, it } from 'vitest';

import { compilePacks, takeCompiled } from '../../../src/app/compiled-packs.ts';
import { DEFAULT_PACKS, OPTIONAL_PACKS, readShipped } from '../../../src/app/shipped-packs.ts';
import { readPack } from '../../../src/collectors/sql/load-pack.ts';

const text = `pg_x:\n  query: SELECT 1 AS n\n  metrics: [{n: {usage: gauge}}]\n`;

describe('a compiled pack', () => {
  it.each([...DEFAULT_PACKS, ...OPTIONAL_PACKS])('says what its text says: %s', (file) => {
    const shipped = readShipped(file);
    const written = JSON.stringify(compilePacks(new Map([[file, shipped]])));
    const compiled = (JSON.parse(written) as ReturnType<typeof compilePacks>)[file];

    expect(takeCompiled(compiled, file, shipped).value).toEqual(readPack(file, shipped).value);
    expect(Object.keys(compiled?.value ?? {}).length).toBeGreaterThan(0);
  });

  it('is not taken for a text that was changed since', () => {
    const compiled = compilePacks(new Map([['x.yaml', text]]))['x.yaml'];
    const changed = text.replace('SELECT 1', 'SELECT 2');

    expect(takeCompiled(compiled, 'x.yaml', text).value).toHaveProperty('pg_x.query', 'SELECT 1 AS n');
    expect(takeCompiled(compiled, 'x.yaml', changed).value).toHaveProperty('pg_x.query', 'SELECT 2 AS n');
  });

  it('still knows the place of each of its parts', () => {
    const compiled = compilePacks(new Map([['x.yaml', text]]))['x.yaml'];

    expect(takeCompiled(compiled, 'x.yaml', text).where(['pg_x', 'metrics', 0, 'n'])).toEqual(
      readPack('x.yaml', text).where(['pg_x', 'metrics', 0, 'n']),
    );
  });
});
