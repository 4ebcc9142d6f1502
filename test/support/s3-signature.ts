import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface S3Key {
  readonly id: string;
  readonly secret: string;
}

/** What a server objects to. */
export interface S3Objection {
  readonly status: number;
  readonly code: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const MOST_SKEW_MS = 900_000;

/** Verifies the signature (version 4) of a request without a body; undefined if it is good. */
export function objectionTo(request: IncomingMessage, key: S3Key): S3Objection | undefined {
  const { authorization = '', 'x-amz-date': date } = request.headers;
  const [, id, day = '', region = '', names = '', signature] = AUTHORIZATION.exec(authorization) ?? [];
  if (id === undefined || typeof date !== 'string') return { status: 403, code: 'AccessDenied' };
  if (id !== key.id) return { status: 403, code: 'InvalidAccessKeyId' };
  if (Math.abs(timeOf(date) - Date.now()) > MOST_SKEW_MS) return { status: 403, code: 'RequestTimeTooSkewed' };
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonicalRequest(request, names))].join('\n');
  const signing = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${key.secret}`,
  );
  const wanted = createHmac('sha256', signing).update(text).digest('hex');
  return wanted === signature ? undefined : { status: 403, code: 'SignatureDoesNotMatch' };
}

function canonicalRequest(request: IncomingMessage, names: string): string {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const sorted = query === '' ? '' : query.split('&').toSorted().join('&');
  const headers = names.split(';').map((name) => `${name}:${headerOf(request, name)}\n`);
  return [request.method, path, sorted, headers.join(''), names, headerOf(request, 'x-amz-content-sha256')].join('\n');
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name] ?? '';
  return (typeof value === 'string' ? value : value.join(',')).trim().replaceAll(/ +/g, ' ');
}

/** 20261122T101112Z */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
