import type { GetObjectCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';

import { WalguardError } from '../core/error.ts';
import { nameOf, type S3Key, type S3Place } from './s3-place.ts';

/** One object as a listing tells it. */
export interface S3Object extends S3Key {
  /** When it was put there, Unix seconds by the server's clock. */
  readonly timeSeconds: number;
  /** 32 bits of the ETag, which is another one for another content. */
  readonly tag: number;
}

/** A part of a listing. */
export interface S3Page {
  readonly objects: readonly S3Object[];
  /** What keys have in common up to the delimiter, prefix and delimiter included. */
  readonly folders: readonly string[];
}

/** Throws SOURCE_BAD_ANSWER for what is no listing: a web page that came with 200 must not look like an empty bucket. */
export function toPage(place: S3Place, answer: ListObjectsV2CommandOutput): S3Page {
  if (answer.IsTruncated === undefined) throw noListing(place);
  const decode = answer.EncodingType === 'url' ? decodeKey : (key: string) => key;
  const objects = (answer.Contents ?? []).map(({ Key = '', Size = 0, LastModified, ETag = '' }) => ({
    key: decode(Key),
    sizeBytes: Size,
    timeSeconds: (LastModified?.getTime() ?? 0) / 1_000,
    tag: hashOf(ETag),
  }));
  return { objects, folders: (answer.CommonPrefixes ?? []).map(({ Prefix = '' }) => decode(Prefix)) };
}

/** Some servers write a space as `+`; all write a plus as `%2B`. */
function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return encoded;
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Of the whole object of which a part was got, in bytes. */
export function wholeLength({ ContentRange, ContentLength = 0 }: GetObjectCommandOutput): number {
  const [, whole] = /\/(\d+)$/.exec(ContentRange ?? '') ?? [];
  return whole === undefined ? ContentLength : Number(whole);
}

/** So many bytes of a body; the rest, which a server sends that knows no ranges, is not waited for. */
export async function firstBytes(body: GetObjectCommandOutput['Body'], limitBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop closes the stream.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limitBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, limitBytes);
}

function noListing(place: S3Place): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `What answers for ${nameOf(place)} is no S3: it sent no listing`, {
    hint: 'Give the URL of the S3 interface as endpoint, not that of a web console.',
  });
}
