import { barmanSupplier } from '../../archive/barman/supply.ts';
import { directorySupplier } from '../../archive/directory/supply.ts';
import { pgBackRestSupplier } from '../../archive/pgbackrest/supply.ts';
import { s3Supplier } from '../../archive/s3/supply.ts';
import { walGSupplier } from '../../archive/wal-g/supply.ts';
import { restoreBarmanCloud } from '../../backup/barman/cloud-restore.ts';
import { restoreBarman } from '../../backup/barman/restore.ts';
import { restoreBaseBackups, restoreCopies, tarRestorer } from '../../backup/pg-basebackup/restore.ts';
import { restoreDumps } from '../../backup/pg-dump/restore.ts';
import { restorePgBackRest } from '../../backup/pgbackrest/restore.ts';
import { restoreWalG } from '../../backup/wal-g/restore.ts';
import type { Environment } from '../../config/given.ts';
import type { ArchiveSettings, BackupSettings, DumpSettings } from '../../config/source-methods.ts';
import type { DumpRestorer, Restorer, WalSupplier } from '../../core/drill.ts';
import { toLaunch, toPlace } from '../source-settings.ts';
import { programEnvironment } from '../../process/launch.ts';

/** What restores, of its settings. @param env walguard's own, of which programs get the harmless part */
type Makers<Settings extends { readonly method: string }, Made> = {
  readonly [Name in Settings['method']]: (
    settings: Extract<Settings, { readonly method: Name }>,
    env: Environment,
  ) => Made;
};

/** Every way to put backups back; app/sources.ts has every way to read them. */
const RESTORERS: Makers<BackupSettings, Restorer> = {
  pg_basebackup: ({ path }, env) => restoreBaseBackups({ path, environment: programEnvironment(env, {}) }),
  pgbackrest: ({ stanza, repo, config, command = ['pgbackrest'], ...rest }, env) =>
    restorePgBackRest({ stanza, repo, config, command, launch: toLaunch(rest, env) }),
  wal_g: ({ path, config, command = ['wal-g'], ...rest }, env) =>
    restoreWalG({ path, config, command, launch: toLaunch(rest, env) }),
  barman: ({ path, server }, env) =>
    restoreBarman({ path, server, copies: (find) => restoreCopies(find, programEnvironment(env, {})) }),
  barman_cloud: ({ prefix, server, ...rest }, env) =>
    restoreBarmanCloud({ place: toPlace(rest), prefix, server, tars: tarRestorer(programEnvironment(env, {})) }),
};

/** Every way to get WAL out of an archive. */
const SUPPLIERS: Makers<ArchiveSettings, WalSupplier> = {
  directory: ({ path }, env) => directorySupplier(path, programEnvironment(env, {})),
  s3: ({ prefix, ...rest }, env) =>
    s3Supplier({ place: toPlace(rest), prefix, environment: programEnvironment(env, {}) }),
  pgbackrest: ({ stanza, repo, config, command = ['pgbackrest'], ...rest }, env) =>
    pgBackRestSupplier({ stanza, repo, config, command, launch: toLaunch(rest, env) }),
  wal_g: ({ path, config, command = ['wal-g'], ...rest }, env) =>
    walGSupplier({ path, config, command, launch: toLaunch(rest, env), environment: programEnvironment(env, {}) }),
  barman: ({ path, server }, env) => barmanSupplier({ path, server, environment: programEnvironment(env, {}) }),
};

/** Every way to put dumps back. */
export function toDumpRestorer({ path }: DumpSettings, env: Environment): DumpRestorer {
  return restoreDumps({ path, environment: programEnvironment(env, {}) });
}

export function toRestorer(settings: BackupSettings, env: Environment): Restorer {
  return make(RESTORERS, settings, env);
}

export function toSupplier(settings: ArchiveSettings, env: Environment): WalSupplier {
  return make(SUPPLIERS, settings, env);
}

/** The maker takes the settings of its own method: that the two belong together is how it was found. */
function make<Settings extends { readonly method: string }, Made>(
  makers: Makers<Settings, Made>,
  settings: Settings,
  env: Environment,
): Made {
  const maker = makers[settings.method as Settings['method']] as (settings: Settings, env: Environment) => Made;
  return maker(settings, env);
}
