import { describe, expect, it } from 'vitest';
import { acceptsGzip } from '../../../src/http/send-page.ts';

describe('a page is compressed', () => {
  it.each([
    'gzip',
    'gzip, deflate, br',
    'GZIP',
    'deflate;q=0.5, gzip;q=0.3',
    '*',
    'br, *;q=0.1',
    'gzip;q=0.001',
    'identity;q=0, *',
  ])('for a client that says %s', (header) => {
    expect(acceptsGzip(header)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'identity',
    'deflate, br',
    'gzip;q=0',
    'gzip; q=0.000',
    '*;q=0',
    'gzip;q=0, *',
    '*, gzip;q=0',
    'x-gzipped',
  ])('but not for one that says %s', (header) => {
    expect(acceptsGzip(header)).toBe(false);
  });
});
