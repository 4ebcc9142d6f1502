import { join } from 'node:path';

import type { FindCopy, Restorer } from '../../core/drill.ts';
import { systemCode, WalguardError } from '../../core/error.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { readHead } from '../../storage/read-file.ts';
import { tablespacesIn } from './tablespaces.ts';

export interface BarmanRestoreOptions {
  /** Of Barman (barman_home); undefined if it is asked through its program. */
  readonly path: string | undefined;
  readonly server: string;
  /** What puts back copies as pg_basebackup makes them; so does Barman, plain or packed, and incremental ones. */
  readonly copies: (find: FindCopy) => Restorer['restore'];
}

const MAX_INFO_BYTES = 1_048_576;

/** Puts back copies out of Barman's own files: a data directory, and a folder for each tablespace. */
export function restoreBarman({ path, server, copies }: BarmanRestoreOptions): Restorer {
  const find: FindCopy = async ({ label, encrypted }) => {
    if (path === undefined) throw noFiles(server);
    if (encrypted === true) throw encryptedCopy(label);
    const home = join(path, server);
    const folder = join(home, 'base', label);
    const oids = tablespacesIn(await readInfo(home, label));
    // Of rsync: it leaves the links out.
    const tablespaces = new Map(oids.map((oid) => [oid, join(folder, oid)] as const));
    return { folders: [join(folder, 'data')], tablespaces };
  };
  return { method: 'barman', restore: copies(find) };
}

/** Where the catalogue reads it, too: since 3.13.2 the one in `meta` is the newer, and may be the only one. */
async function readInfo(home: string, id: string): Promise<string> {
  const paths = [join(home, 'meta', `${id}-backup.info`), join(home, 'base', id, 'backup.info')];
  for (const path of paths)
    try {
      return (await readHead(path, MAX_INFO_BYTES)).toString('utf8');
    } catch (thrown) {
      if (systemCode(thrown) !== 'ENOENT') throw unreadableSource(path, thrown);
    }
  throw new WalguardError('BACKUP_INCOMPLETE', `${id} of Barman has no backup.info any more`, {
    hint: 'Look for what removed it: barman delete, or its retention, while the drill ran?',
  });
}

function noFiles(server: string): WalguardError {
  return new WalguardError('DRILL_NO_METHOD', `the backups of ${server} are known through Barman's program only`, {
    hint: 'Give path (barman_home) to this source, and run the drill on the host of Barman as a user who may read it.',
  });
}

function encryptedCopy(label: string): WalguardError {
  return new WalguardError('DRILL_NO_METHOD', `${label} of Barman is encrypted, and walguard has no key`, {
    hint: 'Restore it by barman restore, or drill with a backup that is not encrypted.',
  });
}
