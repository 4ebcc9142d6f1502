import { execFile } from 'node:child_process';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { giveToServer, serverAccount } from '../servers/index.ts';
import type { DrillReport } from '../src/core/drill-report.ts';
import { age, pgBasebackup } from '../test/support/base-backups.ts';
import { type BackRestLab, startBackRestLab } from '../test/support/pgbackrest.ts';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { ownedByServers } from '../test/support/tool-drill.ts';
import { runWalguard } from '../test/support/walguard.ts';
import { currentLoad, describeMachine } from './machine.ts';

/** Of pgbench: some 15 MB each. */
const DEFAULT_SCALE = 200;
const WRITE_SECONDS = 30;
const LOOK_MS = 500;
const MEGABYTE = 1e6;
const run = promisify(execFile);

process.exit(await main(Number(process.argv[2] ?? DEFAULT_SCALE)));

/** Measures drills of a database of pgbench: what they take in time and on disk, and what they were expected to. */
async function main(scale: number): Promise<number> {
  await using lab = await startBackRestLab({ 'process-max': '2', 'compress-type': 'lz4' }, 16);
  await using folder = await temporaryFolder();
  await chmod(folder.path, 0o755);
  const [archive, copies, drills] = ['archive', 'copies', 'drills'].map((name) => join(folder.path, name));
  if (archive === undefined || copies === undefined || drills === undefined) return 1;
  for (const path of [archive, copies, drills]) {
    await mkdir(path);
    await giveToServer(lab.server.cluster, path);
  }
  await fill(lab, scale, { archive, copies });
  const machine = describeMachine('15', currentLoad());
  console.log(
    `\n${JSON.stringify(machine)}\npgbench scale ${scale}, ${WRITE_SECONDS} s of writing behind the backup\n`,
  );
  console.log(
    '| backup | MB on disk | WAL, MB | restore, s | recovery, s | checks, s | all, s | peak, MB | reported, MB | need, MB |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  const backRest = `method: pgbackrest, stanza: ${lab.stanza}, config: '${lab.config}'`;
  const sources = {
    pg_basebackup: `archive: {method: directory, path: '${archive}'}\n    backups: [{method: pg_basebackup, path: '${copies}'}]`,
    pgbackrest: `archive: {${backRest}}\n    backups: [{${backRest}}]`,
  };
  for (const [name, repository] of Object.entries(sources)) {
    const text = `repositories:\n  main:\n    ${repository}\ndrills: {directory: ${drills}, postgres: ['${lab.server.cluster.binDirectory}'], priority: normal}\n`;
    console.log(await measure(name, await folder.write(`${name}.yml`, text), drills));
  }
  return 0;
}

interface Folders {
  readonly archive: string;
  readonly copies: string;
}

/** Fills the database, copies it by both tools, and writes for a while. */
async function fill(
  { server, run: backrest, config, stanza }: BackRestLab,
  scale: number,
  { archive, copies }: Folders,
): Promise<void> {
  const push = `pgbackrest --config=${config} --stanza=${stanza} archive-push "%p"`;
  await server.alterSystem({
    archive_command: `${push} && cp "%p" "${archive}/.%f" && mv "${archive}/.%f" "${archive}/%f"`,
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
  });
  const connection = ['-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres', 'postgres'];
  console.log('pgbench -i');
  await run('pgbench', ['-i', '-q', '-I', 'dtGvp', '-s', String(scale), ...connection]);
  console.log('pg_basebackup, pgbackrest backup');
  await pgBasebackup(server, join(copies, 'copy'), ['-X', 'none']);
  await age(copies);
  await ownedByServers(copies);
  await backrest('backup', '--type=full');
  console.log('pgbench');
  await run('pgbench', ['-n', '-c', '8', '-T', String(WRITE_SECONDS), ...connection]);
  const [[name] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
  await server.waitForSql(`(SELECT last_archived_wal >= '${name}' FROM pg_stat_archiver)`, 600_000);
}

async function measure(name: string, config: string, drills: string): Promise<string> {
  const account = await serverAccount();
  const launcher =
    account === undefined ? [] : ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const args = [`--config.file=${config}`, '--to=latest'];
  const { stdout: planned } = await runWalguard(['drill', ...args, '--dry-run'], { launcher });
  const over = new AbortController();
  const peak = watchDisk(drills, over.signal);
  const { stdout, stderr } = await runWalguard(['drill', ...args, '--json'], { launcher });
  over.abort();
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as DrillReport;
  if (report.outcome !== 'success') throw new Error(JSON.stringify(report.failure));
  return row(name, report, { peakBytes: await peak, planned });
}

async function watchDisk(path: string, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    // What vanishes while it is looked at makes du fail.
    const { stdout } = await run('sh', ['-c', 'du -sk "$1" 2>/dev/null; true', 'du', path]);
    peak = Math.max(peak, Number(/^\d+/.exec(stdout)?.[0] ?? 0) * 1024);
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return peak;
}

interface Measured {
  readonly peakBytes: number;
  /** What --dry-run wrote. */
  readonly planned: string;
}

function row(name: string, report: DrillReport, { peakBytes, planned }: Measured): string {
  const phase = (wanted: string): DrillReport['phases'][number] | undefined =>
    report.phases.find((each) => each.phase === wanted);
  const megabytes = (bytes: number | undefined): string => String(Math.round((bytes ?? 0) / MEGABYTE));
  const cells = [
    name,
    megabytes(phase('restore')?.bytes),
    megabytes(phase('recovery')?.bytes),
    ...['restore', 'recovery', 'checks'].map((each) => phase(each)?.seconds.toFixed(1) ?? ''),
    (report.endedSeconds - report.startedSeconds).toFixed(1),
    megabytes(peakBytes),
    megabytes(report.peakDiskBytes),
    /need: (.*) on disk/.exec(planned)?.[1] ?? '',
  ];
  return `| ${cells.join(' | ')} |`;
}
