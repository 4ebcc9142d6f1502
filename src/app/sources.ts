import { createBarmanArchive } from '../archive/barman/index.ts';
import { createDirectoryArchive } from '../archive/directory/index.ts';
import { createPgBackRestArchive } from '../archive/pgbackrest/index.ts';
import { createS3Archive } from '../archive/s3/index.ts';
import { createWalGArchive } from '../archive/wal-g/index.ts';
import { barmanCloud } from '../backup/barman/cloud.ts';
import { barmanBackups } from '../backup/barman/index.ts';
import { baseBackupFolder } from '../backup/pg-basebackup/source.ts';
import { pgDumps } from '../backup/pg-dump/source.ts';
import { pgBackRestBackups } from '../backup/pgbackrest/source.ts';
import { walGBackups } from '../backup/wal-g/index.ts';
import type { DrillSettings } from '../config/drills.ts';
import type { Environment } from '../config/given.ts';
import type { RepositorySettings } from '../config/repositories.ts';
import type { ArchiveSettings, BackupSettings, DumpSettings } from '../config/source-methods.ts';
import type { ArchiveSource, BackupSource } from '../core/catalogue.ts';
import type { DumpSource } from '../core/dumps.ts';
import { drillReports } from '../drill/history/source.ts';
import { programEnvironment } from '../process/launch.ts';
import type { WatchedRepository } from '../recoverability/repository-watch.ts';
import { toLaunch, toPlace } from './source-settings.ts';

type Method = ArchiveSettings['method'] | BackupSettings['method'] | DumpSettings['method'];

/** What makes a source of its settings. @param env walguard's own, of which programs get the harmless part */
type Makers<Settings extends { readonly method: Method }, Source> = {
  readonly [Name in Settings['method']]: (
    settings: Extract<Settings, { readonly method: Name }>,
    env: Environment,
  ) => Source;
};

/** Every way to read a WAL archive; config/source-methods.ts has the keys of each. */
const ARCHIVES: Makers<ArchiveSettings, ArchiveSource> = {
  directory: ({ path }) => createDirectoryArchive({ path }),
  s3: ({ prefix, ...rest }) => createS3Archive({ place: toPlace(rest), prefix }),
  pgbackrest: ({ path, stanza, repo, config, command = ['pgbackrest'], ...rest }, env) =>
    createPgBackRestArchive({ path, stanza, repo, config, command, launch: toLaunch(rest, env) }),
  wal_g: ({ path, config, command = ['wal-g'], ...rest }, env) =>
    createWalGArchive({ path, config, command, launch: toLaunch(rest, env) }),
  barman: ({ path, server }) => createBarmanArchive({ path, server }),
};

/** Every way to read backups. */
const BACKUPS: Makers<BackupSettings, BackupSource> = {
  pg_basebackup: ({ path }) => baseBackupFolder(path),
  pgbackrest: ({ stanza, repo, config, command = ['pgbackrest'], ...rest }, env) =>
    pgBackRestBackups({ stanza, repo, config, command, launch: toLaunch(rest, env) }),
  wal_g: ({ path, config, command = ['wal-g'], ...rest }, env) =>
    walGBackups({ path, config, command, launch: toLaunch(rest, env) }),
  barman: ({ path, server, config, command = ['barman'], ...rest }, env) =>
    barmanBackups({ path, server, config, command, launch: toLaunch(rest, env) }),
  barman_cloud: ({ prefix, server, ...rest }) => barmanCloud({ place: toPlace(rest), prefix, server }),
};

/** Every way to read dumps. */
const DUMPS: Makers<DumpSettings, DumpSource> = {
  pg_dump: ({ path, level, file_names: patterns, command = ['pg_restore'], check_time_limit: timeoutMs }, env) =>
    pgDumps({
      path,
      level,
      patterns,
      command,
      launch: { prefix: [], environment: programEnvironment(env, {}), timeoutMs },
    }),
};

/** Reports are small, and a hundred of them are read once. */
const DRILLS_TIME_LIMIT_MS = 60_000;

/** What is not said of each repository by itself. */
export interface SourceContext {
  /** walguard's own. */
  readonly env: Environment;
  /** Undefined if nothing is said of drills. */
  readonly drills: DrillSettings | undefined;
}

/** The sources that a repository's settings describe. */
export function toWatched(
  { archive, backups, dumps, ...rest }: RepositorySettings,
  { env, drills }: SourceContext,
): WatchedRepository {
  return {
    ...rest,
    archive:
      archive === undefined ? undefined : { source: make(ARCHIVES, archive, env), timeLimitMs: archive.time_limit },
    backups: backups.map((each) => ({ source: make(BACKUPS, each, env), timeLimitMs: each.time_limit })),
    dumps: dumps.map((each) => ({ source: make(DUMPS, each, env), timeLimitMs: each.time_limit })),
    drills:
      drills === undefined
        ? undefined
        : { source: drillReports({ ...drills, repository: rest.name }), timeLimitMs: DRILLS_TIME_LIMIT_MS },
  };
}

/** The maker takes the settings of its own method: that the two belong together is how it was found. */
function make<Settings extends { readonly method: Method }, Source>(
  makers: Makers<Settings, Source>,
  settings: Settings,
  env: Environment,
): Source {
  const maker = makers[settings.method as Settings['method']] as (settings: Settings, env: Environment) => Source;
  return maker(settings, env);
}
