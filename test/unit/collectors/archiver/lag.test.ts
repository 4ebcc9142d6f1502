import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archiveLag, type ArchiveLag } from '../../../../src/collectors/archiver/lag.ts';
import type { ArchiverReading } from '../../../../src/collectors/archiver/reading.ts';
import { parseWalFileName } from '../../../../src/core/lsn.ts';
import { MIB, readingOf } from './readings.ts';

const SIZES = [MIB, 16 * MIB, 1024 * MIB] as const;

/** The name of a segment by its number from the start of the WAL. */
function walName(segment: number, segmentBytes: number, timeline = 1): string {
  const perLog = 2 ** 32 / segmentBytes;
  return [timeline, Math.floor(segment / perLog), segment % perLog]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

interface Server extends Partial<ArchiverReading> {
  readonly lastArchived?: string | undefined;
  readonly oldestReady?: string | undefined;
}

function lagOf({ lastArchived, oldestReady, ...changes }: Server): ArchiveLag | undefined {
  const reading = readingOf(changes);
  const { segmentBytes } = reading;
  const oldestReadySegment = parseWalFileName(oldestReady ?? '', segmentBytes);
  const archived = parseWalFileName(lastArchived ?? '', segmentBytes);
  return archiveLag({ ...reading, lastArchivedFile: lastArchived, oldestReadySegment }, archived);
}

describe.each(SIZES)('the archive lag with segments of %i bytes', (segmentBytes) => {
  const size = BigInt(segmentBytes);
  const lsn = 9n * size + 272n;
  const server = { segmentBytes, lsn };

  it.each([
    ['is what was written since the last archived segment ended', { lastArchived: walName(8, segmentBytes) }, 272n, 0n],
    [
      'counts the complete segments',
      { lastArchived: walName(5, segmentBytes), readySegments: 3 },
      3n * size + 272n,
      3n,
    ],
    [
      'ends after a .backup file at the present segment where nothing waits: later segments were archived before it',
      { lastArchived: `${walName(4, segmentBytes)}.00000028.backup` },
      272n,
      0n,
    ],
    [
      'starts after a .backup file at the oldest waiting segment',
      {
        lastArchived: `${walName(4, segmentBytes)}.00000028.backup`,
        oldestReady: walName(8, segmentBytes),
        readySegments: 1,
      },
      size + 272n,
      1n,
    ],
    [
      'takes a .backup file for the segment it was archived after where what waits cannot be read',
      { lastArchived: `${walName(7, segmentBytes)}.00000028.backup`, readySegments: undefined },
      size + 272n,
      1n,
    ],
    [
      'takes of a .partial file only the start for archived',
      { lastArchived: `${walName(8, segmentBytes)}.partial` },
      size + 272n,
      1n,
    ],
    [
      'is never negative, though the server switched to the next segment',
      { lastArchived: walName(9, segmentBytes) },
      0n,
      0n,
    ],
    [
      'starts at the oldest waiting segment when nothing was ever archived',
      { oldestReady: walName(2, segmentBytes), readySegments: 7 },
      7n * size + 272n,
      7n,
    ],
    ['ends at the present segment when nothing was ever archived and nothing waits', {}, 272n, 0n],
    [
      'does not depend on what waits where the last archived segment is known',
      { lastArchived: walName(6, segmentBytes), oldestReady: walName(2, segmentBytes) },
      2n * size + 272n,
      2n,
    ],
    [
      'knows no timeline on a standby that archives',
      { lastArchived: walName(7, segmentBytes), timeline: undefined },
      size + 272n,
      1n,
    ],
    [
      'starts at the oldest waiting segment after a switch of the timeline',
      { lastArchived: walName(3, segmentBytes), oldestReady: walName(6, segmentBytes, 2), timeline: 2 },
      3n * size + 272n,
      3n,
    ],
    [
      'starts at a segment of the old timeline if that still waits',
      { lastArchived: walName(3, segmentBytes), oldestReady: walName(4, segmentBytes), timeline: 2 },
      5n * size + 272n,
      5n,
    ],
    [
      'starts at the present segment after a switch of the timeline if nothing waits: all before it is archived',
      { lastArchived: walName(6, segmentBytes), timeline: 2 },
      272n,
      0n,
    ],
    [
      'starts at the end of the old timeline in the archive if what waits cannot be read',
      { lastArchived: walName(6, segmentBytes), timeline: 2, readySegments: undefined },
      2n * size + 272n,
      2n,
    ],
    [
      'starts at the present segment where the new timeline has not reached what the old one archived',
      { lastArchived: walName(30, segmentBytes), timeline: 2 },
      272n,
      0n,
    ],
  ] as const)('%s', (_what, changes, bytes, segments) => {
    expect(lagOf({ ...server, ...changes })).toEqual({ bytes, segments });
  });

  it('is nothing at the boundary when all before it is archived', () => {
    expect(lagOf({ segmentBytes, lsn: 9n * size, lastArchived: walName(8, segmentBytes) })).toEqual({
      bytes: 0n,
      segments: 0n,
    });
  });

  it('is one segment at the boundary when the segment before it is not archived', () => {
    expect(lagOf({ segmentBytes, lsn: 9n * size, lastArchived: walName(7, segmentBytes) })).toEqual({
      bytes: size,
      segments: 1n,
    });
  });

  it('is the same whether the last archived segment or the oldest waiting one tells it', () => {
    const anyPosition = fc.tuple(
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 0, max: 500 }),
      fc.nat(segmentBytes - 1),
    );
    fc.assert(
      fc.property(anyPosition, ([archived, waiting, offset]) => {
        const now = BigInt(archived + waiting) * size + BigInt(offset);
        const known = lagOf({ segmentBytes, lsn: now, lastArchived: walName(archived - 1, segmentBytes) });
        const oldestReady = waiting === 0 ? undefined : walName(archived, segmentBytes);
        const afterReset = lagOf({ segmentBytes, lsn: now, oldestReady, readySegments: waiting });
        expect(known).toEqual({ bytes: BigInt(waiting) * size + BigInt(offset), segments: BigInt(waiting) });
        expect(afterReset).toEqual(known);
      }),
    );
  });
});

describe('the archive lag', () => {
  it('is not known while the position is not', () => {
    expect(lagOf({ lsn: undefined, lastArchived: walName(8, 16 * MIB) })).toBeUndefined();
  });

  it('is not known where nothing was archived and what waits cannot be read', () => {
    expect(lagOf({ readySegments: undefined })).toBeUndefined();
  });

  it('is not known after a switch back of the timeline where what waits cannot be read', () => {
    expect(lagOf({ readySegments: undefined, lastArchived: walName(30, 16 * MIB), timeline: 2 })).toBeUndefined();
  });

  it('is known from the last archived segment alone', () => {
    expect(lagOf({ readySegments: undefined, lastArchived: walName(7, 16 * MIB) })).toEqual({
      bytes: 0x100n,
      segments: 0n,
    });
  });
});
