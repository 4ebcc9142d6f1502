import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { WalguardError } from '../../src/core/error.ts';
import type { S3Place } from '../../src/storage/s3-place.ts';
import { createAuthority } from '../support/certificates.ts';
import { archiveIn, placeOf, putSegments, useCredentials } from '../support/s3-archive.ts';
import { credentialsOf, type Fault, KEY, NO_CREDENTIALS, type S3Server, startS3Server } from '../support/s3-server.ts';
import { NOTHING_KNOWN } from '../support/wal-archive.ts';

let server: S3Server;

/** Of one reading; fails the test if it succeeds. */
async function errorOf(also: Partial<S3Place> = {}, signal = AbortSignal.timeout(60_000)): Promise<WalguardError> {
  const archive = archiveIn(server, 'wal/', { place: placeOf(server, also) });
  const thrown: unknown = await archive.read(NOTHING_KNOWN, signal).then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof WalguardError)) throw new Error(`no error of walguard: ${inspect(thrown)}`);
  const all = inspect(thrown, { depth: Infinity, showHidden: true });
  for (const secret of [KEY.secret, KEY.id, 'wrong-secret']) expect(all).not.toContain(secret);
  expect(thrown.hint).toMatch(/\.$/);
  return thrown;
}

beforeAll(async () => {
  server = await startS3Server();
  putSegments(server, 'wal/', 1, 3);
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.fault = () => undefined;
});
afterAll(() => server[Symbol.asyncDispose]());

describe('credentials for S3', () => {
  it.each([
    ['that are nowhere', NO_CREDENTIALS, 'CredentialsProviderError'],
    ['with an unknown key', credentialsOf({ id: 'AKIANOBODY', secret: KEY.secret }), 'InvalidAccessKeyId'],
    ['with a wrong secret', credentialsOf({ id: KEY.id, secret: 'wrong-secret' }), 'SignatureDoesNotMatch'],
  ])('%s are told from all else', async (_, variables, reason) => {
    useCredentials(variables);
    expect(await errorOf()).toMatchObject({
      code: 'S3_CREDENTIALS',
      message: `No credentials open s3://backups/wal/ (${reason})`,
    });
  });

  it('that are corrected are used at the next reading', async () => {
    useCredentials(NO_CREDENTIALS);
    const archive = archiveIn(server, 'wal/');
    const signal = AbortSignal.timeout(60_000);
    await expect(archive.read(NOTHING_KNOWN, signal)).rejects.toMatchObject({ code: 'S3_CREDENTIALS' });
    useCredentials();
    expect(await archive.read(NOTHING_KNOWN, signal)).toMatchObject({ unverified: 0 });
  });
});

describe('a bucket that cannot be read', () => {
  const refusals: readonly (readonly [string, Partial<S3Place>, Fault, Pick<WalguardError, 'code' | 'message'>])[] = [
    [
      'is missing',
      { bucket: 'nobodys' },
      undefined,
      { code: 'S3_BUCKET_MISSING', message: 'There is no bucket "nobodys" (NoSuchBucket)' },
    ],
    [
      'may not be listed',
      {},
      { status: 403, code: 'AccessDenied' },
      { code: 'S3_FORBIDDEN', message: 'The credentials may not read s3://backups/wal/ (AccessDenied)' },
    ],
    [
      'is in another region',
      { region: 'eu-north-1' },
      { status: 400, code: 'AuthorizationHeaderMalformed' },
      {
        code: 'S3_WRONG_REGION',
        message: 'The bucket "backups" is not in the region eu-north-1 (AuthorizationHeaderMalformed)',
      },
    ],
    [
      'is refused for a reason of its own',
      {},
      { status: 400, code: 'XOdd' },
      { code: 'S3_REFUSED', message: 'The server refused to read s3://backups/wal/ (XOdd)' },
    ],
    [
      'is a web page',
      {},
      'page',
      { code: 'SOURCE_BAD_ANSWER', message: 'What answers for s3://backups/ is no S3: it sent no listing' },
    ],
  ];

  it.each(refusals)('because it %s says so', async (_, place, fault, error) => {
    useCredentials();
    server.fault = () => fault;
    expect(await errorOf(place)).toMatchObject(error);
  });

  it('because nothing listens says so', async () => {
    useCredentials();
    const gone = await startS3Server();
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    expect(await errorOf({ endpoint: url })).toMatchObject({
      code: 'S3_UNREACHABLE',
      message: `No answer from ${url} (ECONNREFUSED)`,
    });
  });

  it('because its certificate is not trusted says so', async () => {
    useCredentials();
    const issued = createAuthority('nobody knows me').issue({ commonName: 's3', names: ['127.0.0.1'] });
    await using untrusted = await startS3Server({ tls: issued });
    expect(await errorOf({ endpoint: untrusted.url })).toMatchObject({
      code: 'S3_TLS',
      message: `TLS with ${untrusted.url} failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    });
  });

  it('because the server never answers ends with its time', async () => {
    useCredentials();
    server.fault = () => 'hang';
    expect(await errorOf({}, AbortSignal.timeout(300))).toMatchObject({ code: 'SOURCE_TIMEOUT' });
  });
});

describe('a server that asks to slow down', () => {
  it('is asked again, and read if it lets go', async () => {
    useCredentials();
    let left = 3;
    server.fault = () => (left-- > 0 ? { status: 503, code: 'SlowDown' } : undefined);
    const contents = await archiveIn(server, 'wal/').read(NOTHING_KNOWN, AbortSignal.timeout(60_000));
    expect(contents).toMatchObject({ unverified: 0, badFiles: [] });
    expect(left).toBeLessThan(0);
  });

  it('and does not let go is given up', async () => {
    useCredentials();
    server.take();
    server.fault = () => ({ status: 503, code: 'SlowDown' });
    expect(await errorOf()).toMatchObject({
      code: 'S3_THROTTLED',
      message: 'The server refuses to go on reading s3://backups/wal/: too many requests (SlowDown)',
    });
    expect(server.take()).toHaveLength(4);
  });
});
