import { vi } from 'vitest';

import { createS3Archive, type S3ArchiveOptions } from '../../src/archive/s3/index.ts';
import type { ArchiveSource } from '../../src/core/catalogue.ts';
import { segmentName } from '../../src/core/segments.ts';
import type { S3Place } from '../../src/storage/s3-place.ts';
import { BUCKET, credentialsOf, type S3Server } from './s3-server.ts';
import { MADE_SEGMENT_BYTES, walHeader } from './wal-file.ts';

/** The bucket of a server of the tests. */
export function placeOf({ url }: Pick<S3Server, 'url'>, also: Partial<S3Place> = {}): S3Place {
  return { bucket: BUCKET, endpoint: url, region: undefined, pathStyle: true, profile: undefined, ...also };
}

export function archiveIn(
  server: Pick<S3Server, 'url'>,
  prefix: string,
  also: Partial<S3ArchiveOptions> = {},
): ArchiveSource {
  return createS3Archive({ place: placeOf(server), prefix, ...also });
}

/** Until vi.unstubAllEnvs the SDK of this process finds these, and nothing of the machine's. */
export function useCredentials(variables: Readonly<Record<string, string>> = credentialsOf()): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

/** Puts consecutive segments of 1 MB that have a header and else nothing; returns their names. */
export function putSegments(server: S3Server, prefix: string, first: number, count: number): readonly string[] {
  const names: string[] = [];
  for (let segment = first; segment < first + count; segment += 1) {
    const name = segmentName(1, segment, MADE_SEGMENT_BYTES);
    const timeSeconds = 1_700_000_000 + segment;
    server.put(prefix + name, walHeader(1, segment), { sizeBytes: MADE_SEGMENT_BYTES, timeSeconds });
    names.push(name);
  }
  return names;
}
