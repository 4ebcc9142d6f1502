import { join } from 'node:path';

import type { ArchiveSource } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { FILE_ACCESS } from '../../storage/file-access.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { createWalTree, type WalTreeOptions } from '../../storage/wal-tree.ts';
import { readRefused } from './refused.ts';
import { readSystemIdentifier } from './identity.ts';

export interface BarmanArchiveOptions extends WalTreeOptions {
  /** Of Barman (barman_home). */
  readonly path: string;
  /** The name in brackets in Barman's configuration. */
  readonly server: string;
}

/**
 * The WAL of one server of Barman: what it has archived (`wals`), and what it has and did not come to archive yet
 * (`incoming`, `streaming`), which `barman get-wal` gives out and the next `barman archive-wal` moves.
 */
export function createBarmanArchive({ path, server, ...treeOptions }: BarmanArchiveOptions): ArchiveSource {
  const access = treeOptions.access ?? FILE_ACCESS;
  const read = createWalTree(treeOptions);
  const home = join(path, server);
  const place = {
    path: join(home, 'wals'),
    encrypted: false,
    waiting: [join(home, 'incoming'), join(home, 'streaming')],
  };
  return {
    method: 'barman',
    async read(known, signal) {
      try {
        const contents = await read(place, known, signal);
        const refused = await readRefused(join(home, 'errors'), contents.segmentBytes, { access, signal });
        const systemIdentifier =
          contents.systemIdentifier ?? (await readSystemIdentifier(join(home, 'identity.json'), { access, signal }));
        return { ...contents, systemIdentifier, badFiles: [...contents.badFiles, ...refused] };
      } catch (thrown) {
        const error = unreadableSource(home, thrown);
        throw error.code === 'SOURCE_NOT_FOUND' ? noServer(home) : error;
      }
    },
  };
}

function noServer(home: string): WalguardError {
  return new WalguardError('SOURCE_NOT_FOUND', `${home} has no folder wals: Barman keeps no such server there`, {
    hint: 'Correct path (barman_home) and server (the name in brackets in the configuration of Barman); where wals_directory is another folder, configure that with the method directory.',
    where: { file: home },
  });
}
