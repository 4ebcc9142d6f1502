import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlainNumber, numberReader } from '../../../../src/collectors/sql/values.ts';
import { textOf } from '../../support/texts.ts';

/** Object ids as in pg_type.dat. */
const oids = {
  bool: 16,
  int8: 20,
  text: 25,
  float8: 701,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
  pg_lsn: 3220,
} as const;

/** Microseconds as seconds with the fewest digits, as extract(epoch) gives them without its trailing zeros. */
function secondsText(microseconds: bigint): string {
  const size = microseconds < 0n ? -microseconds : microseconds;
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${microseconds < 0n ? '-' : ''}${size / 1_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

describe('a number', () => {
  const toNumber = numberReader(oids.numeric);

  it.each(['0', '-1', '12.30', '123456789012345678901234567890', '1e-07', '1e+300', '-0.5', '.5'])(
    'passes through as PostgreSQL wrote it: %s',
    (text) => {
      expect(toNumber(text)).toBe(text);
    },
  );

  it.each([
    ['NaN', 'NaN'],
    ['Infinity', '+Inf'],
    ['-Infinity', '-Inf'],
  ])('%s is written as %s', (text, expected) => {
    expect(toNumber(text)).toBe(expected);
  });

  it.each([`1${'0'.repeat(308)}`, '1.7976931348623157e308', '1e-400', `0.${'0'.repeat(400)}1`])(
    'passes through as long as a double can hold it: %s',
    (text) => {
      expect(toNumber(text)).toBe(text);
    },
  );

  it.each([`1${'0'.repeat(309)}`, `-${'9'.repeat(400)}.5`, '1e309', '-1.8e308'])(
    'is none if it is too large for one: %s',
    (text) => {
      expect(toNumber(text)).toBeUndefined();
    },
  );

  it.each(['', ' ', 'abc', '1 2', '$1.50', '1,5', '0x10', '12:00:00', '1\n', 'constructor', 'toString', '__proto__'])(
    '%j is none',
    (text) => {
      expect(toNumber(text)).toBeUndefined();
    },
  );

  it.each([oids.int8, oids.float8, oids.text])('may be of any other type (%i)', (oid) => {
    expect(numberReader(oid)('42')).toBe('42');
  });
});

describe('a boolean', () => {
  it('is 1 for true and 0 for false', () => {
    expect(['t', 'f'].map(numberReader(oids.bool))).toEqual(['1', '0']);
  });
});

describe('a WAL position', () => {
  it('is its bytes', () => {
    expect(numberReader(oids.pg_lsn)('16/B374D848')).toBe('97500059720');
    expect(numberReader(oids.pg_lsn)('FFFFFFFF/FFFFFFFF')).toBe('18446744073709551615');
  });

  it('is none if it is not one', () => {
    expect(numberReader(oids.pg_lsn)('16')).toBeUndefined();
  });
});

// Texts and extract(epoch FROM ...) of PostgreSQL 17.
describe('a moment', () => {
  const toNumber = numberReader(oids.timestamptz);

  it.each([
    ['1970-01-01 00:00:00+00', '0'],
    ['1969-12-31 23:59:59.5+00', '-0.5'],
    ['1969-12-31 23:59:58.75+00', '-1.25'],
    ['2024-02-29 12:34:56.789+00', '1709210096.789'],
    ['2024-01-01 00:00:00+00', '1704067200'],
    ['2024-01-01 00:00:00.1+00', '1704067200.1'],
    ['2038-01-19 03:14:08+00', '2147483648'],
    ['1900-02-28 23:59:59.000001+00', '-2203891200.999999'],
    ['1582-10-04 00:00:00+00', '-12220243200'],
    ['0099-12-31 00:00:00+00', '-59011545600'],
    ['0001-01-01 00:00:00+00', '-62135596800'],
    ['0001-12-31 00:00:00+00 BC', '-62135683200'],
    ['0044-03-15 12:00:00+00 BC', '-63517780800'],
    ['4713-11-24 00:00:00+00 BC', '-210835180800'],
    ['9999-12-31 23:59:59.999999+00', '253402300799.999999'],
    ['10000-01-01 00:00:00+00', '253402300800'],
    ['275760-09-13 00:00:00+00', '8640000000000'],
    ['infinity', '+Inf'],
    ['-infinity', '-Inf'],
  ])('%s is %s', (text, expected) => {
    expect(toNumber(text)).toBe(expected);
  });

  it('may be without a time zone, or a day', () => {
    expect(numberReader(oids.timestamp)('2024-02-29 12:34:56.789')).toBe('1709210096.789');
    expect(numberReader(oids.date)('2024-02-29')).toBe('1709164800');
    expect(numberReader(oids.date)('0044-03-15 BC')).toBe('-63517824000');
  });

  it.each(['', 'now', '2024-01-01T00:00:00Z', '2024-01-01 00:00:00+02', '01/02/2024', '294276-12-31 23:59:59+00'])(
    '%j is none that can be read',
    (text) => {
      expect(toNumber(text)).toBeUndefined();
    },
  );

  it('is exact to the microsecond', () => {
    const anyMoment = fc.record({
      milliseconds: fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59Z'),
        noInvalidDate: true,
      }),
      micros: fc.integer({ min: 0, max: 999_999 }),
    });
    fc.assert(
      fc.property(anyMoment, ({ milliseconds, micros }) => {
        const date = new Date(Math.floor(milliseconds.getTime() / 1_000) * 1_000);
        const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
        const text = `${date.toISOString().slice(0, 19).replace('T', ' ')}${fraction}+00`;
        expect(toNumber(text)).toBe(secondsText(BigInt(date.getTime()) * 1_000n + BigInt(micros)));
      }),
    );
  });
});

// Texts in the style postgres and extract(epoch FROM ...) of PostgreSQL 17.
describe('an interval', () => {
  const toNumber = numberReader(oids.interval);

  it.each([
    ['00:00:00', '0'],
    ['00:00:01', '1'],
    ['-00:00:01', '-1'],
    ['00:00:00.5', '0.5'],
    ['-00:00:00.000001', '-0.000001'],
    ['00:01:00', '60'],
    ['59:59:59', '215999'],
    ['100:00:00', '360000'],
    ['838:59:59.999999', '3020399.999999'],
    ['1 day', '86400'],
    ['-1 days', '-86400'],
    ['1 day -01:00:00', '82800'],
    ['-1 days +02:03:00', '-79020'],
    ['1 mon', '2592000'],
    ['-1 mons +00:00:01', '-2591999'],
    ['1 year', '31557600'],
    ['1 year 2 mons', '36741600'],
    ['1 year -1 days', '31471200'],
    ['-10 mons +3 days', '-25660800'],
    ['-1 years -2 mons +3 days -04:05:06', '-36497106'],
    ['-1 years -2 mons -3 days -04:05:06.789', '-37015506.789'],
    ['1 year 2 mons 3 days 04:05:06.789', '37015506.789'],
    ['1 mon 1 day -00:00:00.5', '2678399.5'],
    ['1000 years', '31557600000'],
    ['2562047788:00:54.775807', '9223372036854.775807'],
    ['infinity', '+Inf'],
    ['-infinity', '-Inf'],
  ])('of %s is %s seconds', (text, expected) => {
    expect(toNumber(text)).toBe(expected);
  });

  it.each(['', 'P1D', '1 day 2', '@ 1 day', '1:2:3', '1 week', '1 day 00:00:00 1 mon'])(
    'of %j cannot be read',
    (text) => {
      expect(toNumber(text)).toBeUndefined();
    },
  );

  it('is the sum of its parts, whatever their signs are', () => {
    const anyPart = fc.integer({ min: -50, max: 50 });
    const anyInterval = fc.record({
      mons: fc.integer({ min: -600, max: 600 }),
      days: anyPart,
      micros: fc.integer({ min: -400_000_000_000, max: 400_000_000_000 }),
    });
    fc.assert(
      fc.property(anyInterval, ({ mons, days, micros }) => {
        const years = Math.trunc(mons / 12);
        const expected =
          BigInt(years) * 31_557_600_000_000n +
          BigInt(mons % 12) * 2_592_000_000_000n +
          BigInt(days) * 86_400_000_000n +
          BigInt(micros);
        expect(toNumber(formatInterval(years, mons % 12, days, micros))).toBe(secondsText(expected));
      }),
    );
  });
});

/** As EncodeInterval() writes the style postgres: after a negative part a positive one has its sign. */
function formatInterval(years: number, mons: number, days: number, micros: number): string {
  const written: string[] = [];
  let negativeBefore = false;
  for (const [value, unit] of [
    [years, 'year'],
    [mons, 'mon'],
    [days, 'day'],
  ] as const) {
    if (value === 0) continue;
    written.push(`${negativeBefore && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`);
    negativeBefore = value < 0;
  }
  if (micros === 0 && written.length > 0) return written.join(' ');
  const seconds = Math.floor(Math.abs(micros) / 1_000_000);
  const fraction = Math.abs(micros) % 1_000_000;
  const sign = micros < 0 ? '-' : negativeBefore ? '+' : '';
  const digits = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  const time = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${digits}`;
  return [...written, `${sign}${time}`].join(' ');
}

describe('a plain number among bytes', () => {
  function isPlain(text: string): boolean {
    const bytes = Buffer.from(`12${text}34`);
    return isPlainNumber(bytes, 2, bytes.length - 2);
  }

  it.each(['0', '-1', '12.30', '123456789012345678901234567890', '-0.5'])('is what is copied as it is: %s', (text) => {
    expect(isPlain(text)).toBe(true);
  });

  it.each([
    '',
    '-',
    '.',
    '-.',
    '1.',
    '.5',
    '1e5',
    '+1',
    '1 ',
    ' 1',
    '1.2.3',
    'NaN',
    'Infinity',
    '--1',
    '9'.repeat(400),
  ])('is not what has to be looked at: %j', (text) => {
    expect(isPlain(text)).toBe(false);
  });

  it('is never anything that a number is not', () => {
    const toNumber = numberReader(oids.numeric);
    fc.assert(
      fc.property(textOf('0123456789.-+eE'), (text) => {
        if (isPlain(text)) expect(toNumber(text)).toBe(text);
        else expect(toNumber(text) === undefined || !/^-?\d+(\.\d+)?$/.test(text)).toBe(true);
      }),
    );
  });
});
