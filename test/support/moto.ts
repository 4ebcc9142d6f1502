import { type ChildProcess, spawn } from 'node:child_process';

import { Reaper, waitFor } from '../../servers/index.ts';
import type { S3Key } from './s3-signature.ts';

/** moto: an S3 and an IAM of others, which verify signatures and policies once they are told to. */
export interface Moto extends AsyncDisposable {
  readonly url: string;
  readonly createBucket: (bucket: string) => Promise<void>;
  readonly put: (bucket: string, key: string, body: Buffer | string) => Promise<void>;
  /** Up to a thousand that begin so. */
  readonly keys: (bucket: string, prefix: string) => Promise<readonly string[]>;
  readonly get: (bucket: string, key: string) => Promise<Buffer>;
  readonly delete: (bucket: string, key: string) => Promise<void>;
  /** A user with this policy and no other right; returns its key. */
  readonly createUser: (name: string, statements: readonly unknown[]) => Promise<S3Key>;
  /** From now on, or no more. */
  readonly verify: (isVerified: boolean) => Promise<void>;
  /** What it wrote: a line for each request. */
  readonly log: () => string;
}

export const MOTO_BUCKET = 'acme-wal';

/** As docs/recoverability.md says. */
export const LEAST_RIGHTS: readonly unknown[] = [
  { Effect: 'Allow', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${MOTO_BUCKET}` },
  { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${MOTO_BUCKET}/*` },
];

const NEVER = '1000000000';
const RUNNING = /Running on (http:\/\/127\.0\.0\.1:\d+)/;

/** Starts the program of `.ci/moto`: MOTO_SERVER, else `moto_server` of the PATH. */
export async function startMoto(): Promise<Moto> {
  const child = spawn(process.env['MOTO_SERVER'] ?? 'moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: NEVER },
  });
  const reaper = new Reaper();
  if (child.pid !== undefined) reaper.watch(child.pid);
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  child.once('error', (error) => (log += error.message));
  const stop = async (): Promise<void> => {
    await end(child);
    reaper.release();
  };
  try {
    await waitFor('moto to listen', () => child.exitCode !== null || RUNNING.test(log), 60_000);
    if (child.exitCode !== null) throw new Error('moto ended by itself.');
  } catch (error) {
    await stop();
    throw new Error(`moto did not start. It wrote:\n${log}`, { cause: error });
  }

  const [, url = ''] = RUNNING.exec(log) ?? [];
  const ask = async (service: string, path: string, init: Pick<RequestInit, 'method' | 'body'>): Promise<Buffer> => {
    const headers = { authorization: authorizationFor(service), 'x-amz-date': '20260101T000000Z' };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    const body = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw new Error(`moto: ${init.method} ${path}: ${response.status} ${body.toString()}`);
    return body;
  };
  const send = async (...asked: Parameters<typeof ask>): Promise<string> => (await ask(...asked)).toString();
  const iam = (fields: Readonly<Record<string, string>>): Promise<string> =>
    send('iam', '/', { method: 'POST', body: new URLSearchParams({ Version: '2010-05-08', ...fields }) });
  const pathOf = (bucket: string, key: string): string =>
    `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

  return {
    url,
    async createBucket(bucket) {
      await send('s3', `/${bucket}`, { method: 'PUT' });
    },
    async put(bucket, key, body) {
      await send('s3', pathOf(bucket, key), { method: 'PUT', body: new Uint8Array(Buffer.from(body)) });
    },
    async keys(bucket, prefix) {
      const text = await send('s3', `/${bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`, { method: 'GET' });
      return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
    },
    get: (bucket, key) => ask('s3', pathOf(bucket, key), { method: 'GET' }),
    async delete(bucket, key) {
      await send('s3', pathOf(bucket, key), { method: 'DELETE' });
    },
    async createUser(name, statements) {
      await iam({ Action: 'CreateUser', UserName: name });
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statements });
      await iam({ Action: 'PutUserPolicy', UserName: name, PolicyName: 'only', PolicyDocument });
      const text = await iam({ Action: 'CreateAccessKey', UserName: name });
      return { id: contentOf(text, 'AccessKeyId'), secret: contentOf(text, 'SecretAccessKey') };
    },
    async verify(isVerified) {
      await send('s3', '/moto-api/reset-auth', { method: 'POST', body: isVerified ? '0' : NEVER });
    },
    log: () => log,
    [Symbol.asyncDispose]: stop,
  };
}

/** Nobody verifies it yet; it names the service that is meant. */
function authorizationFor(service: string): string {
  const scope = `setup/20260101/us-east-1/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
}

function contentOf(xml: string, name: string): string {
  const [, text = ''] = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml) ?? [];
  return text;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
}
