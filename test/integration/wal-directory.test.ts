import { statfs } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { samplesOf, scrape, valueOf } from '../support/http.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { startWalguard } from '../support/walguard.ts';

describe('free space for WAL', () => {
  it('is what the file system of the WAL directory has, where walguard sees that directory', async () => {
    const { dataDirectory, monitorUrl } = newestSharedServer();
    await using walguard = await startWalguard({ dataSourceName: monitorUrl });

    const { families } = await scrape(`${walguard.url}/metrics`);

    const { bavail, bsize } = await statfs(`${dataDirectory}/pg_wal`);
    const available = valueOf(families, 'pg_wal_directory_available_bytes') ?? Number.NaN;
    expect(Math.abs(available / (bavail * bsize) - 1)).toBeLessThan(0.1);
  });

  it('is the configured capacity less what the directory holds, where one is configured', async () => {
    const { monitorUrl } = newestSharedServer();
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, args: ['--wal.capacity=100GiB'] });

    const { families } = await scrape(`${walguard.url}/metrics?collect[]=wal_directory`);

    const available = valueOf(families, 'pg_wal_directory_available_bytes') ?? Number.NaN;
    expect(available).toBeLessThan(100 * 1024 ** 3);
    expect(available).toBeGreaterThan(90 * 1024 ** 3);
    expect(samplesOf(families, 'pg_wal_directory_until_full_seconds')).toEqual([]);
  });
});
