import { join } from 'node:path';

import type { RestoreRequest } from '../../core/drill.ts';
import { failedRestore, UNLIMITED_MS } from '../../process/restoring.ts';
import { runProgram } from '../../process/run-program.ts';
import type { Copying } from './copying.ts';
import type { FoundCopy } from './layout.ts';

export interface Combining {
  /** The full backup first, the wanted one last. */
  readonly copies: readonly FoundCopy[];
  readonly request: RestoreRequest;
  /** Puts one copy back, or only looks through it; true if it was compared with a manifest. */
  readonly restoreOne: (
    copy: FoundCopy,
    to: Copying['to'],
    tablespace: NonNullable<Copying['tablespace']>,
  ) => Promise<boolean>;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Makes one data directory of a full backup and the incremental ones behind it, by pg_combinebackup (17 and newer). What
 * is packed is unpacked beside it first. Throws SOURCE_PROGRAM_MISSING, DRILL_RESTORE_FAILED, and what restoring one
 * throws.
 *
 * @returns true if all were compared with a manifest
 */
export async function combine({ copies, request, restoreOne, environment }: Combining): Promise<boolean> {
  const folders: string[] = [];
  let isProven = true;
  let tablespaces = new Map<string, string>();
  for (const [index, copy] of copies.entries()) {
    const to = copy.layout.kind === 'plain' ? undefined : placeOf(request.scratchDirectory, index);
    tablespaces = new Map();
    const told = tablespaces;
    isProven = (await restoreOne(copy, to, (oid, folder) => told.set(oid, folder))) && isProven;
    folders.push(to?.dataDirectory ?? copy.path);
  }
  const mapped = [...tablespaces].map(
    ([oid, from]) => `--tablespace-mapping=${escaped(from)}=${escaped(join(request.tablespaceDirectory, oid))}`,
  );
  const program = join(request.programDirectory, 'pg_combinebackup');
  const argv = [program, '--no-manifest', '--no-sync', ...mapped, '-o', request.dataDirectory, ...folders];
  const result = await runProgram({ prefix: [], environment, timeoutMs: UNLIMITED_MS }, argv, request.signal);
  if (result.exitCode !== 0)
    throw failedRestore(result, 'Make a full backup now: this chain of incremental ones cannot be put together.');
  return isProven;
}

function placeOf(scratch: string, index: number): NonNullable<Copying['to']> {
  const folder = join(scratch, 'chain', String(index));
  return { dataDirectory: join(folder, 'data'), tablespaceDirectory: join(folder, 'tablespaces') };
}

/** In a mapping, `=` stands between two paths. */
function escaped(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll('=', String.raw`\=`);
}
