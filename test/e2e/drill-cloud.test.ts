import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { type BarmanCloud, barmanCloudTo, CLOUD_HBA, cloudRepository } from '../support/barman-cloud.ts';
import { LEAST_RIGHTS, type Moto, MOTO_BUCKET, startMoto } from '../support/moto.ts';
import { archivedEnd } from '../support/restore-lab.ts';
import { credentialsOf } from '../support/s3-server.ts';
import type { S3Key } from '../support/s3-signature.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { deleteLater, drillOnce, type Drilled } from '../support/tool-drill.ts';

const PACKINGS = { nothing: ['--max-archive-size=4MB'], gzip: ['--gzip'], bzip2: ['--bzip2'] } as const;

let moto: Moto;
let cloud: BarmanCloud;
let server: PostgresServer;
let reader: S3Key;
let folder: TemporaryFolder;
let moment: string;

async function drill(rows: number, to: string): Promise<Drilled> {
  await moto.verify(true);
  const done = await drillOnce(
    { folder, server, repository: cloudRepository(moto), rows, env: credentialsOf(reader) },
    to,
  );
  await moto.verify(false);
  return done;
}

/** Keys of one backup, without what they all begin with. */
async function partsOf(id: string): Promise<readonly string[]> {
  const prefix = `pg/main/base/${id}/`;
  return (await moto.keys(MOTO_BUCKET, prefix)).map((key) => key.slice(prefix.length)).toSorted();
}

/** Of all that lies in the bucket. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const key of await moto.keys(MOTO_BUCKET, '')) hash.update(key).update(await moto.get(MOTO_BUCKET, key));
  return hash.digest('hex');
}

beforeAll(async () => {
  moto = await startMoto();
  folder = await temporaryFolder();
  await moto.createBucket(MOTO_BUCKET);
  reader = await moto.createUser('walguard', LEAST_RIGHTS);
  cloud = barmanCloudTo(moto, reader);
  server = await startPostgres({ major: 15, archive: true, hba: CLOUD_HBA, initdbArgs: ['--wal-segsize=1'] });
  const space = join(server.cluster.directory, 'space');
  await mkdir(space);
  await giveToServer(server.cluster, space);
  await server.sql(`CREATE TABLESPACE elsewhere LOCATION '${space}'`);
  await server.sql('CREATE TABLE t (id int) TABLESPACE elsewhere');
}, 120_000);

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await moto?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe.each(Object.entries(PACKINGS))('a drill from a bucket of barman-cloud, packed by %s,', (packing, args) => {
  beforeAll(async () => {
    await server.sql('TRUNCATE t; DROP TABLE IF EXISTS after_it');
    await cloud.backUp(server, ...args);
    moment = await deleteLater(server);
    await server.sql('SELECT pg_switch_wal()');
    await archivedEnd(server, server.archiveDirectory ?? '');
    await cloud.pushWal(server);
  }, 120_000);

  it('recovers to before the DELETE and to the end, and leaves the bucket as it was', async () => {
    const before = await fingerprint();
    const earlier = await drill(1000, moment);
    expect([earlier.code, earlier.report.failure]).toEqual([0, undefined]);
    expect(earlier.report.backup?.method).toBe('barman_cloud');
    const latest = await drill(0, 'latest');
    expect([latest.code, latest.report.failure]).toEqual([0, undefined]);
    const parts = await partsOf(latest.report.backup?.label ?? '');
    const count = parts.filter((name) => /^data(?:_\d+)?\.tar/.test(name)).length;
    expect(packing === 'nothing' ? count > 2 : count === 1).toBe(true);
    expect(await fingerprint()).toBe(before);
  });
});

describe('a drill from a bucket of barman-cloud that', () => {
  let id: string;

  beforeAll(async () => {
    await cloud.backUp(server, ...PACKINGS.nothing);
    await server.sql('SELECT pg_switch_wal()');
    await archivedEnd(server, server.archiveDirectory ?? '');
    await cloud.pushWal(server);
    id = (await drill(0, 'latest')).report.backup?.label ?? '';
  }, 120_000);

  it.each([
    ['lacks a tar in the middle', 'data_0001.tar', 'data_0001.tar is missing'],
    ['lacks the last tar', /^data_\d+\.tar$/, 'it has no backup_label'],
    ['lacks the tar of a tablespace', /^\d+\.tar$/, /: \d+\.tar is missing/],
  ] as const)('%s says which', async (_, which, message) => {
    const names = await partsOf(id);
    const name = names.findLast((each) => (typeof which === 'string' ? each === which : which.test(each))) ?? '';
    const key = `pg/main/base/${id}/${name}`;
    const content = await moto.get(MOTO_BUCKET, key);
    await moto.delete(MOTO_BUCKET, key);
    const { code, report } = await drill(0, 'latest');
    await moto.put(MOTO_BUCKET, key, content);
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ code: 'BACKUP_DAMAGED', phase: 'restore' });
    expect(report.failure?.message).toMatch(message);
  });

  it('has a tar that is cut off says which', async () => {
    const key = `pg/main/base/${id}/data_0001.tar`;
    const content = await moto.get(MOTO_BUCKET, key);
    await moto.put(MOTO_BUCKET, key, content.subarray(0, content.length >> 1));
    const { code, report } = await drill(0, 'latest');
    await moto.put(MOTO_BUCKET, key, content);
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ code: 'BACKUP_DAMAGED', phase: 'restore' });
    expect(report.failure?.message).toContain('data_0001.tar: it is cut off');
  });

  it('says why it may not be read, and not that there is no backup', async () => {
    const stranger = { ...reader, secret: 'of-somebody-else' };
    await moto.verify(true);
    const repository = cloudRepository(moto);
    const { code, report } = await drillOnce(
      { folder, server, repository, rows: 0, env: credentialsOf(stranger) },
      'latest',
    );
    await moto.verify(false);
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ code: 'S3_CREDENTIALS', phase: 'plan' });
    expect(JSON.stringify(report)).not.toContain(stranger.secret);
  });

  it('is packed by Snappy says how to pack instead', async () => {
    const prefix = `pg/main/base/${id}`;
    await moto.put(MOTO_BUCKET, `${prefix}/data.tar.snappy`, await moto.get(MOTO_BUCKET, `${prefix}/data.tar`));
    await moto.delete(MOTO_BUCKET, `${prefix}/data.tar`);
    const { code, report } = await drill(0, 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ code: 'DRILL_NO_METHOD', phase: 'restore' });
    expect(report.failure?.hint).toContain('--gzip');
  });
});
