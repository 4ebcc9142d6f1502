import type { RunningBackup } from '../../core/catalogue.ts';
import { readBackupName } from './backup-name.ts';
import type { Files } from './files.ts';

/** A backup without a sentinel: it runs, or was interrupted; how long it has been quiet decides. */
export interface Unfinished {
  /** Unix seconds by the storage's clock. */
  readonly changedSeconds: number;
  /** When it was first seen with this last change, by walguard's clock. */
  readonly sinceSeconds: number;
  readonly running: RunningBackup;
}

/** Undefined if it is no folder. */
export async function lookAtUnfinished(
  path: string,
  files: Files,
  known: Unfinished | undefined,
): Promise<Unfinished | undefined> {
  const facts = await files.facts(path);
  if (facts?.kind !== 'folder') return undefined;
  let changedSeconds = facts.timeSeconds;
  let doneBytes = 0;
  for (const part of await partsOf(path, files)) {
    const { timeSeconds, sizeBytes } = (await files.facts(part)) ?? { timeSeconds: 0, sizeBytes: 0 };
    changedSeconds = Math.max(changedSeconds, timeSeconds);
    doneBytes += sizeBytes;
  }
  return {
    changedSeconds,
    sinceSeconds: known?.changedSeconds === changedSeconds ? known.sinceSeconds : Date.now() / 1000,
    running: { ...unknownRun(path.slice(path.lastIndexOf('/') + 1)), doneBytes },
  };
}

/** A run of which only the name is known. */
export function unknownRun(label: string): RunningBackup {
  const isDelta = readBackupName(label)?.parentFile !== undefined;
  const type = isDelta ? 'incremental' : 'full';
  return { type, startTimeSeconds: undefined, doneBytes: undefined, expectedBytes: undefined };
}

async function partsOf(path: string, files: Files): Promise<readonly string[]> {
  const folder = `${path}/tar_partitions`;
  const facts = await files.facts(folder);
  return facts?.kind === 'folder' ? (await files.names(folder)).map((name) => `${folder}/${name}`) : [];
}
