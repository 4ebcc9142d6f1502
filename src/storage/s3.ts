import { WalguardError } from '../core/error.ts';
import { printable } from '../core/printable.ts';
import type { EndsWanted, FileEnds } from './file-access.ts';
import { unlessAborted } from './file-errors.ts';
import { firstBytes, type S3Page, toPage, wholeLength } from './s3-answers.ts';
import { createS3Client, type S3Client } from './s3-client.ts';
import { closedObject, isEmptyObject, isMissingObject, isWithheld, toS3Error } from './s3-errors.ts';
import { nameOf, type S3Key, type S3Place, type S3Query } from './s3-place.ts';
import { type OpenedObject, readWhole } from './whole-object.ts';

/**
 * Reads a bucket of S3, or of what speaks its language, with the credentials that the SDK finds. It lists and gets,
 * and nothing else. All throw a WalguardError (the codes S3_*, SOURCE_TIMEOUT, SOURCE_BAD_ANSWER).
 */
export interface S3Bucket {
  /** In pages of up to a thousand keys, most servers sort them by their bytes. */
  readonly list: (query: S3Query, signal: AbortSignal) => AsyncGenerator<S3Page>;
  /** Undefined if it is gone. Throws an Error with the code EACCES for one that may be listed and not read. */
  readonly ends: (object: S3Key, wanted: EndsWanted, signal: AbortSignal) => Promise<FileEnds | undefined>;
  /** The first bytes, or all if it is shorter; undefined if it is gone. Throws as `ends` does. */
  readonly head: (key: string, bytes: number, signal: AbortSignal) => Promise<Buffer | undefined>;
  /** All of an object, as it comes, over connections that break off; undefined if it is gone. */
  readonly whole: (key: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** Nothing is loaded or asked before the first call. */
export function createS3Bucket(place: S3Place): S3Bucket {
  let loaded: Promise<S3Client> | undefined;
  const client = async (): Promise<S3Client> => {
    loaded ??= createS3Client(place);
    try {
      return await loaded;
    } catch (thrown) {
      loaded = undefined;
      throw toS3Error(place, thrown);
    }
  };
  const get: GetPart = (wanted, signal) => getPart(place, client, wanted, signal);
  return {
    list: (query, signal) => listPages(place, client, query, signal),
    ends: (object, wanted, signal) => readEnds(get, object, wanted, signal),
    head: async (key, bytes, signal) => (await get({ key, from: 0, bytes }, signal))?.bytes,
    whole: (key, signal) =>
      readWhole({
        name: nameOf(place, printable(key)),
        open: async (fromByte) => openObject(place, await client(), { key, fromByte }, signal),
        toError: (thrown) => toS3Error(place, thrown, key),
        signal,
      }),
  };
}

async function* listPages(
  place: S3Place,
  client: () => Promise<S3Client>,
  query: S3Query,
  signal: AbortSignal,
): AsyncGenerator<S3Page> {
  const s3 = await unlessAborted(client(), signal, nameOf(place, query.prefix));
  let token: string | undefined;
  do {
    const answer = await s3.list(query, token, signal).catch((thrown: unknown) => {
      throw toS3Error(place, thrown, query.prefix);
    });
    yield toPage(place, answer);
    token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Some bytes of an object. */
interface WantedPart {
  readonly key: string;
  readonly from: number;
  readonly bytes: number;
}

interface Part {
  readonly bytes: Buffer;
  /** Of the whole object. */
  readonly wholeBytes: number;
}

/** Undefined if the object is gone. */
type GetPart = (wanted: WantedPart, signal: AbortSignal) => Promise<Part | undefined>;

async function getPart(
  place: S3Place,
  client: () => Promise<S3Client>,
  { key, from, bytes: limitBytes }: WantedPart,
  signal: AbortSignal,
): Promise<Part | undefined> {
  const name = nameOf(place, key);
  const s3 = await unlessAborted(client(), signal, name);
  try {
    const answer = await s3.get(key, `bytes=${from}-${from + limitBytes - 1}`, signal);
    const bytes = await unlessAborted(firstBytes(answer.Body, limitBytes), signal, name);
    return { bytes, wholeBytes: wholeLength(answer) };
  } catch (thrown) {
    if (isMissingObject(thrown)) return undefined;
    if (isEmptyObject(thrown)) return { bytes: Buffer.alloc(0), wholeBytes: 0 };
    if (isWithheld(thrown)) throw closedObject(name);
    throw toS3Error(place, thrown, key);
  }
}

/** Throws a WalguardError. */
async function openObject(
  place: S3Place,
  s3: S3Client,
  { key, fromByte }: { readonly key: string; readonly fromByte: number },
  signal: AbortSignal,
): Promise<OpenedObject | undefined> {
  try {
    const answer = await s3.get(key, `bytes=${fromByte}-`, signal);
    const isRest = fromByte === 0 || answer.ContentRange?.startsWith(`bytes ${fromByte}-`) === true;
    if (!isRest) throw noRanges(place, key);
    const { Body: body, ContentLength: bytes, ETag: etag } = answer;
    return { body: (body ?? []) as AsyncIterable<Uint8Array>, bytes, etag };
  } catch (thrown) {
    if (isMissingObject(thrown)) return undefined;
    if (isEmptyObject(thrown)) return { body: NO_PIECES, bytes: 0, etag: undefined };
    throw toS3Error(place, thrown, key);
  }
}

function noRanges(place: S3Place, key: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `${nameOf(place, printable(key))} cannot be read from its middle on`, {
    hint: 'The connection broke off, and this server sends objects only whole. Look after the network, and start again.',
  });
}

const NO_PIECES: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: noPieces };

async function* noPieces(): AsyncGenerator<Uint8Array> {}

async function readEnds(
  get: GetPart,
  { key, sizeBytes }: S3Key,
  { headBytes, tailBytes }: EndsWanted,
  signal: AbortSignal,
): Promise<FileEnds | undefined> {
  if (tailBytes > 0 && sizeBytes <= headBytes + tailBytes) {
    const whole = await get({ key, from: 0, bytes: headBytes + tailBytes }, signal);
    return whole === undefined ? undefined : endsOf(whole.bytes, { headBytes, tailBytes });
  }
  const head = await get({ key, from: 0, bytes: headBytes }, signal);
  if (head === undefined) return undefined;
  const from = Math.max(0, head.wholeBytes - tailBytes);
  const tail = tailBytes === 0 ? NOTHING : await get({ key, from, bytes: tailBytes }, signal);
  return tail === undefined ? undefined : { head: head.bytes, tail: tail.bytes, sizeBytes: head.wholeBytes };
}

const NOTHING: Part = { bytes: Buffer.alloc(0), wholeBytes: 0 };

function endsOf(bytes: Buffer, { headBytes, tailBytes }: EndsWanted): FileEnds {
  const tail = bytes.subarray(Math.max(0, bytes.length - tailBytes));
  return { head: bytes.subarray(0, headBytes), tail, sizeBytes: bytes.length };
}
