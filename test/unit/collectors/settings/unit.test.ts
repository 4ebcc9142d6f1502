import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBaseUnit } from '../../../../src/collectors/settings/unit.ts';

describe('a setting in base units', () => {
  it.each([
    ['100', null, '100', ''],
    ['0.9', '', '0.9', ''],
    ['16384', '8kB', '134217728', '_bytes'],
    ['4096', 'kB', '4194304', '_bytes'],
    ['1024', 'MB', '1073741824', '_bytes'],
    ['2', 'GB', '2147483648', '_bytes'],
    ['1', 'TB', '1099511627776', '_bytes'],
    ['16777216', 'B', '16777216', '_bytes'],
    ['3', '16MB', '50331648', '_bytes'],
    ['300', 's', '300', '_seconds'],
    ['1000', 'ms', '1', '_seconds'],
    ['2', 'ms', '0.002', '_seconds'],
    ['0.1', 'ms', '0.0001', '_seconds'],
    ['7', 'us', '0.000007', '_seconds'],
    ['1440', 'min', '86400', '_seconds'],
    ['2', 'h', '7200', '_seconds'],
    ['3', 'd', '259200', '_seconds'],
    ['0', 'ms', '0', '_seconds'],
  ] as const)('%s of %s is %s%s', (setting, unit, value, suffix) => {
    const converted = toBaseUnit(setting, unit);
    expect(converted?.suffix).toBe(suffix);
    expect(Number(converted?.value)).toBe(Number(value));
  });

  it.each(['8kB', 'kB', 'MB', 'ms', 's', 'min', null])('is -1 for -1 of %s, which says off or automatic', (unit) => {
    expect(toBaseUnit('-1', unit)?.value).toBe('-1');
  });

  it.each(['parsec', 'KB', '8', 'bytes', 'mss'])('is not known for the unit %s', (unit) => {
    expect(toBaseUnit('1', unit)).toBeUndefined();
  });

  it('has no digits that only come from multiplying', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (milliseconds) => {
        const value = toBaseUnit(String(milliseconds), 'ms')?.value ?? '';
        expect(Number(value)).toBe(Number(`${milliseconds}e-3`));
      }),
    );
  });

  it('is exact for every size that an integer setting can have', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (blocks) => {
        const value = toBaseUnit(String(blocks), '8kB')?.value ?? '';
        expect(BigInt(value)).toBe(BigInt(blocks) * 8_192n);
      }),
    );
  });
});
