import type { ArchiveContents } from '../../core/catalogue.ts';

/** An archive into which nothing was put yet. */
export function emptyArchive(systemIdentifier: string | undefined): ArchiveContents {
  return {
    segmentBytes: undefined,
    systemIdentifier,
    timelines: [],
    histories: new Map(),
    partials: [],
    labels: [],
    badFiles: [],
    foreignFiles: 0,
    duplicates: 0,
    unverified: 0,
    readAtSeconds: Date.now() / 1000,
  };
}
