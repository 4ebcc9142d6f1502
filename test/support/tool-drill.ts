import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { giveToServer, type PostgresServer, serverAccount } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import type { TemporaryFolder } from './temporary-folder.ts';
import { runWalguard } from './walguard.ts';

/** All that folders hold, with what is in it: the same as long as nobody changes any. */
export async function fingerprintOf(...folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
      const path = join(folder, name);
      hash.update(name);
      if ((await stat(path)).isFile()) hash.update(await readFile(path));
    }
  return hash.digest('hex');
}

/** Makes the user that servers run as the owner of all that a folder holds. */
export async function ownedByServers(path: string): Promise<void> {
  const account = await serverAccount();
  if (account !== undefined) await promisify(execFile)('chown', ['-R', `${account.uid}:${account.gid}`, path]);
}

export interface ToolDrill {
  readonly folder: TemporaryFolder;
  readonly server: PostgresServer;
  /** The lines of the repository in the configuration. */
  readonly repository: string;
  /** How many rows of t the restored server has to have. */
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Drilled {
  readonly code: number | null;
  readonly report: DrillReport;
}

/** Runs a drill as the user that servers run as. Throws if there is no report, or anything is left of it. */
export async function drillOnce(wanted: ToolDrill, to: string): Promise<Drilled> {
  const { folder, server, repository, rows, env = {} } = wanted;
  const drills = join(folder.path, 'drills');
  await mkdir(drills, { recursive: true });
  await giveToServer(server.cluster, drills);
  await chmod(folder.path, 0o755);
  const config = await folder.write(
    'walguard.yml',
    `repositories:
  main:
    ${repository}
    drill:
      checks: [{name: rows, sql: 'SELECT count(*) FROM t', equals: ${rows}}]
drills:
  directory: ${drills}
  postgres: ['${server.cluster.binDirectory}']
`,
  );
  const args = ['drill', `--config.file=${config}`, '--json', `--to=${to}`];
  const { code, stdout, stderr } = await runWalguard(args, { launcher: await asServers(), env });
  if (stdout === '') throw new Error(`There is no report. It wrote:\n${stderr}`);
  const left = (await readdir(drills)).filter((name) => name !== 'reports');
  if (left.length > 0) throw new Error(`The drill left ${left.join(', ')}.`);
  return { code, report: JSON.parse(stdout) as DrillReport };
}

async function asServers(): Promise<readonly string[]> {
  const account = await serverAccount();
  return account === undefined ? [] : ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
}

/**
 * Fills the table t, and deletes all of it later; returns a moment in between, after and before other commits. Backups end
 * in whole seconds, so it is some seconds behind those that are there.
 */
export async function deleteLater(server: PostgresServer): Promise<string> {
  const [[began = ''] = []] = await server.sql('SELECT clock_timestamp()');
  await server.waitForSql(`clock_timestamp() > '${began}'::timestamptz + interval '3 seconds'`);
  await server.sql('INSERT INTO t SELECT generate_series(1, 1000)');
  const [[moment] = []] = await server.sql(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`,
  );
  await server.waitForSql(`clock_timestamp() > '${moment}'::timestamptz + interval '1 second'`);
  await server.sql('DELETE FROM t');
  await server.sql('CREATE TABLE after_it ()');
  return moment ?? '';
}
