import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import type { Family } from '../support/exposition.ts';
import { scrape } from '../support/http.ts';
import { type Peer, startPostgresExporter } from '../support/peers.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** Written as packs in the field are: odd indentation, quotes, anchors, columns that nobody declared. */
const pack = `
wild_tables:
    query: >
        SELECT 'public' AS schemaname, 'Orders' AS "RelName", 5::bigint AS rows, 0.25::float8 AS ratio,
               true AS busy, 3 AS nobody_declared_this, 'text' AS nor_this
    master: true
    cache_seconds: 30
    metrics:
        - schemaname: &label
            usage: "LABEL"
            description: "A label"
        - RelName: *label
        - rows: {usage: 'GAUGE', description: 'Rows'}
        - ratio:
              usage: "COUNTER"
              description:
        - busy: {usage: LABEL}
wild_moments:
  query: |
    SELECT timestamptz '2024-01-01 00:00:00+00' AS at, timestamptz '2024-01-02 00:00:00+00' AS since,
           12345678901::bigint AS big, 'Infinity'::float8 AS far, '7.5'::text AS word, 7::numeric AS exact,
           1 AS discarded
  metrics:
  - at: {usage: LABEL, description: A moment as a label}
  - since: {usage: GAUGE, description: A moment as a value}
  - big: {usage: COUNTER, description: Big}
  - far: {usage: GAUGE, description: Far}
  - word: {usage: GAUGE, description: A number in a text}
  - exact: {usage: GAUGE, description: Exact}
  - discarded: {usage: DISCARD, description: Not wanted}
wild_took:
  query: "SELECT 'x' AS kind, ARRAY[0.5, 1, 10] AS seconds, ARRAY[1, 3, 4]::bigint[] AS seconds_bucket, 8.5::float8 AS seconds_sum, 6::bigint AS seconds_count"
  metrics:
    - kind: {usage: LABEL, description: Kind}
    - seconds: {usage: HISTOGRAM, description: What it took}
`;

describe('a pack of postgres_exporter, unchanged', () => {
  let server: PostgresServer;
  let folder: TemporaryFolder;
  let peer: Peer;
  let walguard: Walguard;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startPostgres();
    const url = await createMonitorRole(server);
    const file = await folder.write('queries.yaml', pack);
    peer = await startPostgresExporter(url, file);
    walguard = await startWalguard({ dataSourceName: url, args: [`--extend.query-path=${file}`] });
  });
  afterAll(async () => {
    await walguard?.[Symbol.asyncDispose]();
    await peer?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  /** Families of the pack as lines: name, type, and each sample with its labels but `server`, which they all have there. */
  async function linesOf(url: string): Promise<readonly string[]> {
    const { families } = await scrape(url);
    const wild = [...families.values()].filter(({ name }) => name.startsWith('wild_'));
    return wild.flatMap(({ name, type, samples }: Family) => [
      `${name} ${type}`,
      ...samples.map(({ name: series, labels, value }) => {
        const own = Object.entries(labels).filter(([label]) => label !== 'server');
        const pairs = own
          .map(([label, text]) => `${label}=${label === 'le' ? Number(text) : text}`)
          .toSorted((a, b) => (a < b ? -1 : 1));
        return `${series} ${pairs.join()} ${value}`;
      }),
    ]);
  }

  it('gives the same families, types, labels and values', async () => {
    const theirs = await linesOf(peer.url);
    const ours = await linesOf(`${walguard.url}/metrics`);

    expect(theirs.length).toBeGreaterThan(20);
    expect(ours.toSorted()).toEqual(theirs.toSorted());
  });
});
