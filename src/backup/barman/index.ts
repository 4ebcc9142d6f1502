import type { BackupSource } from '../../core/catalogue.ts';
import { barmanFolder } from './folder.ts';
import { barmanProgram, type BarmanProgramOptions } from './program.ts';

export interface BarmanOptions extends BarmanProgramOptions {
  /** Of Barman (barman_home), if it is a folder that walguard may read; else Barman is asked. */
  readonly path: string | undefined;
}

/** The backups of one server of Barman. */
export function barmanBackups(options: BarmanOptions): BackupSource {
  const { path, server } = options;
  return path === undefined ? barmanProgram(options) : barmanFolder({ path, server });
}
