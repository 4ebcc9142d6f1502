import { describe, expect, it } from 'vitest';
import { WalguardError } from '../../../src/core/error.ts';
import { errorOffset } from '../../../src/postgres/error-offset.ts';

function errorAt(position: string): Error {
  const ofServer = Object.assign(new Error('column does not exist'), { position });
  const translated = new WalguardError('QUERY_FAILED', 'PostgreSQL says', { cause: ofServer });
  return new WalguardError('QUERY_NOT_ONE_STATEMENT', 'told anew', { cause: translated });
}

describe('the place of an error in a query', () => {
  const sql = "SELECT 'é😀', x";

  it('is counted in characters, as the server counts them', () => {
    expect(errorOffset(errorAt('14'), sql, false)).toBe(sql.indexOf('x'));
  });

  it('is counted in bytes where the server knows no characters', () => {
    expect(errorOffset(errorAt('18'), sql, true)).toBe(sql.indexOf('x'));
  });

  it('is the end of the query for an error at its end', () => {
    expect(errorOffset(errorAt('15'), sql, false)).toBe(sql.length);
  });

  it('is not known if the server does not say', () => {
    expect(errorOffset(new WalguardError('QUERY_FAILED', 'x'), sql, false)).toBeUndefined();
    expect(errorOffset(errorAt(''), sql, false)).toBeUndefined();
  });
});
