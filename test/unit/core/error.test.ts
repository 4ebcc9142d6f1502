import { describe, expect, it } from 'vitest';
import { asWalguardError, renderError, WalguardError, WalguardErrors } from '../../../src/core/error.ts';

describe('an error as lines to read', () => {
  it('has the place, the code, the message and the cure', () => {
    const error = new WalguardError('CONFIG_UNKNOWN_KEY', 'the key "querry" is not known', {
      where: { file: 'queries.yaml', line: 12, column: 3 },
      hint: 'Did you mean "query"?',
    });
    expect(renderError(error)).toMatchInlineSnapshot(`
      "queries.yaml:12:3: CONFIG_UNKNOWN_KEY: the key "querry" is not known
        hint: Did you mean "query"?"
    `);
  });

  it('has no second line without a cure', () => {
    const error = new WalguardError('CONFIG_FILE_UNREADABLE', 'x.yml cannot be read', { where: { file: 'x.yml' } });
    expect(renderError(error)).toMatchInlineSnapshot(`"x.yml: CONFIG_FILE_UNREADABLE: x.yml cannot be read"`);
  });

  it('starts with the code where no file is concerned', () => {
    const error = new WalguardError('USAGE_BAD_VALUE', '--log.level is "loud"', { where: { target: 'db:5432' } });
    expect(renderError(error)).toMatchInlineSnapshot(`"USAGE_BAD_VALUE: --log.level is "loud""`);
  });
});

describe('an error of walguard', () => {
  it('keeps what caused it', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new WalguardError('TARGET_UNREACHABLE', 'no connection', { cause }).cause).toBe(cause);
  });

  it('has no cause of its own where none was given', () => {
    expect(Object.hasOwn(new WalguardError('BUG', 'x'), 'cause')).toBe(false);
  });

  it('has a place without parts where none was given', () => {
    expect(new WalguardError('BUG', 'x').where).toEqual({});
  });

  it('is itself when it is turned into one', () => {
    const error = new WalguardError('QUERY_FAILED', 'x');
    expect(asWalguardError(error)).toBe(error);
  });

  it.each([
    ['an Error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'gone', 'gone'],
    ['nothing', undefined, 'undefined'],
  ])('is a BUG that keeps what was thrown for %s', (_what, thrown, message) => {
    const error = asWalguardError(thrown);
    expect(error).toMatchObject({ code: 'BUG', message });
    expect(error.cause).toBe(thrown);
    expect(error.hint).toContain('--log.level=debug');
  });
});

describe('several errors of one input', () => {
  const first = new WalguardError('CONFIG_BAD_VALUE', 'a is 1');
  const second = new WalguardError('CONFIG_MISSING_KEY', 'b is missing');

  it('keep their order and say all messages', () => {
    const errors = new WalguardErrors([first, second]);
    expect(errors.errors).toEqual([first, second]);
    expect(errors.message).toBe('a is 1\nb is missing');
  });

  it('do not change when the list they were made of does', () => {
    const list = [first];
    const errors = new WalguardErrors(list);
    list.push(second);
    expect(errors.errors).toEqual([first]);
  });
});
