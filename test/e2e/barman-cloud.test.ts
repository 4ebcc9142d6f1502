import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { type BarmanCloud, barmanCloudTo, CLOUD_HBA, cloudRepository } from '../support/barman-cloud.ts';
import { scrape, valueOf } from '../support/http.ts';
import { LEAST_RIGHTS, MOTO_BUCKET as BUCKET, type Moto, startMoto } from '../support/moto.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { credentialsOf } from '../support/s3-server.ts';
import type { S3Key } from '../support/s3-signature.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';
import { archiveSegments } from '../support/wal-archive.ts';

let moto: Moto;
let server: PostgresServer;
let archive: string;
let cloud: BarmanCloud;
let reader: S3Key;
let folder: TemporaryFolder;

beforeAll(async () => {
  moto = await startMoto();
  folder = await temporaryFolder();
  await moto.createBucket(BUCKET);
  reader = await moto.createUser('walguard', LEAST_RIGHTS);
  server = await startPostgres({ major: 15, archive: true, hba: CLOUD_HBA, initdbArgs: ['--wal-segsize=1'] });
  archive = server.archiveDirectory ?? '';
  cloud = barmanCloudTo(moto, reader);
}, 120_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await moto?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe('WAL and backups that barman-cloud puts into the bucket of another S3', () => {
  let walguard: Walguard;
  let pushed: readonly string[];
  const page = async (): ReturnType<typeof scrape> => await scrape(`${walguard.url}/metrics`);

  beforeAll(async () => {
    await archiveSegments(server, 3);
    await cloud.backUp(server);
    await archiveSegments(server, 4);
    pushed = await cloud.pushWal(server);
    await moto.verify(true);
    const config = await folder.write(
      'walguard.yml',
      `repositories:
  cloud:
    interval: 500ms
    pending_after: 1s
    ${cloudRepository(moto)}
`,
    );
    walguard = await startWalguard({
      dataSourceName: await createMonitorRole(server),
      args: [`--config.file=${config}`],
      env: credentialsOf(reader),
    });
  }, 120_000);
  afterAll(() => walguard?.[Symbol.asyncDispose]());

  it('are recoverable with no more than the rights to list and to get', async () => {
    await waitFor('the verdict', async () => verdictOf(await page()) === 'recoverable', 60_000);
    const { families } = await page();

    expect(valueOf(families, 'pg_archive_segments', { repository: 'cloud' })).toBe(pushed.length);
    expect(
      valueOf(families, 'pg_backups', {
        repository: 'cloud',
        method: 'barman_cloud',
        type: 'full',
        recoverability: 'pitr',
      }),
    ).toBe(1);
  });

  it('of which a segment is taken away have a gap, and are recoverable again once it is back', async () => {
    const victim = pushed.at(-3) ?? '';
    const key = `pg/main/wals/${victim.slice(0, 16)}/${victim}`;
    await moto.verify(false);
    await moto.delete(BUCKET, key);
    await moto.verify(true);
    await waitFor('the gap', async () => findingsOf(await page()).includes('archive_gap'), 60_000);
    expect(valueOf((await page()).families, 'pg_archive_gap_segments', { repository: 'cloud' })).toBe(1);

    await moto.verify(false);
    await cloud.pushSegment(join(archive, victim));
    await moto.verify(true);
    await waitFor('the verdict', async () => verdictOf(await page()) === 'recoverable', 60_000);
  });
});
