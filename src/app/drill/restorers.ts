import { directorySupplier } from '../../archive/directory/supply.ts';
import { baseBackupRestorer } from '../../backup/pg-basebackup/restore.ts';
import type { Environment } from '../../config/given.ts';
import type { ArchiveSettings, BackupSettings } from '../../config/source-methods.ts';
import type { Restorer, WalSupplier } from '../../core/drill.ts';

/** What restores, of its settings. Undefined: walguard cannot. @param env walguard's own, of which programs get the harmless part */
type Makers<Settings extends { readonly method: string }, Made> = {
  readonly [Name in Settings['method']]:
    | ((settings: Extract<Settings, { readonly method: Name }>, env: Environment) => Made)
    | undefined;
};

/** Every way to put backups back; app/sources.ts has every way to read them. */
const RESTORERS: Makers<BackupSettings, Restorer> = {
  pg_basebackup: ({ path }) => baseBackupRestorer(path),
  pgbackrest: undefined,
  wal_g: undefined,
  barman: undefined,
  barman_cloud: undefined,
};

/** Every way to get WAL out of an archive. */
const SUPPLIERS: Makers<ArchiveSettings, WalSupplier> = {
  directory: ({ path }) => directorySupplier(path),
  s3: undefined,
  pgbackrest: undefined,
  wal_g: undefined,
  barman: undefined,
};

export function toRestorer(settings: BackupSettings, env: Environment): Restorer | undefined {
  return make(RESTORERS, settings, env);
}

export function toSupplier(settings: ArchiveSettings, env: Environment): WalSupplier | undefined {
  return make(SUPPLIERS, settings, env);
}

/** The maker takes the settings of its own method: that the two belong together is how it was found. */
function make<Settings extends { readonly method: string }, Made>(
  makers: Makers<Settings, Made>,
  settings: Settings,
  env: Environment,
): Made | undefined {
  const maker = makers[settings.method as Settings['method']] as
    | ((settings: Settings, env: Environment) => Made)
    | undefined;
  return maker?.(settings, env);
}
