import type { GetObjectCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';

import type { S3Place, S3Query } from './s3-place.ts';

/** The two requests that walguard makes. They throw what the SDK throws. */
export interface S3Client {
  /** @param token where the next page begins; undefined for the first */
  readonly list: (
    query: S3Query,
    token: string | undefined,
    signal: AbortSignal,
  ) => Promise<ListObjectsV2CommandOutput>;
  /** @param range of bytes, as HTTP has it */
  readonly get: (key: string, range: string, signal: AbortSignal) => Promise<GetObjectCommandOutput>;
}

/** A server that asks to slow down is asked again, each time after a longer while; so is one that is not reached. */
const MAX_ATTEMPTS = 4;
const CONNECT_TIMEOUT_MS = 5_000;
/** Of a connection through which nothing comes. */
const SILENCE_TIMEOUT_MS = 30_000;
/** More than are asked for at once. */
const MAX_SOCKETS = 16;
/** AWS tells from there where a bucket is; other servers have no regions, or call theirs so. */
const USUAL_REGION = 'us-east-1';

/** Loads the SDK, which who has no bucket never does. */
export async function createS3Client({ bucket, endpoint, region, pathStyle, profile }: S3Place): Promise<S3Client> {
  const { GetObjectCommand, ListObjectsV2Command, S3Client: Client } = await import('@aws-sdk/client-s3');
  const options = {
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    maxAttempts: MAX_ATTEMPTS,
    // Other servers than AWS do not know these checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
      httpsAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
  } as const;
  const client = await withRegion((found) => new Client({ ...options, ...found }), region);
  return {
    list: ({ prefix, delimiter }, token, signal) => {
      const input = {
        Bucket: bucket,
        Prefix: prefix,
        // XML cannot hold every character that a key can.
        EncodingType: 'url',
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      } as const;
      return client.send(new ListObjectsV2Command(input), { abortSignal: signal });
    },
    get: (key, range, signal) =>
      client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range }), { abortSignal: signal }),
  };
}

interface Regional {
  readonly config: { readonly region: () => Promise<string> };
}

/** The region that is configured, else that of the environment or the profile, else the usual one. */
async function withRegion<Client extends Regional>(
  create: (found: { readonly region?: string }) => Client,
  region: string | undefined,
): Promise<Client> {
  if (region !== undefined) return create({ region });
  const client = create({});
  try {
    await client.config.region();
    return client;
  } catch {
    return create({ region: USUAL_REGION });
  }
}
