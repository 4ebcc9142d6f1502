import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { createS3Archive } from '../../src/archive/s3/index.ts';
import type { ArchiveContents } from '../../src/core/catalogue.ts';
import { segmentName } from '../../src/core/segments.ts';
import { LEAST_RIGHTS, MOTO_BUCKET, type Moto, startMoto } from '../support/moto.ts';
import { useCredentials } from '../support/s3-archive.ts';
import { credentialsOf } from '../support/s3-server.ts';
import type { S3Key } from '../support/s3-signature.ts';
import { heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';
import { MADE_SEGMENT_BYTES, walHeader } from '../support/wal-file.ts';

const PREFIX = 'odd %+/Größe/';

describe('a bucket of another S3, which verifies signatures and policies', () => {
  const names = [1, 2, 3, 5].map((segment) => segmentName(1, segment, MADE_SEGMENT_BYTES));
  let moto: Moto;
  let reader: S3Key;

  const read = async (key: S3Key, bucket = MOTO_BUCKET): Promise<ArchiveContents> => {
    useCredentials(credentialsOf(key));
    const place = { bucket, endpoint: moto.url, region: undefined, pathStyle: true, profile: undefined };
    return await createS3Archive({ place, prefix: PREFIX }).read(NOTHING_KNOWN, AbortSignal.timeout(60_000));
  };

  beforeAll(async () => {
    moto = await startMoto();
    await moto.createBucket(MOTO_BUCKET);
    const filler = Buffer.alloc(MADE_SEGMENT_BYTES - 40);
    for (const [index, name] of names.entries())
      await moto.put(MOTO_BUCKET, PREFIX + name, Buffer.concat([walHeader(1, [1, 2, 3, 5][index] ?? 0), filler]));
    await moto.put(MOTO_BUCKET, PREFIX + segmentName(1, 6, MADE_SEGMENT_BYTES), walHeader(1, 6));
    for (const foreign of ['a b', 'a+b', '100%', '日本']) await moto.put(MOTO_BUCKET, PREFIX + foreign, 'x');
    reader = await moto.createUser('walguard', LEAST_RIGHTS);
    await moto.verify(true);
  }, 120_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.[Symbol.asyncDispose]();
  });

  it('is read with the rights to list and to get, by keys of any letters, and asked for nothing else', async () => {
    const before = moto.log().length;
    const contents = await read(reader);

    expect([heldNames(contents), contents.foreignFiles, contents.unverified]).toEqual([names, 4, 0]);
    expect(contents.badFiles).toMatchObject([{ name: segmentName(1, 6, MADE_SEGMENT_BYTES), reason: 'wrong_size' }]);
    const asked =
      moto
        .log()
        .slice(before)
        .match(/"[A-Z]+ [^"]*"/g) ?? [];
    expect(
      asked.map((line) => line.replace(/^"GET \/acme-wal\/?\?.*list-type=2.*/, 'list').replace(/^"GET .*/, 'get')),
    ).toEqual(['list', ...Array.from({ length: 5 }, () => 'get')]);
  });

  it('refuses a wrong secret', async () => {
    await expect(read({ ...reader, secret: 'wrong' })).rejects.toMatchObject({ code: 'S3_CREDENTIALS' });
  });

  it('refuses an unknown key', async () => {
    await expect(read({ id: 'AKIANOBODY', secret: 'x' })).rejects.toMatchObject({ code: 'S3_CREDENTIALS' });
  });

  it('refuses a user who may get and not list', async () => {
    await moto.verify(false);
    const blind = await moto.createUser('blind', LEAST_RIGHTS.slice(1));
    await moto.verify(true);
    await expect(read(blind)).rejects.toMatchObject({ code: 'S3_FORBIDDEN' });
  });

  it('says that a bucket is not there', async () => {
    await moto.verify(false);
    await expect(read(reader, 'nobodys')).rejects.toMatchObject({ code: 'S3_BUCKET_MISSING' });
  });
});
