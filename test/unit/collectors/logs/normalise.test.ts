import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { normaliseMessage, normaliseStatement } from '../../../../src/collectors/logs/report/normalise.ts';

describe('a statement without its values', () => {
  it.each([
    ["SELECT  *\nFROM t WHERE a = 'it''s' AND b = -1.5e3", 'select * from t where a = ? and b = ?'],
    ['SELECT id FROM t WHERE id IN (1, 2, 3) -- a remark', 'select id from t where id in (...)'],
    ["INSERT INTO t VALUES (1, 'a'), (2, 'b')", 'insert into t values (...)'],
    ['SELECT "Mixed" FROM t /* secret */ WHERE x = $1', 'select "Mixed" from t where x = ?'],
    ["SELECT $$a secret$$, E'\\'secret', X'01', B'01'", 'select ?, ?, ?, ?'],
  ])('%s', (statement, normalised) => {
    expect(normaliseStatement(statement)).toBe(normalised);
  });

  it('never shows what stands in quotes', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const quoted = `'planted${value.replaceAll("'", "''").replaceAll('\\', '')}'`;
        expect(normaliseStatement(`UPDATE t SET a = ${quoted} WHERE b = 7`)).toBe('update t set a = ? where b = ?');
      }),
    );
  });
});

describe('a message without what differs', () => {
  it.each([
    ['relation "orders" does not exist at character 15', 'relation "..." does not exist'],
    [
      'process 12 still waiting for ShareLock on transaction 9972 after 1000.200 ms',
      'process # still waiting for ShareLock on transaction # after # ms',
    ],
  ])('%s', (message, normalised) => {
    expect(normaliseMessage(message)).toBe(normalised);
  });
});
