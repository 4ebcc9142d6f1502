import { join } from 'node:path';

import type { Restorer } from '../../core/drill.ts';
import { systemCode, WalguardError } from '../../core/error.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { readHead } from '../../storage/read-file.ts';
import { tablespacesIn } from './tablespaces.ts';

export interface BarmanRestoreOptions {
  /** Of Barman (barman_home); undefined if it is asked through its program. */
  readonly path: string | undefined;
  readonly server: string;
  /** What puts back copies as pg_basebackup makes them; so does Barman, plain or packed. */
  readonly copies: (place: CopyPlace) => Restorer;
}

/** One copy of Barman. */
export interface CopyPlace {
  /** The folder that holds the data directory, which is called `data`. */
  readonly path: string;
  /** Folders of tablespaces that no link leads to, by their OIDs: rsync leaves the links out. */
  readonly tablespaces: ReadonlyMap<string, string>;
}

const MAX_INFO_BYTES = 1_048_576;

/** Puts back copies out of Barman's own files: a data directory, and a folder for each tablespace. */
export function restoreBarman({ path, server, copies }: BarmanRestoreOptions): Restorer {
  return {
    method: 'barman',
    async restore(request) {
      const [backup] = request.chain.slice(-1);
      if (path === undefined || backup === undefined || request.chain.length > 1) throw notByFiles(path, server);
      const folder = join(path, server, 'base', backup.label);
      const info = await readInfo(join(path, server), backup.label);
      const tablespaces = tablespacesIn(info).map((oid) => [oid, join(folder, oid)] as const);
      const restorer = copies({ path: folder, tablespaces: new Map(tablespaces) });
      return await restorer.restore({ ...request, chain: [{ ...backup, label: 'data' }] });
    },
  };
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

function notByFiles(path: string | undefined, server: string): WalguardError {
  return path === undefined
    ? new WalguardError('DRILL_NO_METHOD', `the backups of ${server} are known through Barman's program only`, {
        hint: 'Give path (barman_home) to this source, and run the drill on the host of Barman as a user who may read it.',
      })
    : new WalguardError('DRILL_NO_METHOD', `an incremental backup of ${server} needs Barman to put it together`, {
        hint: 'Drill with a full backup, or restore this one by barman restore.',
      });
}
