import { describe, expect, test } from 'vitest';
import { parseExposition } from '../../support/exposition.ts';

describe('text format', () => {
  test('reads families with their metadata and samples', () => {
    const families = parseExposition(
      String.raw`# HELP a_total Counts \\ things\nof two lines.
# TYPE a_total counter
a_total{b="x \"y\" \\ \n",c=""} 12345678901234567890
a_total{} 1e3 1700000000000
# a comment

# TYPE h histogram
h_bucket{le="1"} 0
h_bucket{le="+Inf"} 2
h_sum 3.5
h_count 2
bare -Inf
`,
      'text',
    );
    expect([...families.keys()]).toEqual(['a_total', 'h', 'bare']);
    expect(families.get('a_total')).toEqual({
      name: 'a_total',
      type: 'counter',
      help: 'Counts \\ things\nof two lines.',
      samples: [
        {
          name: 'a_total',
          labels: { b: 'x "y" \\ \n', c: '' },
          value: 12345678901234567000,
          rawValue: '12345678901234567890',
        },
        { name: 'a_total', labels: {}, value: 1000, rawValue: '1e3' },
      ],
    });
    expect(families.get('h')?.samples).toHaveLength(4);
    expect(families.get('bare')).toMatchObject({ type: 'unknown', help: undefined, samples: [{ value: -Infinity }] });
  });

  test.each([
    ['no last newline', 'a 1', 'does not end in a newline'],
    ['no value', 'a\n', 'Expected a space'],
    ['a value that is none', 'a one\n', 'Expected a value'],
    ['more after the value', 'a 1 2 3\n', 'after the value'],
    ['a bad name', '1a 2\n', 'Expected a name'],
    ['a label without quotes', 'a{b=c} 1\n', 'after the label b'],
    ['a label twice', 'a{b="1",b="2"} 1\n', 'comes twice'],
    ['labels without comma', 'a{b="1"c="2"} 1\n', 'Expected , or }'],
    ['an unknown escape', String.raw`a{b="\t"} 1` + '\n', 'is no escape'],
    ['a series twice', 'a{b="1",c="2"} 1\na{c="2",b="1"} 2\n', 'has been before'],
    ['families that interleave', '# TYPE a gauge\na 1\nb 1\na{x="1"} 1\n', 'stand together'],
    ['metadata after samples', 'a 1\n# TYPE a gauge\n', 'comes after its samples'],
    ['a second TYPE', '# TYPE a gauge\n# TYPE a gauge\n', 'twice'],
    ['an unknown type', '# TYPE a info\n', 'is no type'],
    ['a histogram with a bare sample', '# TYPE h histogram\nh 1\n', 'has no sample named h'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parseExposition(text, 'text')).toThrow(message);
  });

  test('names the line', () => {
    expect(() => parseExposition('a 1\nb x\n', 'text')).toThrow('Line 2');
  });
});

describe('OpenMetrics', () => {
  test('reads counters by their family name, and exemplars', () => {
    const families = parseExposition(
      '# TYPE a counter\n# UNIT a seconds\na_total 1 # {trace="x"} 1 1.5\na_created 2\n# TYPE i info\ni_info{v="1"} 1\n# EOF\n',
      'openmetrics',
    );
    expect(families.get('a')?.samples.map(({ name, value }) => [name, value])).toEqual([
      ['a_total', 1],
      ['a_created', 2],
    ]);
    expect(families.get('i')?.type).toBe('info');
  });

  test.each([
    ['no # EOF', 'a 1\n', '# EOF'],
    ['anything after # EOF', '# EOF\na 1\n', '# EOF'],
    ['an empty line', 'a 1\n\n# EOF\n', 'no empty lines'],
    ['a comment', '# hello\n# EOF\n', 'no comment'],
    ['a counter without _total', '# TYPE a counter\na 1\n# EOF\n', 'has no sample named a'],
    ['untyped', '# TYPE a untyped\na 1\n# EOF\n', 'is no type'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parseExposition(text, 'openmetrics')).toThrow(message);
  });
});
