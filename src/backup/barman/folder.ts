import { join } from 'node:path';

import type { BackupSource } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { type BarmanHome, isAtWork } from './at-work.ts';
import { isDone, newestOf, toCatalogue } from './catalogue.ts';
import type { BarmanBackup } from './facts.ts';
import { findInfos, type FoundInfo, type FoundInfos } from './infos.ts';

/** The backups of one server, read from Barman's own files: no Python is started, and no lock of Barman taken. */
export function barmanFolder(place: BarmanHome): BackupSource {
  const home = join(place.path, place.server);
  let infos: FoundInfos = new Map();
  return {
    method: 'barman',
    async read(signal) {
      infos = await findInfos(home, infos, signal);
      const told = [...infos.values()].map((info) => tell(info, home, place.server));
      const backups = told.flatMap((each) => (each instanceof WalguardError ? [] : [each]));
      const problems = told.flatMap((each) => (each instanceof WalguardError ? [each] : []));
      // Where nothing may be read there is no list of broken backups.
      if (backups.length === 0 && problems[0]?.code === 'SOURCE_UNREADABLE') throw problems[0];
      const newest = newestOf(backups);
      const isRunning =
        newest !== undefined && isBegun(newest) && (await isAtWork(place, newest.id, Date.now() / 1000));
      return toCatalogue(backups, problems, {
        isAlive: () => isRunning,
        failedSeconds: ({ id }) => infos.get(id)?.writtenSeconds,
        removal: (id) => `barman delete ${place.server} ${id}`,
      });
    },
  };
}

function isBegun({ status }: BarmanBackup): boolean {
  return status === 'EMPTY' || status === 'STARTED' || status === 'SYNCING';
}

function tell({ content, hasData }: FoundInfo, home: string, server: string): BarmanBackup | WalguardError {
  if (content instanceof WalguardError || !isDone(content) || hasData !== false) return content;
  // Of a snapshot the copy is at the provider of the disks.
  if (content.mode?.startsWith('snapshot') === true) return content;
  const id = printable(content.id);
  return new WalguardError('BACKUP_INCOMPLETE', `${id} of Barman is no backup: ${home}/base/${id} holds no copy`, {
    hint: `Look for what removed it, then remove the rest with barman delete ${server} ${id}.`,
  });
}
