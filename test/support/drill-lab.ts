import { createHash } from 'node:crypto';
import { appendFile, chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { giveToServer, type Major, serverAccount } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import { backUp, type RestoreLab, startRestoreLab } from './restore-lab.ts';
import { assemble } from './standbys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type Finished, runWalguard, startCommand, type Walguard } from './walguard.ts';

/** A server that archives, its backups, and a folder in which they are restored. */
export interface DrillLab extends RestoreLab {
  readonly drills: string;
  readonly reports: string;
  /** What starts walguard as the user that servers run as: a drill refuses root. */
  readonly launcher: readonly string[];
  /** Writes a configuration file with more in the section of the repository, and in that of drills. */
  readonly configure: (more?: More) => Promise<string>;
}

interface More {
  readonly repository?: string;
  readonly drills?: string;
  /** Instead of those of the lab. */
  readonly archive?: string;
  readonly backups?: string;
}

export function startDrillLab(major: Major): Promise<DrillLab & AsyncDisposable> {
  return assemble(async (keep) => {
    const lab = keep(await startRestoreLab(major));
    const folder = keep(await temporaryFolder());
    const [drills, reports] = [join(folder.path, 'drills'), join(folder.path, 'reports')];
    for (const path of [drills, reports]) {
      await mkdir(path);
      await giveToServer(lab.server.cluster, path);
    }
    // The user that servers run as gets in.
    for (const path of [folder.path, join(lab.backups, '..')]) await chmod(path, 0o755);
    let files = 0;
    return {
      ...lab,
      drills,
      reports,
      launcher: await asServerAccount(),
      configure({ repository = '', drills: section = '', archive = lab.archive, backups = lab.backups } = {}) {
        files += 1;
        return folder.write(
          `walguard-${files}.yml`,
          `repositories:
  main:
    pending_after: 1s
    archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${backups}'}]
    ${repository}
drills:
  directory: ${drills}
  reports: ${reports}
  postgres: ['${lab.server.cluster.binDirectory}']
  priority: normal
  ${section}
`,
        );
      },
    };
  });
}

async function asServerAccount(): Promise<readonly string[]> {
  const account = await serverAccount();
  if (account === undefined) return [];
  return ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
}

/** Makes a backup that brings along what would harm the original, or the drill, if any of it counted. */
export async function backUpWithPoison(lab: DrillLab, label: string): Promise<void> {
  const path = await backUp(lab, label);
  const { archive, server } = lab;
  const poison = `
    archive_cleanup_command = 'rm -f ${archive}/*'
    recovery_end_command = 'rm -f ${archive}/*'
    archive_mode = 'always'
    archive_command = 'cp %p ${archive}/poison-%f'
    restore_command = 'rm -f ${archive}/%f; false'
    primary_conninfo = 'host=${server.socketDirectory} port=${server.port} user=postgres'
    shared_preload_libraries = 'no_such_library'
    listen_addresses = '*'
    port = ${server.port}
    unix_socket_directories = '${server.socketDirectory}'
    logging_collector = 'on'
    log_directory = '${archive}'
    max_connections = 3
    recovery_target = 'immediate'
    recovery_target_action = 'promote'
    hba_file = '/no/such/file'
    data_directory = '${server.dataDirectory}'
  `.replaceAll(/^\s+/gm, '');
  for (const name of ['postgresql.conf', 'postgresql.auto.conf']) await appendFile(join(path, name), poison);
}

export interface FinishedDrill extends Finished {
  readonly report: DrillReport;
}

/** Runs a drill to its end; its report is what it wrote. */
export async function drill(lab: DrillLab, args: readonly string[], config?: string): Promise<FinishedDrill> {
  const file = config ?? (await lab.configure());
  const finished = await runWalguard(['drill', `--config.file=${file}`, '--json', ...args], { launcher: lab.launcher });
  if (finished.stdout === '') throw new Error(`There is no report. It wrote:\n${finished.stderr}`);
  return { ...finished, report: JSON.parse(finished.stdout) as DrillReport };
}

/** Starts a drill that tells its phases as they begin. */
export function startDrill(lab: DrillLab, config: string): Walguard {
  return startCommand(['drill', `--config.file=${config}`], { launcher: lab.launcher });
}

/** Reports as they lie in their folder, the oldest first. */
export async function reportsOf({ reports }: DrillLab): Promise<readonly DrillReport[]> {
  const folder = join(reports, 'main');
  const names = await readdir(folder).catch(() => []);
  const texts = names
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as DrillReport);
}

/** What files a folder holds, with their content: the same as long as nobody changes any. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).toSorted()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}
