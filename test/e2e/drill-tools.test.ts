import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer, type PostgresServer, serverAccount } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import { startBackRestLab, type BackRestLab } from '../support/pgbackrest.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard } from '../support/walguard.ts';

/** All that a folder holds, with what is in it. */
async function fingerprintOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
    const path = join(folder, name);
    hash.update(name);
    if ((await stat(path)).isFile()) hash.update(await readFile(path));
  }
  return hash.digest('hex');
}

async function launcher(): Promise<readonly string[]> {
  const account = await serverAccount();
  return account === undefined ? [] : ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
}

interface Drilled {
  readonly code: number;
  readonly report: DrillReport;
}

interface Wanted {
  readonly folder: TemporaryFolder;
  readonly server: PostgresServer;
  readonly repository: string;
  /** How many rows of t the restored server has to have. */
  readonly rows: number;
}

/** Runs a drill of a repository; returns once it has ended. */
async function drill({ folder, server, repository, rows }: Wanted, ...args: readonly string[]): Promise<Drilled> {
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
  const finished = await runWalguard(['drill', `--config.file=${config}`, '--json', ...args], {
    launcher: await launcher(),
  });
  if (finished.stdout === '') throw new Error(`There is no report. It wrote:\n${finished.stderr}`);
  expect((await readdir(drills)).filter((name) => name !== 'reports')).toEqual([]);
  return { code: finished.code ?? -1, report: JSON.parse(finished.stdout) as DrillReport };
}

/** Fills a table, and deletes all of it later; returns a moment in between, after and before other commits. */
async function deleteLater(server: PostgresServer): Promise<string> {
  await server.sql('INSERT INTO t SELECT generate_series(1, 1000)');
  const [[moment] = []] = await server.sql(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'`,
  );
  await server.waitForSql(`clock_timestamp() > '${moment}'::timestamptz + interval '1 second'`);
  await server.sql('DELETE FROM t');
  await server.sql('CREATE TABLE after_it ()');
  return moment ?? '';
}

describe('a drill from pgBackRest', () => {
  let lab: BackRestLab;
  let folder: TemporaryFolder;
  let moment: string;
  let repository: string;

  beforeAll(async () => {
    lab = await startBackRestLab({ 'compress-type': 'zst' }, 16);
    folder = await temporaryFolder();
    await lab.server.sql('CREATE TABLE t (id int)');
    await lab.run('backup', '--type=full');
    moment = await deleteLater(lab.server);
    await lab.run('check');
    const source = `method: pgbackrest, stanza: ${lab.stanza}, config: '${lab.config}'`;
    repository = `    archive: {${source}}\n    backups: [{${source}}]`;
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it('recovers to before the DELETE and to the end, and the repository is what it was', async () => {
    const before = await fingerprintOf(lab.repository);
    const earlier = await drill({ folder, server: lab.server, repository, rows: 1000 }, `--to=${moment}`);
    const latest = await drill({ folder, server: lab.server, repository, rows: 0 }, '--to=latest');

    expect([earlier.report.failure, latest.report.failure]).toEqual([undefined, undefined]);
    expect([earlier.code, latest.code]).toEqual([0, 0]);
    expect(earlier.report.backup?.verifiedBy).toBe('tool');
    expect(await fingerprintOf(lab.repository)).toBe(before);
  });

  it('fails, and says so, if a segment in the middle is gone', async () => {
    const archive = join(lab.repository, 'archive', lab.stanza, '15-1');
    const [newest = ''] = (await readdir(archive))
      .filter((name) => /^[0-9A-F]{16}$/.test(name))
      .toSorted()
      .slice(-1);
    const segments = (await readdir(join(archive, newest))).filter((name) => /^[0-9A-F]{24}-/.test(name)).toSorted();
    await rm(join(archive, newest, segments.at(-2) ?? ''));
    const { code, report } = await drill({ folder, server: lab.server, repository, rows: 1000 }, `--to=${moment}`);

    expect(code).not.toBe(0);
    expect(report.failure?.code).toMatch(/^DRILL_/);
  });
});
