import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inVersionRange, isVersionRange, rangesMeet } from '../../../../src/collectors/sql/version.ts';

describe('a version range', () => {
  it.each(['>=14', '>=13.2 <17', '<17', '=15', '15', '14 - 16', '13 || >=16', '*', '^14', '~15.2', '>=17.0.0'])(
    'may be %s',
    (range) => {
      expect(isVersionRange(range)).toBe(true);
    },
  );

  it.each(['bla', '>= fourteen', '>=14 and <17', '14..16', '!', '!bla', '! >=14', '!14!', '>=14 !*', '14;15'])(
    'may not be %j',
    (range) => {
      expect(isVersionRange(range)).toBe(false);
    },
  );

  it.each([
    [130_000, '>=13', true],
    [129_999, '>=13', false],
    [170_002, '>=17', true],
    [170_002, '>=17.0.0', true],
    [170_002, '>=17.2', true],
    [170_002, '>17.2', false],
    [170_010, '>=17.9', true],
    [170_010, '<17.2', false],
    [160_004, '<17', true],
    [170_000, '<17', false],
    [150_003, '15', true],
    [150_003, '=15.3', true],
    [150_003, '=15.4', false],
    [140_000, '>=13.2 <17', true],
    [130_001, '>=13.2 <17', false],
    [150_000, '13 || >=16', false],
    [190_000, '*', true],
    // As blang/semver has them, which postgres_exporter says it takes.
    [150_000, '>=14.0.0 <16.0.0 || >17.0.0 !18.2.0', true],
    [180_001, '>=14.0.0 <16.0.0 || >17.0.0 !18.2.0', true],
    [180_002, '>=14.0.0 <16.0.0 || >17.0.0 !18.2.0', false],
    [160_004, '>=14.0.0 <16.0.0 || >17.0.0 !18.2.0', false],
    [170_000, '>=14.0.0 <16.0.0 || >17.0.0 !18.2.0', false],
    [140_000, '!9.1', true],
    [140_000, '!14', false],
    [140_009, '!=14', false],
    [150_000, '!=14', true],
    [130_009, '!14', true],
    [150_003, '!15.3', false],
    [150_004, '!15.3.0', true],
    [150_003, '>=14 !15.3 !16', false],
    [150_002, '>=14 !16 !15.3', true],
    [160_000, '>=14 !15.3 !16', false],
    [170_000, '>=14 !16 !15.3', true],
    [130_000, '>=14 !16 !15.3', false],
    [150_000, '!14 !14.2 !14', true],
    [140_002, '!14 !14.2 !14', false],
    [140_005, '!14 !14.2 !14', false],
    [140_005, '!14.2 !14', false],
    [150_000, '!14.2 !14', true],
    [150_000, '==15.0.0', true],
    [150_003, '15.x', true],
    [160_000, '>15.x', true],
    [150_003, '>15.x', false],
    [150_003, '!15.x', false],
    [150_003, '!=15.X.x', false],
    [150_003, '15.*', true],
    // As Masterminds/semver has them, which CloudNativePG takes.
    [160_004, '>=14, <17', true],
    [170_000, '>=14, <17', false],
    [160_004, '>= 14,<17', true],
    [140_000, '=>14, =<16', true],
    [160_009, '=>14, =<16', true],
    [170_000, '=>14, =<16', false],
    [140_009, '~14', true],
    [150_000, '~14', false],
    [140_003, '~14.3', true],
    [140_004, '~14.3', false],
    [140_009, '^14.3', true],
    [140_002, '^14.3', false],
    [140_009, '14.x', true],
    [150_000, '14.x', false],
    [140_000, '14 - 16', true],
    [160_009, '14 - 16', true],
    [170_000, '14 - 16', false],
    [150_000, '>=13, !=15, <17', false],
    [160_000, '>=13, !=15, <17', true],
    [160_000, '<14 || >=15, !=16.x', false],
    [170_000, '<14 || >=15, !=16.x', true],
  ])('takes server_version_num %i and %s for %s', (version, range, expected) => {
    expect(inVersionRange(version, range)).toBe(expected);
  });

  it('orders servers as server_version_num does', () => {
    const anyVersion = fc.record({ major: fc.integer({ min: 10, max: 30 }), minor: fc.integer({ min: 0, max: 99 }) });
    fc.assert(
      fc.property(anyVersion, anyVersion, (one, other) => {
        const server = one.major * 10_000 + one.minor;
        const bound = other.major * 10_000 + other.minor;
        expect(inVersionRange(server, `>=${other.major}.${other.minor}`)).toBe(server >= bound);
        expect(inVersionRange(server, `<${other.major}.${other.minor}`)).toBe(server < bound);
      }),
    );
  });
});

describe('two version ranges', () => {
  it.each([
    ['<17', '>=17', false],
    ['<17', '>=16.5', true],
    ['>=14 <14.5', '>=14.3', true],
    ['>=14 <14.3', '>=14.3', false],
    ['13', '14', false],
    ['!14', '14', false],
    ['!14', '>=14', true],
    ['!14.2', '14', true],
    ['>=14, <15', '!=14', false],
    [undefined, '>=17', true],
    ['<17', undefined, true],
    [undefined, undefined, true],
  ])('%s and %s meet: %s', (one, other, expected) => {
    expect(rangesMeet(one, other)).toBe(expected);
    expect(rangesMeet(other, one)).toBe(expected);
  });
});
