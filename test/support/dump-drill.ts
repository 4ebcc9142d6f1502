import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { giveToServer, type PostgresServer, serverAccount } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import type { TemporaryFolder } from './temporary-folder.ts';
import { type Finished, runWalguard, startCommand, type Walguard } from './walguard.ts';

/** Where dumps are drilled. */
export interface DumpLab {
  readonly folder: TemporaryFolder;
  readonly server: PostgresServer;
}

export interface DumpDrillWanted {
  /** The folder with the dumps. */
  readonly dumps: string;
  /** More of the repository. */
  readonly repository?: string;
  /** More of the section drills. */
  readonly drills?: string;
  readonly args?: readonly string[];
}

let files = 0;

/** The folder in which servers are made; it belongs to the user that runs drills. */
function drillsOf({ folder }: DumpLab): string {
  return join(folder.path, 'd');
}

/** Writes a configuration. */
async function configureDumps(lab: DumpLab, wanted: DumpDrillWanted): Promise<string> {
  const { folder, server } = lab;
  await mkdir(drillsOf(lab), { recursive: true });
  await giveToServer(server.cluster, drillsOf(lab));
  await chmod(folder.path, 0o755);
  files += 1;
  return await folder.write(
    `walguard-${files}.yml`,
    `repositories:
  main:
    dumps: [{method: pg_dump, path: '${wanted.dumps}'}]
    ${wanted.repository ?? ''}
drills:
  directory: ${drillsOf(lab)}
  postgres: ['${server.cluster.binDirectory}']
  priority: normal
  ${wanted.drills ?? ''}
`,
  );
}

export interface DrilledDumps extends Finished {
  readonly report: DrillReport;
}

/** Runs a drill as the user that servers run as. Throws if there is no report, or anything is left of it. */
export async function drillDumps(lab: DumpLab, wanted: DumpDrillWanted): Promise<DrilledDumps> {
  const config = await configureDumps(lab, wanted);
  const args = ['drill', `--config.file=${config}`, '--json', ...(wanted.args ?? [])];
  const finished = await runWalguard(args, { launcher: await asServers() });
  if (finished.stdout === '') throw new Error(`There is no report. It wrote:\n${finished.stderr}`);
  const left = await leftOf(lab);
  if (left.length > 0) throw new Error(`The drill left ${left.join(', ')}.`);
  return { ...finished, report: JSON.parse(finished.stdout) as DrillReport };
}

/** Starts a drill that tells its phases as they begin. */
export async function startDumpDrill(lab: DumpLab, wanted: DumpDrillWanted): Promise<Walguard> {
  const config = await configureDumps(lab, wanted);
  return startCommand(['drill', `--config.file=${config}`], { launcher: await asServers() });
}

/** What drills left behind, beside their reports. */
export async function leftOf(lab: DumpLab): Promise<readonly string[]> {
  return (await readdir(drillsOf(lab))).filter((name) => name !== 'reports');
}

/** What a drill says that it would do. */
export async function planDumpDrill(lab: DumpLab, wanted: DumpDrillWanted): Promise<Finished> {
  const config = await configureDumps(lab, wanted);
  return await runWalguard(['drill', `--config.file=${config}`, '--dry-run'], { launcher: await asServers() });
}

/** Command lines of what runs in the folders of drills. */
export async function processesIn(lab: DumpLab): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).filter((line) => line.includes(`${drillsOf(lab)}/drill-`));
}

/** Reports as they lie in their folder, the oldest first. */
export async function reportsOfDumps(lab: DumpLab): Promise<readonly DrillReport[]> {
  const path = join(drillsOf(lab), 'reports', 'main');
  const names = (await readdir(path).catch(() => [])).filter((name) => !name.startsWith('.')).toSorted();
  const texts = names.map((name) => readFile(join(path, name), 'utf8'));
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as DrillReport);
}

async function asServers(): Promise<readonly string[]> {
  const account = await serverAccount();
  return account === undefined ? [] : ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
}
