import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseExactJson } from '../../../src/core/exact-json.ts';

describe('JSON without loss', () => {
  it('keeps an integer past 2^53 as its text, and any other as the number it is', () => {
    const text =
      '{"system-id":7710864321451968091,"least":9007199254740992,"safe":9007199254740991,"neg":-7710864321451968091}';
    expect(parseExactJson(text)).toEqual({
      'system-id': '7710864321451968091',
      least: '9007199254740992',
      safe: 9_007_199_254_740_991,
      neg: '-7710864321451968091',
    });
  });

  it('changes nothing inside of strings, escaped quotes or not', () => {
    const text = String.raw`{"a":"id 7710864321451968091","b\"":"\"7710864321451968091","c":["\\",7710864321451968091]}`;
    expect(parseExactJson(text)).toEqual({
      a: 'id 7710864321451968091',
      'b"': '"7710864321451968091',
      c: ['\\', '7710864321451968091'],
    });
  });

  it('reads a string with bytes in it that are no JSON', () => {
    expect(parseExactJson('["a\u0001b\u001Fc"]')).toEqual(['a b c']);
  });

  it.each(['', '[', '{"a":1', '["a]', '[1,]', 'nonsense', '[7710864321451968091'])('refuses %j', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  it('agrees with JSON.parse on every document without such an integer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}/.test(text));
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads a string of many megabytes', () => {
    const long = 'x"\\'.repeat(2_000_000);
    expect(parseExactJson(JSON.stringify([long, 1]))).toEqual([long, 1]);
  });
});
