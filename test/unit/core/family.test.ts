import { describe, expect, it } from 'vitest';
import { LABEL_NAME, METRIC_NAME } from '../../../src/core/family.ts';

describe('the names of the exposition formats', () => {
  it.each(['pg_up', '_x', 'A9', '__name'])('%s can name a metric', (name) => {
    expect(METRIC_NAME.test(name)).toBe(true);
  });

  it.each(['', '9x', 'pg:up', 'a b', 'pg-up', 'größe', 'x\n'])('%j cannot name a metric', (name) => {
    expect(METRIC_NAME.test(name)).toBe(false);
  });

  it.each(['datname', '_x', 'A9', 'a__b'])('%s can name a label', (name) => {
    expect(LABEL_NAME.test(name)).toBe(true);
  });

  it.each(['', '9x', '__name__', '__x', 'a:b', 'a b', 'x\n'])('%j cannot name a label', (name) => {
    expect(LABEL_NAME.test(name)).toBe(false);
  });
});
