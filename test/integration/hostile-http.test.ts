import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { scrape, valueOf } from '../support/http.ts';
import { getRequest, RawClient, statusesOf } from '../support/raw-http.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { openConnections } from '../support/open-connections.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const HOST = 'Host: walguard\r\n';
const NEXT = `GET /metrics HTTP/1.1\r\n${HOST}\r\n`;
const post = (lines: string, body: string): string => `POST /metrics HTTP/1.1\r\n${HOST}${lines}\r\n\r\n${body}`;

let walguard: Walguard;

beforeAll(async () => {
  walguard = await startWalguard({ dataSourceName: newestSharedServer().monitorUrl });
});
afterAll(() => walguard[Symbol.asyncDispose]());

/** What Prometheus would get, and that nothing else is connected any more. */
async function expectHonestScrape(): Promise<void> {
  const { families } = await scrape(`${walguard.url}/metrics`, { Connection: 'close' });
  expect(valueOf(families, 'pg_up')).toBe(1);
  expect(valueOf(families, 'walguard_collector_success', { collector: 'stat_database' })).toBe(1);
  await openConnections(walguard, 0);
}

describe('a request that is none', () => {
  it.each([
    ['words', 'GARBAGE\r\n\r\n'],
    ['a line of HTTP/0.9', 'GET /metrics\r\n\r\n'],
    ['no target', `GET HTTP/1.1\r\n${HOST}\r\n`],
    ['a version that is not there', `GET /metrics HTTP/9.9\r\n${HOST}\r\n`],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['bytes of 0', '\x00'.repeat(4_096)],
    ['a byte of 0 in the target', `GET /metrics\x00 HTTP/1.1\r\n${HOST}\r\n`],
    ['a byte of 0 in a header', getRequest('/metrics', 'X-Odd: a\x00b')],
    ['a header without a colon', getRequest('/metrics', 'odd')],
    ['a header that goes on in the next line', getRequest('/metrics', 'X-Odd: a', ' b')],
    ['a carriage return in a header', getRequest('/metrics', 'X-Odd: a\rX-Other: b')],
    ['no host', 'GET /metrics HTTP/1.1\r\n\r\n'],
    ['two hosts', `GET /metrics HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`],
    ['a method that nobody knows', `FETCH /metrics HTTP/1.1\r\n${HOST}\r\n`],
  ])('is answered 400 and not gone on with: %s', async (_what, request) => {
    expect(await statusesOf(walguard.port, request + NEXT)).toEqual([400]);
    await expectHonestScrape();
  });

  it.each([
    ['17 KiB of headers', getRequest('/metrics', `X-Long: ${'x'.repeat(17 * 1_024)}`)],
    ['17 KiB of target', getRequest(`/metrics?${'x'.repeat(17 * 1_024)}`)],
    ['150 headers', getRequest('/metrics', ...Array.from({ length: 150 }, (_, n) => `X-${n}: 1`))],
    ['5,000 headers', getRequest('/metrics', ...Array.from({ length: 5_000 }, () => 'a:'))],
  ])('is too large with %s', async (_what, request) => {
    expect(await statusesOf(walguard.port, request)).toEqual([431]);
    await expectHonestScrape();
  });
});

describe('a request with a body', () => {
  it.each([
    ['of five bytes', getRequest('/metrics', 'Content-Length: 5'), [413]],
    ['that does not come', post('Content-Length: 1000000000000', ''), [413]],
    ['that wants to be asked for', post('Content-Length: 5\r\nExpect: 100-continue', ''), [100, 413]],
    ['in chunks', post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'), [413]],
    ['in chunks without end', post('Transfer-Encoding: chunked', '1\r\nx\r\n'.repeat(10_000)), [413]],
    ['that reads as a request', post(`Content-Length: ${NEXT.length}`, ''), [413]],
    ['of two lengths', post('Content-Length: 5\r\nContent-Length: 6', 'hello'), [400]],
    ['of twice the same length', post('Content-Length: 0\r\nContent-Length: 0', ''), [400]],
    ['of a list of lengths', post('Content-Length: 0, 0', ''), [400]],
    ['of a length below 0', post('Content-Length: -1', ''), [400]],
    ['of a length with a sign', post('Content-Length: +5', 'hello'), [400]],
    ['of a length in hex', post('Content-Length: 0x5', 'hello'), [400]],
    ['of a length beyond all', post(`Content-Length: ${'9'.repeat(40)}`, ''), [400]],
    ['of a length and in chunks', post('Content-Length: 4\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), [400]],
    ['in chunks that something else follows', post('Transfer-Encoding: chunked, identity', '0\r\n\r\n'), [400]],
    ['of an encoding with a blank before its colon', post('Transfer-Encoding : chunked', '0\r\n\r\n'), [400]],
    ['of an encoding nobody knows', post('Transfer-Encoding: xchunked', '0\r\n\r\n'), [413]],
  ])('is refused, and what it holds is no request: %s', async (_what, request, expected) => {
    expect(await statusesOf(walguard.port, request + NEXT)).toEqual(expected);
    await expectHonestScrape();
  });

  it('in chunks of nonsense gets one answer', async () => {
    for (const size of ['zz', '-1', 'fffffffffffffffff', '5;'.padEnd(20_000, 'x')]) {
      const statuses = await statusesOf(walguard.port, post('Transfer-Encoding: chunked', `${size}\r\n${NEXT}`));
      expect([[400], [413]]).toContainEqual(statuses);
    }
    await expectHonestScrape();
  });
});

describe('a path', () => {
  it.each([
    '//metrics',
    '/./metrics',
    '/../metrics',
    '/%2e%2e/metrics',
    '/%2e%2e%2fmetrics',
    '/metrics%00',
    '/metrics%20',
    '/metrics;a=b',
    '/metrics/x',
    '/-/page/../../package.json',
    '/-/page/..%2f..%2f..%2fpackage.json',
    '/-/page/%2e%2e/%2e%2e/package.json',
    '/-/page/style.css%00.js',
    '/\\..\\package.json',
    '/api/v1/status/../../../metrics',
    '/__proto__',
    '/%',
    '/%E0%A4%A',
  ])('that is none leads nowhere: %s', async (path) => {
    using client = new RawClient(walguard.port);
    client.send(getRequest(path));
    expect(await client.closed()).toEqual([404]);
    expect(client.received).toMatch(/\r\n\r\nThere is nothing here\. Metrics are at \/metrics\.\n$/);
    await expectHonestScrape();
  });

  it('that is very long leads nowhere', async () => {
    for (const path of ['a'.repeat(8_000), `${'../'.repeat(2_000)}etc/passwd`])
      expect(await statusesOf(walguard.port, getRequest(`/${path}`))).toEqual([404]);
    await expectHonestScrape();
  });

  it.each([
    ['/metrics?__proto__=1&constructor=1&toString=1', 200],
    ['/metrics?collect[]=%00', 400],
    ['/metrics?collect[__proto__]=x', 200],
    [`/metrics?${'collect[]=locks&'.repeat(20)}`, 200],
    ['/metrics?collect[]=__proto__', 400],
    ['/metrics#fragment', 200],
    ['http://other.example/metrics', 200],
    ['http://other.example:99999/metrics', 200],
    ['other.example:80', 400],
    ['*', 404],
  ])('with more to it is answered for what it is: %s', async (target, expected) => {
    expect(await statusesOf(walguard.port, getRequest(target))).toEqual([expected]);
    await expectHonestScrape();
  });
});

describe('a method, a version, a header', () => {
  it.each([
    ['HEAD', 200],
    ['POST', 405],
    ['PUT', 405],
    ['DELETE', 405],
    ['PATCH', 405],
    ['TRACE', 405],
    ['OPTIONS', 405],
    ['PROPFIND', 405],
  ])('%s is answered without anything of the request in it', async (method, expected) => {
    using client = new RawClient(walguard.port);
    client.send(getRequest('/metrics', 'X-Planted: planted').replace('GET', method));
    expect(await client.closed()).toEqual([expected]);
    expect(client.received).not.toContain('planted');
    if (expected === 405) expect(client.received).toContain('\r\nAllow: GET, HEAD\r\n');
    await expectHonestScrape();
  });

  it('CONNECT and an upgrade get no tunnel', async () => {
    expect(await statusesOf(walguard.port, `CONNECT db:5432 HTTP/1.1\r\n${HOST}\r\n`)).toEqual([]);
    const upgrade = getRequest('/metrics', 'Upgrade: websocket').replace(
      'Connection: close',
      'Connection: upgrade, close',
    );
    expect(await statusesOf(walguard.port, upgrade)).toEqual([200]);
    await expectHonestScrape();
  });

  it('HTTP/1.0 gets a page without a host, and its connection is closed', async () => {
    expect(await statusesOf(walguard.port, 'GET /metrics HTTP/1.0\r\n\r\n')).toEqual([200]);
    await expectHonestScrape();
  });

  it.each(['', 'evil.example', '[::1]:1', '127.0.0.1:99999999', '../../etc/passwd', '<script>'])(
    'the host %j changes nothing',
    async (host) => {
      using client = new RawClient(walguard.port);
      client.send(getRequest('/').replace('Host: walguard', `Host: ${host}`));
      expect(await client.closed()).toEqual([200]);
      if (host !== '') expect(client.received).not.toContain(host);
      await expectHonestScrape();
    },
  );

  it.each(['', 'ten', '-1', '0', 'NaN', '1e999', '10, 10', '٣', '0x', '1'.repeat(400)])(
    'a limit of %j for the scrape is not regarded',
    async (seconds) => {
      const header = Buffer.from(`X-Prometheus-Scrape-Timeout-Seconds: ${seconds}`).toString('latin1');
      using client = new RawClient(walguard.port);
      client.send(getRequest('/metrics', header));
      expect(await client.closed()).toEqual([200]);
      expect(client.received).toContain('\npg_up 1\n');
    },
  );
});
