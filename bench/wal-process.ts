/**
 * Reads an archive of WAL and says what follows from it, in a process of its own: each message but the first is a
 * reading; the answer has the figures of it.
 */
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { createDirectoryArchive } from '../src/archive/directory/index.ts';
import type { ArchiveContents, Backup } from '../src/core/catalogue.ts';
import { startOfSegment } from '../src/core/segments.ts';
import { assess } from '../src/recoverability/assess.ts';
import { NOTHING_WANTED } from '../test/support/recoverability.ts';
import { memoryOf } from './process-figures.ts';

/** The first message: which folder. */
export interface WalOrder {
  readonly path: string;
}

/** What one reading took. */
export interface WalReading {
  readonly listMs: number;
  readonly assessMs: number;
  readonly segments: number;
  readonly unverified: number;
  readonly gaps: number;
  readonly badFiles: number;
  /** Of the event loop, by the listing; the assessment is one block. */
  readonly longestBlockMs: number;
  /** Of the process, until now; undefined where the system has no /proc. */
  readonly peakRssMb: number | undefined;
}

const [order] = (await once(process, 'message')) as [WalOrder];
const source = createDirectoryArchive({ path: order.path });
process.on('message', () => void answer());
process.send?.('ready');

async function answer(): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  const signal = AbortSignal.timeout(600_000);
  const archive = await source.read({ segmentBytes: undefined, systemIdentifier: undefined }, signal);
  const listed = performance.now();
  delay.disable();
  const gaps = countGaps(archive);
  const ended = performance.now();
  const reading: WalReading = {
    listMs: listed - started,
    assessMs: ended - listed,
    segments: archive.timelines.reduce((sum, { segments }) => sum + segments.length, 0),
    unverified: archive.unverified,
    gaps,
    badFiles: archive.badFiles.length,
    longestBlockMs: delay.max / 1e6,
    // Not getrusage's: a process inherits the most that its parent ever held.
    peakRssMb: (await memoryOf(process.pid))?.peakMb,
  };
  process.send?.(reading);
}

/** With a backup at the beginning, so that all of the archive is looked at. */
function countGaps(archive: ArchiveContents): number {
  const [{ segments, times, timeline } = { segments: [], times: [], timeline: 1 }] = archive.timelines;
  const start = startOfSegment(segments[0] ?? 0, archive.segmentBytes ?? 16_777_216);
  const backup: Backup = {
    label: 'first',
    type: 'full',
    startTimeSeconds: times[0],
    stopTimeSeconds: times[0] ?? 0,
    wal: { timeline, start, stop: start + 256n, included: false },
    systemIdentifier: archive.systemIdentifier,
    majorVersion: undefined,
    needs: [],
    hasErrors: false,
    sizeBytes: undefined,
    storedBytes: undefined,
  };
  const catalogue = { backups: [backup], running: [], lastFailureSeconds: undefined, problems: [] };
  const { repositories } = assess({
    nowSeconds: archive.readAtSeconds,
    server: undefined,
    heartbeats: [],
    policy: { rpoSeconds: undefined, rtoSeconds: undefined },
    repositories: [{ name: 'bench', policy: NOTHING_WANTED, archive, catalogue }],
    sources: [],
  });
  return repositories[0]?.gaps.length ?? 0;
}
