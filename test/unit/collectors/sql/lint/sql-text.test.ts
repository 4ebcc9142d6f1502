import { describe, expect, it } from 'vitest';
import { readSql } from '../../../../../src/collectors/sql/lint/sql-text.ts';

describe('reading a query', () => {
  it.each([
    ['one', 'SELECT 1', 1],
    ['one with its semicolon', 'SELECT 1;\n -- done\n', 1],
    ['one after empty ones', ';; SELECT 1;;', 1],
    ['two', 'SELECT 1; SELECT 2', 2],
    ['none', '-- SELECT 1\n/* ; */ ;', 0],
    ['a semicolon in a string', "SELECT ';', E'\\';', 'it''s;'", 1],
    ['a semicolon in a name', 'SELECT 1 AS "a;""b;"', 1],
    ['a semicolon in dollars', 'SELECT $$;$$, $a$ $$ ; $b$ $a$, $é$;$é$', 1],
    ['a semicolon in comments that nest', 'SELECT /* ; /* ; */ ; */ 1 -- ;', 1],
    ['a string that never ends', "SELECT 'a; b", 1],
    ['a comment that never ends', 'SELECT 1 /* ; ', 1],
    ['a name with a dollar', 'SELECT a$b; SELECT c$b', 2],
    ['a backslash in an ordinary string', "SELECT '\\'; SELECT 1", 2],
  ])('counts %s statement', (_what, sql, count) => {
    expect(readSql(sql).statements).toHaveLength(count);
  });

  it('knows where statements and parameters begin', () => {
    const sql = "SELECT '$1', $$ $1 $$, a$1, 5; -- x\n  SELECT $12";
    const { statements, parameters } = readSql(sql);
    expect(statements).toEqual([0, sql.lastIndexOf('SELECT')]);
    expect(parameters).toEqual([sql.indexOf('$12')]);
  });

  it('gives the same for queries that differ in layout and comments only', () => {
    const { canonical } = readSql("SELECT a, 'x  y' FROM b;");
    expect(readSql("-- why\nSELECT a,\n   'x  y' /* c */ FROM\tb ; ").canonical).toBe(canonical);
    expect(readSql("SELECT a, 'x y' FROM b").canonical).not.toBe(canonical);
    expect(readSql("SELECT a, 'x  y' FROM B").canonical).not.toBe(canonical);
  });
});
