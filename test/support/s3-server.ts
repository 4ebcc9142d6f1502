import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { objectionTo, type S3Key, type S3Objection } from './s3-signature.ts';

export const BUCKET = 'backups';
export const KEY: S3Key = { id: 'AKIAWALGUARDTESTS', secret: 'hunter2/with+slash' };

/** The variables with which only these credentials are found, whatever the machine has. */
export function credentialsOf({ id, secret }: S3Key = KEY): Readonly<Record<string, string>> {
  return { ...NO_CREDENTIALS, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
}

export const NO_CREDENTIALS: Readonly<Record<string, string>> = {
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_PROFILE: '',
};

/** An object whose content is zeros behind what is given of it. */
export interface StoredObject {
  readonly bytes: Buffer;
  readonly sizeBytes: number;
  readonly timeSeconds: number;
  readonly etag: string;
}

export interface S3Request {
  readonly method: string;
  readonly kind: 'list' | 'get' | 'other';
  /** Undefined for a listing. */
  readonly key: string | undefined;
  readonly query: URLSearchParams;
  /** As HTTP has it: `bytes=0-` is all of an object. */
  readonly range: string | undefined;
}

/** What becomes of a request: an error of S3, no answer, a web page, half of what is asked for; undefined is the usual answer. */
export type Fault = S3Objection | 'hang' | 'page' | 'half' | undefined;

export interface S3ServerOptions {
  /** Speaks TLS with it. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Listens where containers of this machine reach it, and not only on the loopback address. */
  readonly isForContainers?: boolean;
}

/** One bucket that verifies signatures, lists and gets as S3 does, and fails as it is told. It knows nothing that writes. */
export class S3Server implements AsyncDisposable {
  /** All that was asked, until it is taken. */
  readonly requests: S3Request[] = [];
  /** Asked for each request that is signed well. */
  fault: (request: S3Request) => Fault = () => undefined;
  readonly #objects = new Map<string, StoredObject>();
  #sorted: readonly string[] | undefined;
  readonly #server: Server;
  readonly #scheme: string;

  constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  put(key: string, bytes: Buffer | string, also: Partial<StoredObject> = {}): void {
    const content = Buffer.from(bytes);
    const etag = `"${createHash('md5').update(content).digest('hex')}"`;
    this.#objects.set(key, { bytes: content, sizeBytes: content.length, timeSeconds: 1_700_000_000, etag, ...also });
    this.#sorted = undefined;
  }

  delete(key: string): void {
    this.#objects.delete(key);
    this.#sorted = undefined;
  }

  /** Puts all files of a folder below a prefix. */
  async putFolder(folder: string, prefix: string): Promise<void> {
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const timeSeconds = Math.floor((await stat(path)).mtimeMs / 1_000);
      this.put(prefix + name, await readFile(path), { timeSeconds });
    }
  }

  /** What was asked since the last time this was. */
  take(): readonly S3Request[] {
    return this.requests.splice(0);
  }

  readonly answer: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
    const [, bucket, ...rest] = pathname.split('/').map(decodeURIComponent);
    const isListing = searchParams.get('list-type') === '2';
    const method = request.method ?? '';
    const kind = method !== 'GET' ? 'other' : isListing ? 'list' : 'get';
    const { range } = request.headers;
    const asked: S3Request = { method, kind, key: isListing ? undefined : rest.join('/'), query: searchParams, range };
    this.requests.push(asked);
    const fault = objectionTo(request, KEY) ?? this.fault(asked);
    if (fault === 'hang') return;
    if (fault === 'page') response.writeHead(200, { 'content-type': 'text/html' }).end('<html><p>Hello</p></html>');
    else if (fault !== undefined && fault !== 'half') refuse(response, fault);
    else if (kind === 'other') refuse(response, { status: 405, code: 'MethodNotAllowed' });
    else if (bucket !== BUCKET) refuse(response, { status: 404, code: 'NoSuchBucket' });
    else if (isListing) this.#list(searchParams, response);
    else sendObject(this.#objects.get(asked.key ?? ''), { request, response, isHalf: fault === 'half' });
  };

  #list(query: URLSearchParams, response: ServerResponse): void {
    const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
    const after = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString();
    this.#sorted ??= [...this.#objects.keys()].toSorted(byBytes);
    const sorted = this.#sorted;
    const parts: string[] = [];
    let last = after;
    let index = firstBehind(sorted, after > prefix ? after : prefix, after < prefix);
    while (index < sorted.length && parts.length < PAGE_KEYS) {
      const key = sorted[index] ?? '';
      if (!key.startsWith(prefix)) break;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end === -1) {
        parts.push(contentsXml(key, this.#objects.get(key)));
        last = key;
        index += 1;
      } else {
        const folder = key.slice(0, end + 1);
        parts.push(`<CommonPrefixes><Prefix>${encodeKey(folder)}</Prefix></CommonPrefixes>`);
        last = `${folder}\uffff`;
        index = firstBehind(sorted, last, false);
      }
    }
    const isTruncated = (sorted[index] ?? '').startsWith(prefix) && index < sorted.length;
    const next = `<NextContinuationToken>${Buffer.from(last).toString('base64')}</NextContinuationToken>`;
    const head = `<Name>${BUCKET}</Name><EncodingType>url</EncodingType><KeyCount>${parts.length}</KeyCount>`;
    const truncated = `<IsTruncated>${isTruncated}</IsTruncated>${isTruncated ? next : ''}`;
    sendXml(response, 200, `<ListBucketResult>${head}${truncated}${parts.join('')}</ListBucketResult>`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const PAGE_KEYS = 1_000;

/** Starts it on a free port. */
export async function startS3Server({ tls, isForContainers = false }: S3ServerOptions = {}): Promise<S3Server> {
  const answer: RequestListener = (request, response) => server.answer(request, response);
  const http =
    tls === undefined ? createServer(answer) : createTlsServer({ cert: tls.certificate, key: tls.key }, answer);
  const server = new S3Server(http, tls === undefined ? 'http' : 'https');
  http.listen(0, isForContainers ? '0.0.0.0' : '127.0.0.1');
  await once(http, 'listening');
  return server;
}

/** Index of the first key behind this one, or that is this one. */
function firstBehind(sorted: readonly string[], key: string, inclusive: boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = byBytes(sorted[middle] ?? '', key);
    if (order < 0 || (order === 0 && !inclusive)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** As S3 sorts, but for characters beyond U+FFFF. */
function byBytes(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function contentsXml(key: string, object: StoredObject | undefined): string {
  const time = new Date((object?.timeSeconds ?? 0) * 1_000).toISOString();
  const etag = (object?.etag ?? '').replaceAll('"', '&quot;');
  return `<Contents><Key>${encodeKey(key)}</Key><LastModified>${time}</LastModified><ETag>${etag}</ETag><Size>${object?.sizeBytes}</Size></Contents>`;
}

/** As AWS does it: a space is a plus. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}

interface Sending {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The connection breaks off in the middle of the body. */
  readonly isHalf: boolean;
}

function sendObject(object: StoredObject | undefined, { request, response, isHalf }: Sending): void {
  if (object === undefined) return refuse(response, { status: 404, code: 'NoSuchKey' });
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? 'bytes=0-') ?? [];
  const first = from === '' ? Math.max(0, object.sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? object.sizeBytes - 1 : Math.min(Number(to), object.sizeBytes - 1);
  if (first > last) return refuse(response, { status: 416, code: 'InvalidRange' });
  const body = Buffer.alloc(last - first + 1);
  object.bytes.subarray(first, last + 1).copy(body);
  const range = `bytes ${first}-${last}/${object.sizeBytes}`;
  response.writeHead(206, { 'content-range': range, 'content-length': body.length, etag: object.etag });
  if (isHalf) response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  else response.end(body);
}

/** As AWS does it the message tells what was sent. */
function refuse(response: ServerResponse, { status, code }: S3Objection): void {
  sendXml(response, status, `<Error><Code>${code}</Code><Message>${KEY.id} ${KEY.secret}</Message></Error>`);
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${xml}`);
}
