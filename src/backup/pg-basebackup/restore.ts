import { join } from 'node:path';

import type { RestoredCopy, RestoreRequest, Restorer } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import { copyFolder } from '../../storage/copy-folder.ts';

/** Copies back what pg_basebackup wrote in plain format. @param path the folder of the backups, as the source has it */
export function baseBackupRestorer(path: string): Restorer {
  return {
    method: 'pg_basebackup',
    restore: (request) => restorePlain(path, request),
  };
}

async function restorePlain(path: string, request: RestoreRequest): Promise<RestoredCopy> {
  const { chain, dataDirectory, progress, signal } = request;
  const [backup, ...others] = chain;
  if (backup === undefined || others.length > 0)
    throw new WalguardError('DRILL_RESTORE_FAILED', 'a chain of incremental backups cannot be restored yet', {
      hint: 'Make a full backup.',
    });
  const from = join(path, backup.label);
  const bytes = await copyFolder({ from, to: dataDirectory, progress, signal });
  return { bytes, verifiedBy: undefined };
}
