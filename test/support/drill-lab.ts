import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { giveToServer, type Major, serverAccount } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import { type RestoreLab, startRestoreLab } from './restore-lab.ts';
import { assemble } from './standbys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type Finished, runWalguard } from './walguard.ts';

/** A server that archives, its backups, and a folder in which they are restored. */
export interface DrillLab extends RestoreLab {
  readonly drills: string;
  readonly reports: string;
  /** What starts walguard as the user that servers run as: a drill refuses root. */
  readonly launcher: readonly string[];
  /** Writes a configuration file; the text is more of the section of the repository, or more of drills. */
  readonly configure: (more?: { readonly repository?: string; readonly drills?: string }) => Promise<string>;
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
      configure({ repository = '', drills: section = '' } = {}) {
        files += 1;
        return folder.write(
          `walguard-${files}.yml`,
          `repositories:
  main:
    archive: {method: directory, path: '${lab.archive}'}
    backups: [{method: pg_basebackup, path: '${lab.backups}'}]
${repository}
drills:
  directory: ${drills}
  reports: ${reports}
  postgres: ['${lab.server.cluster.binDirectory}']
${section}`,
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

/** Runs a drill to its end; its report is what it wrote. */
export async function drill(
  lab: DrillLab,
  args: readonly string[],
  config?: string,
): Promise<Finished & { readonly report: DrillReport }> {
  const file = config ?? (await lab.configure());
  const finished = await runWalguard(['drill', `--config.file=${file}`, '--json', ...args], { launcher: lab.launcher });
  if (finished.stdout === '') throw new Error(`There is no report. It wrote:\n${finished.stderr}`);
  return { ...finished, report: JSON.parse(finished.stdout) as DrillReport };
}

/** What files a folder holds, with their content: the same as long as nobody changes any. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).toSorted()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}
