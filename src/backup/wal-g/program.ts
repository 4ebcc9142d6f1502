import type { BackupSource } from '../../core/catalogue.ts';
import { failedProgram } from '../../process/run-program.ts';
import { runWalG, type WalGPlace } from '../../process/wal-g.ts';
import { parseBackupList, saysNone } from './list.ts';

/** The one command of WAL-G that is called for its backups; it changes nothing. */
const LIST = ['backup-list', '--detail', '--json'];

/** The backups of a storage, as `wal-g backup-list` tells them: wherever it is, and with the keys WAL-G has. */
export function walGProgram(place: WalGPlace): BackupSource {
  return {
    method: 'wal_g',
    read: async (signal) => {
      const result = await runWalG(place, LIST, signal);
      const stdout = result.stdout.toString('utf8');
      if (stdout.trim() === '' && saysNone(result.stderr)) return parseBackupList('[]');
      if (result.exitCode === 0) return parseBackupList(stdout);
      throw failedProgram(result, 'Run it by hand as the user walguard runs as, and correct what it names.');
    },
  };
}
