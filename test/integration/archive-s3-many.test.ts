import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { archiveIn, putSegments, useCredentials } from '../support/s3-archive.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';
import { NOTHING_KNOWN } from '../support/wal-archive.ts';

const SEGMENTS = 250_000;
const LOOKS = 50;

let server: S3Server;

beforeAll(async () => {
  useCredentials();
  server = await startS3Server();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

it('a bucket of 250,000 segments takes a request for each thousand, and some for what was not looked into', async () => {
  const [, missing = ''] = putSegments(server, 'wal/', 1, SEGMENTS + 1);
  server.delete(`wal/${missing}`);
  const archive = archiveIn(server, 'wal/', { looksPerReading: LOOKS });
  const signal = AbortSignal.timeout(280_000);
  const asked = (): Readonly<Record<string, number>> => {
    const kinds = server.take().map(({ kind }) => kind);
    return { list: kinds.filter((kind) => kind === 'list').length, get: kinds.filter((kind) => kind === 'get').length };
  };

  const first = await archive.read(NOTHING_KNOWN, signal);
  expect(asked()).toEqual({ list: SEGMENTS / 1_000, get: LOOKS });
  expect(first.timelines[0]?.segments).toHaveLength(SEGMENTS);
  expect([...(first.timelines[0]?.segments.subarray(0, 2) ?? [])]).toEqual([1, 3]);
  expect(first.unverified).toBe(SEGMENTS - LOOKS);
}, 300_000);
