import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiateFormat } from '../../../src/exposition/negotiate.ts';

const prometheus242 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
  'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;' +
  'q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const prometheus3Underscores =
  'application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,application/openmetrics-text;version=0.0.1;' +
  'q=0.5,text/plain;version=1.0.0;escaping=underscores;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const prometheus3Protobuf =
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,' +
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;' +
  'q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
const prometheus3TextOnly = 'text/plain;version=0.0.4;q=0.7,*/*;q=0.6';
const prometheus217 = 'application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const firefox = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const chrome =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,' +
  'application/signed-exchange;v=b3;q=0.7';

describe('the format of a page', () => {
  it.each([
    ['Prometheus 2.42', prometheus242],
    ['Prometheus 3', prometheus3],
    ['Prometheus 3 with underscores for other characters', prometheus3Underscores],
    ['Prometheus 3 that would rather have protobuf', prometheus3Protobuf],
    ['a client that names no version', 'application/openmetrics-text'],
    ['a client that writes with spaces, capitals and quotes', 'Application/OpenMetrics-Text ; Version="1.0.0" ; Q=1'],
    ['a client that rates both alike, one of them by saying nothing', 'application/openmetrics-text;q=1, text/plain'],
    ['a client that rates both alike', 'text/plain, application/openmetrics-text; version=1.0.0'],
  ])('is OpenMetrics for %s', (_client, accept) => {
    expect(negotiateFormat(accept)).toBe('openmetrics');
  });

  it.each([
    ['Prometheus 3 that is set to the text format', prometheus3TextOnly],
    ['Prometheus 2.17, which knows a draft of OpenMetrics only', prometheus217],
    ['Firefox', firefox],
    ['Chrome', chrome],
    ['curl', '*/*'],
    ['no Accept header', undefined],
    ['an empty Accept header', ''],
    ['a client that takes neither', 'application/json'],
    ['a client that prefers text', 'application/openmetrics-text;version=1.0.0;q=0.4,text/plain;q=0.5'],
    ['a client that prefers any text', 'application/openmetrics-text;version=1.0.0;q=0.4,text/*;q=0.5'],
    ['a client that refuses OpenMetrics', 'application/openmetrics-text;q=0'],
    ['a client whose rating is no number', 'application/openmetrics-text;q=high'],
  ])('is text for %s', (_client, accept) => {
    expect(negotiateFormat(accept)).toBe('text');
  });

  it('follows the higher of the two ratings', () => {
    const anyQuality = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(anyQuality, anyQuality, fc.boolean(), (openMetrics, text, textFirst) => {
        const entries = [`application/openmetrics-text;q=${openMetrics / 1000}`, `text/plain;q=${text / 1000}`];
        const accept = (textFirst ? entries.toReversed() : entries).join(', ');
        expect(negotiateFormat(accept)).toBe(openMetrics >= text ? 'openmetrics' : 'text');
      }),
    );
  });
});
