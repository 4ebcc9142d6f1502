import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/core/family.ts';
import {
  encodeBound,
  encodeEnd,
  encodeHeader,
  encodeLabels,
  encodeNumber,
  encodeSample,
  type Format,
} from '../../../src/exposition/encode.ts';
import { anyText, textOf } from '../support/texts.ts';

const formats = ['text', 'openmetrics'] as const;
/** Texts full of what must be escaped. */
const nastyText = textOf('\\"\nna},= é');
const anyLabelName = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);

/** Reads what both formats write: `{a="x",b="y"}`, where only `\\`, `\"` and `\n` are escapes. */
function decodeLabels(text: string): readonly (readonly [string, string])[] {
  if (text === '') return [];
  const labels: (readonly [string, string])[] = [];
  const label = /([a-z0-9_]+)="((?:[^"\\\n]|\\[\\"n])*)"([,}])/y;
  label.lastIndex = 1;
  while (label.lastIndex < text.length) {
    const match = label.exec(text);
    if (match?.[1] === undefined || match[2] === undefined) throw new Error(`no labels: ${text}`);
    labels.push([match[1], unescape(match[2])]);
  }
  return labels;
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\\"n])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function family(changes: Partial<Family>): Family {
  return { name: 'pg_x', type: 'gauge', help: 'Help.', labelNames: [], ...changes };
}

describe('encoding labels', () => {
  it('writes nothing without labels', () => {
    expect(encodeLabels([], [])).toBe('');
  });

  it('keeps the order it was given', () => {
    expect(encodeLabels(['b', 'a'], ['1', '2'])).toBe('{b="1",a="2"}');
  });

  it('escapes backslash, quote and line feed and nothing else', () => {
    expect(encodeLabels(['a'], ['\\ " \n \t } , = é'])).toBe('{a="\\\\ \\" \\n \t } , = é"}');
  });

  it('writes an empty value for a label that has none', () => {
    expect(encodeLabels(['a', 'b'], ['1'])).toBe('{a="1",b=""}');
  });

  it('can be read back, whatever the values are', () => {
    const anyLabels = fc.uniqueArray(fc.tuple(anyLabelName, fc.oneof(anyText, nastyText)), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(anyLabels, (labels) => {
        const text = encodeLabels(
          labels.map(([name]) => name),
          labels.map(([, value]) => value),
        );
        expect(text).not.toContain('\n');
        expect(decodeLabels(text)).toEqual(labels);
      }),
    );
  });
});

describe('encoding a number', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [2 ** 53, '9007199254740992'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('writes %d as %s', (value, expected) => {
    expect(encodeNumber(value)).toBe(expected);
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(encodeNumber(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe('encoding the bound of a bucket', () => {
  // As Go and Python write them, so that the same bound is the same series whoever exposes it.
  it.each([
    [0, '0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [10, '10.0'],
    [2.5, '2.5'],
    [0.005, '0.005'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.000025, '2.5e-05'],
    [100_000, '100000.0'],
    [123_456.5, '123456.5'],
    [1_000_000, '1e+06'],
    [2_500_000, '2.5e+06'],
    [1_073_741_824, '1.073741824e+09'],
    [1e100, '1e+100'],
    [Number.POSITIVE_INFINITY, '+Inf'],
  ])('writes %d as %s', (bound, expected) => {
    expect(encodeBound(bound)).toBe(expected);
  });

  it('loses nothing and shows that it is no integer', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (bound) => {
        const text = encodeBound(bound);
        expect(Number(text)).toBe(bound === 0 ? 0 : bound);
        expect(text).toMatch(/[.e]/);
      }),
    );
  });
});

describe('encoding a sample', () => {
  const labels = encodeLabels(['datname'], ['postgres']);

  it.each([
    ['a number', 0.5, 'pg_x{datname="postgres"} 0.5\n'],
    ['a number that is not finite', Number.POSITIVE_INFINITY, 'pg_x{datname="postgres"} +Inf\n'],
    ['a bigint with all its digits', 2n ** 64n - 1n, 'pg_x{datname="postgres"} 18446744073709551615\n'],
    ['a text as it is', '12.30', 'pg_x{datname="postgres"} 12.30\n'],
  ])('writes %s', (_what, value, expected) => {
    expect(encodeSample('pg_x', labels, value)).toBe(expected);
  });

  it('writes no braces without labels', () => {
    expect(encodeSample('pg_up', encodeLabels([], []), 1)).toBe('pg_up 1\n');
  });
});

describe('encoding the header of a family', () => {
  it.each<readonly [Partial<Family>, Format, string]>([
    [{ name: 'pg_up', type: 'gauge' }, 'text', '# HELP pg_up Help.\n# TYPE pg_up gauge\n'],
    [{ name: 'pg_up', type: 'gauge' }, 'openmetrics', '# HELP pg_up Help.\n# TYPE pg_up gauge\n'],
    [{ name: 'pg_x_total', type: 'counter' }, 'text', '# HELP pg_x_total Help.\n# TYPE pg_x_total counter\n'],
    [{ name: 'pg_x_total', type: 'counter' }, 'openmetrics', '# HELP pg_x Help.\n# TYPE pg_x counter\n'],
    [{ name: 'pg_commits', type: 'counter' }, 'text', '# HELP pg_commits Help.\n# TYPE pg_commits counter\n'],
    [{ name: 'pg_commits', type: 'counter' }, 'openmetrics', '# HELP pg_commits Help.\n# TYPE pg_commits unknown\n'],
    [{ name: 'pg_server_info', type: 'info' }, 'text', '# HELP pg_server_info Help.\n# TYPE pg_server_info gauge\n'],
    [{ name: 'pg_server_info', type: 'info' }, 'openmetrics', '# HELP pg_server Help.\n# TYPE pg_server info\n'],
    [{ name: 'pg_odd', type: 'unknown' }, 'text', '# HELP pg_odd Help.\n# TYPE pg_odd untyped\n'],
    [{ name: 'pg_odd', type: 'unknown' }, 'openmetrics', '# HELP pg_odd Help.\n# TYPE pg_odd unknown\n'],
    [{ name: 'pg_t_seconds', type: 'histogram' }, 'text', '# HELP pg_t_seconds Help.\n# TYPE pg_t_seconds histogram\n'],
    [
      { name: 'pg_t_seconds', type: 'histogram' },
      'openmetrics',
      '# HELP pg_t_seconds Help.\n# TYPE pg_t_seconds histogram\n',
    ],
    [{ name: 'pg_odd_total', type: 'gauge' }, 'openmetrics', '# HELP pg_odd_total Help.\n# TYPE pg_odd_total gauge\n'],
  ])('of %o in %s', (changes, format, expected) => {
    expect(encodeHeader(family(changes), format)).toBe(expected);
  });

  it('leaves a quote in the help of the text format alone and escapes it in OpenMetrics', () => {
    const quoted = family({ help: 'Say "x" \\ y\nz.' });
    expect(encodeHeader(quoted, 'text')).toBe(String.raw`# HELP pg_x Say "x" \\ y\nz.` + '\n# TYPE pg_x gauge\n');
    expect(encodeHeader(quoted, 'openmetrics')).toBe(
      String.raw`# HELP pg_x Say \"x\" \\ y\nz.` + '\n# TYPE pg_x gauge\n',
    );
  });

  it.each(formats)('writes a help that can be read back in %s', (format) => {
    fc.assert(
      fc.property(fc.oneof(anyText, nastyText), (help) => {
        const lines = encodeHeader(family({ help }), format).split('\n');
        expect(lines).toHaveLength(3);
        const written = lines[0]?.slice('# HELP pg_x '.length) ?? '';
        if (format === 'openmetrics') expect(written).not.toMatch(/(?<!\\)(?:\\\\)*"/);
        expect(unescape(written)).toBe(help);
      }),
    );
  });
});

describe('the end of a page', () => {
  it('is marked in OpenMetrics only', () => {
    expect(encodeEnd('openmetrics')).toBe('# EOF\n');
    expect(encodeEnd('text')).toBe('');
  });
});
