import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, superuser, waitFor } from '../../servers/index.ts';
import { scrape, valueOf } from '../support/http.ts';
import { LEAST_RIGHTS, MOTO_BUCKET as BUCKET, type Moto, startMoto } from '../support/moto.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { credentialsOf } from '../support/s3-server.ts';
import type { S3Key } from '../support/s3-signature.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';
import { archiveSegments, segmentNamesIn } from '../support/wal-archive.ts';

let moto: Moto;
let server: PostgresServer;
let archive: string;
let reader: S3Key;
let folder: TemporaryFolder;

async function barmanCloud(program: string, args: readonly string[]): Promise<void> {
  const { id: AWS_ACCESS_KEY_ID, secret: AWS_SECRET_ACCESS_KEY } = reader;
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION: 'us-east-1' };
  await promisify(execFile)(`barman-cloud-${program}`, [`--endpoint-url=${moto.url}`, ...args], { env });
}

/** Puts into the bucket what is not there yet. */
async function pushWal(pushed: Set<string>): Promise<void> {
  for (const name of await segmentNamesIn(archive)) {
    if (pushed.has(name)) continue;
    await barmanCloud('wal-archive', [`s3://${BUCKET}/pg`, 'main', join(archive, name)]);
    pushed.add(name);
  }
}

beforeAll(async () => {
  moto = await startMoto();
  folder = await temporaryFolder();
  await moto.createBucket(BUCKET);
  reader = await moto.createUser('walguard', LEAST_RIGHTS);
  const hba = [`host all ${superuser} 127.0.0.1/32 trust`];
  server = await startPostgres({ major: 15, archive: true, hba, initdbArgs: ['--wal-segsize=1'] });
  archive = server.archiveDirectory ?? '';
}, 120_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await moto?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe('WAL and backups that barman-cloud puts into the bucket of another S3', () => {
  let walguard: Walguard;
  const pushed = new Set<string>();
  const page = async (): ReturnType<typeof scrape> => await scrape(`${walguard.url}/metrics`);

  beforeAll(async () => {
    await archiveSegments(server, 3);
    const to = [`--host=127.0.0.1`, `--port=${server.port}`, `--user=${superuser}`, '--immediate-checkpoint'];
    await barmanCloud('backup', [...to, `s3://${BUCKET}/pg`, 'main']);
    await archiveSegments(server, 4);
    await pushWal(pushed);
    await moto.verify(true);
    const bucket = `bucket: ${BUCKET}, endpoint: '${moto.url}'`;
    const config = await folder.write(
      'walguard.yml',
      `repositories:
  cloud:
    interval: 500ms
    pending_after: 1s
    archive: {method: s3, ${bucket}, prefix: pg/main}
    backups: [{method: barman_cloud, ${bucket}, prefix: pg, server: main}]
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

    expect(valueOf(families, 'pg_archive_segments', { repository: 'cloud' })).toBe(pushed.size);
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
    const names = [...pushed].toSorted();
    const victim = names.at(-3) ?? '';
    const key = `pg/main/wals/${victim.slice(0, 16)}/${victim}`;
    await moto.verify(false);
    await moto.delete(BUCKET, key);
    await moto.verify(true);
    await waitFor('the gap', async () => findingsOf(await page()).includes('archive_gap'), 60_000);
    expect(valueOf((await page()).families, 'pg_archive_gap_segments', { repository: 'cloud' })).toBe(1);

    await moto.verify(false);
    await barmanCloud('wal-archive', [`s3://${BUCKET}/pg`, 'main', join(archive, victim)]);
    await moto.verify(true);
    await waitFor('the verdict', async () => verdictOf(await page()) === 'recoverable', 60_000);
  });
});
