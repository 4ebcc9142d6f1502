/**
 * Serves one page out of memory: what it takes to carry pages, and the benchmark to read them, without an exporter. Its
 * parent tells it how long the page is; it answers with its port.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The message of the parent. */
export interface PageOrder {
  readonly bytes: number;
}

const [order] = (await once(process, 'message')) as [PageOrder];
const page = Buffer.alloc(order.bytes, 'pg_bench_page{line="as long as those of an exporter mostly are"} 1\n');
const server = createServer((_request, response) => response.end(page));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
