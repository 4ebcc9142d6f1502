import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseExposition } from '../support/exposition.ts';
import { fetchRaw } from '../support/http.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const rows = 4_000;
const readers = 6;

/** Each family fills several chunks; one is served again from its ttl. */
const pack = ['fresh', 'cached']
  .map(
    (name) => `
large_${name}:
  ${name === 'cached' ? 'ttl: 2' : 'timeout: 30'}
  query: SELECT 'row_' || n AS id, n AS number, -n AS negative FROM generate_series(1, ${rows}) AS n
  metrics:
    - id: {usage: LABEL, description: Row}
    - number: {usage: GAUGE, description: Number}
    - negative: {usage: GAUGE, description: Negative}
`,
  )
  .join('');

describe('large pages that are read at once', () => {
  let folder: TemporaryFolder;
  let walguard: Walguard;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const file = await folder.write('large.yaml', pack);
    walguard = await startWalguard({
      dataSourceName: newestSharedServer().monitorUrl,
      args: [`--extend.query-path=${file}`, '--scrape.timeout=30s'],
    });
  });
  afterAll(async () => {
    await walguard[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** Goes when the first bytes have come. */
  function leaveEarly(): Promise<void> {
    return new Promise((resolve) => {
      const asked = request(`${walguard.url}/metrics`, { agent: false }, (response) => {
        response.once('data', () => asked.destroy());
      });
      asked.on('error', () => undefined);
      asked.once('close', () => resolve());
      asked.end();
    });
  }

  async function expectWholePage(): Promise<void> {
    const { body } = await fetchRaw(`${walguard.url}/metrics`);
    const families = parseExposition(body.toString('utf8'), 'text');
    for (const name of ['large_fresh', 'large_cached']) {
      const numbers = families.get(`${name}_number`)?.samples ?? [];
      const negatives = families.get(`${name}_negative`)?.samples ?? [];
      expect([numbers.length, negatives.length]).toEqual([rows, rows]);
      const wrong = [...numbers.entries()].filter(
        ([index, { labels, value }]) => labels['id'] !== `row_${index + 1}` || value !== index + 1,
      );
      expect(wrong).toEqual([]);
      expect(negatives.findIndex(({ value }, index) => value !== -index - 1)).toBe(-1);
    }
  }

  it('are whole for each reader, scrape after scrape, while others leave in the middle', async () => {
    for (let round = 0; round < 3; round++) {
      const reading = Array.from({ length: readers }, (_, index) =>
        index % 3 === 2 ? leaveEarly() : expectWholePage(),
      );
      await Promise.all(reading);
    }
  });
});
