import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Client } from 'pg';

import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  startPostgres,
  startStandby,
  superuser,
  waitFor,
} from '../../servers/index.ts';
import { type BackupLabelText, parseBackupLabel } from '../../src/core/backup-label.ts';
import { formatLsn } from '../../src/core/lsn.ts';
import { age } from './base-backups.ts';
import { BUSY_SETTINGS, keepBusy } from './busy-server.ts';
import { drillReportOf, putReports } from './drill-reports.ts';
import { startLoad } from './load.ts';
import { backUp } from './restore-lab.ts';
import { assemble } from './standbys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startWalguard, type Walguard } from './walguard.ts';

/** A primary at work with a standby, an archive and a backup, and a walguard for each of both. */
export interface DashboardLab {
  readonly major: Major;
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  readonly walguards: readonly Walguard[];
}

const DATABASE = 'shop';

const SETTINGS = {
  ...BUSY_SETTINGS,
  archive_timeout: '2s',
  checkpoint_timeout: '30s',
  max_wal_size: '32MB',
  track_io_timing: 'on',
  logging_collector: 'on',
  log_file_mode: '0644',
};

/** What else a dashboard has to show; a database that is at work has it sooner or later. */
const PREPARED = [
  'CREATE EXTENSION pg_stat_statements',
  'CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text) WITH (fillfactor = 50)',
  'INSERT INTO entries (body) SELECT repeat(md5(n::text), 20) FROM generate_series(1, 20000) AS n',
  'CREATE TABLE waited (id int PRIMARY KEY); INSERT INTO waited VALUES (1)',
  `CREATE TABLE sampled WITH (autovacuum_enabled = off) AS SELECT n FROM generate_series(1, 50000) AS n`,
  'CREATE PUBLICATION everything FOR ALL TABLES',
  // It never connects, so it is down.
  `CREATE SUBSCRIPTION feed CONNECTION 'dbname=none' PUBLICATION everything WITH (connect = false)`,
  'GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO walguard',
];

const WORK = [
  `INSERT INTO entries (body) SELECT repeat(md5(n::text), 40) FROM generate_series(1, 20) AS n`,
  'UPDATE entries SET body = body WHERE id = (random() * 1000)::int + 1',
  'DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)',
  `SET work_mem = '64kB'; SELECT count(*) FROM (SELECT body FROM entries ORDER BY body OFFSET 1) AS sorted`,
  'BEGIN; UPDATE entries SET body = body WHERE id = 1; ROLLBACK',
];

export function startDashboardLab(major: Major): Promise<DashboardLab & AsyncDisposable> {
  return assemble(async (keep) => {
    const folder = keep(await temporaryFolder());
    const primary = keep(
      await startPostgres({
        major,
        archive: true,
        initdbArgs: ['--wal-segsize=1', '--data-checksums'],
        settings: SETTINGS,
        databases: [DATABASE],
      }),
    );
    await createMonitorRole(primary);
    for (const statement of PREPARED) await primary.sql(statement, DATABASE);
    await keepBusy((text) => primary.sql(text));
    await failOnce(primary);
    const backups = join(folder.path, 'backups');
    await mkdir(backups);
    const standby = keep(
      await startStandby(primary, {
        slot: 'standby_slot',
        settings: { hot_standby_feedback: 'on', wal_receiver_status_interval: '1s' },
      }),
    );
    keep(startLoad(WORK.map((sql) => ({ url: primary.url({ database: DATABASE }), sql, everyMs: 200 }))));
    for (const text of WAITING) keep(await holdOpen(primary, text));
    const lab = { server: primary, archive: primary.archiveDirectory ?? '', backups };
    await addManifest(primary, await backUp(lab, 'first'));
    const dumps = await writeDump(folder.path);
    const drills = join(folder.path, 'drills');
    await reportDrill(join(drills, 'reports'));
    const config = await folder.write('walguard.yml', configuration({ archive: lab.archive, backups, dumps, drills }));
    const walguards = await Promise.all([primary, standby].map(async (server) => keep(await watch(server, config))));
    return { major, primary, standby, walguards };
  });
}

/** Paths of what walguard reads. */
interface Sources {
  readonly archive: string;
  readonly backups: string;
  readonly dumps: string;
  readonly drills: string;
}

function configuration({ archive, backups, dumps, drills }: Sources): string {
  return `repositories:
  main:
    interval: 1s
    pending_after: 5s
    backup_interval: 1d
    drill_interval: 30d
    # One backup is there, so that a finding is raised for the panels that show what is.
    retention: {daily: 1, pitr: 1h, minimum_redundancy: 2}
    restore_rate: 100MB
    replay_rate: 50MB
    archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${backups}'}]
    dump_interval: 25h
    dumps: [{method: pg_dump, path: '${dumps}'}]
drills: {directory: '${drills}'}
recoverability: {rpo: 1h, rto: 2h}
`;
}

/** Of a drill two days ago, of a database as small as this one. */
async function reportDrill(reports: string): Promise<void> {
  const endedSeconds = Math.floor(Date.now() / 1_000) - 2 * 86_400;
  const report = drillReportOf({
    startedSeconds: endedSeconds - 14,
    endedSeconds,
    wanted: { kind: 'latest', seconds: endedSeconds - 20 },
    phases: [
      { phase: 'plan', seconds: 1 },
      { phase: 'restore', seconds: 4, bytes: 84_000_000 },
      { phase: 'start', seconds: 1 },
      { phase: 'recovery', seconds: 5, bytes: 160_000_000 },
      { phase: 'checks', seconds: 2, bytes: 80_000_000 },
      { phase: 'stop', seconds: 1 },
    ],
    rtoSeconds: 10.5,
    recoveredTo: { seconds: endedSeconds - 21, lsn: '0/5000060', timeline: 1 },
    shortfallSeconds: 0,
  });
  await putReports(reports, report);
}

/** The frame of a plain dump, which is all that is looked at: there is no pg_dump for the newest majors here. */
async function writeDump(folder: string): Promise<string> {
  const dumps = join(folder, 'dumps');
  await mkdir(dumps);
  const text = '--\n-- PostgreSQL database dump\n--\n\nSELECT 1;\n\n--\n-- PostgreSQL database dump complete\n--\n\n';
  await writeFile(join(dumps, `${DATABASE}.sql`), text);
  await age(dumps);
  return dumps;
}

/** What pg_basebackup of the server's major would have written: only from it the size of a backup is known. */
async function addManifest(server: PostgresServer, backup: string): Promise<void> {
  const own = parseBackupLabel(await readFile(join(backup, 'backup_label'), 'utf8'));
  let stop: bigint | undefined;
  await waitFor('the end of the backup in the archive', async () => {
    const labels = await archivedLabels(server.archiveDirectory ?? '');
    stop = labels.find((label) => label?.startLsn === own?.startLsn)?.stopLsn;
    return stop !== undefined;
  });
  const entries = await readdir(backup, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = paths.map(async (path) => {
    const { size, mtime } = await stat(path);
    const modified = mtime.toISOString().replace('T', ' ').replace(/\..*/, ' GMT');
    return `{ "Path": "${relative(backup, path)}", "Size": ${size}, "Last-Modified": "${modified}" }`;
  });
  const head = '{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n';
  const [from, to] = [own?.startLsn ?? 0n, stop ?? 0n].map(formatLsn);
  const wal = `{ "Timeline": 1, "Start-LSN": "${from}", "End-LSN": "${to}" }`;
  const text = `${head}${(await Promise.all(files)).join(',\n')}\n],\n"WAL-Ranges": [\n${wal}\n],\n`;
  const checksum = createHash('sha256').update(text).digest('hex');
  await writeFile(join(backup, 'backup_manifest'), `${text}"Manifest-Checksum": "${checksum}"}\n`);
}

async function archivedLabels(archive: string): Promise<readonly (BackupLabelText | undefined)[]> {
  const names = (await readdir(archive)).filter((name) => name.endsWith('.backup'));
  return await Promise.all(names.map(async (name) => parseBackupLabel(await readFile(join(archive, name), 'utf8'))));
}

function watch(server: PostgresServer, config: string): Promise<Walguard> {
  return startWalguard({
    dataSourceName: server.url({ user: 'walguard', password: 'walguard', database: DATABASE }),
    args: [
      `--config.file=${config}`,
      '--logs.path=auto',
      '--collector.stat_statements',
      '--collector.stat_statements_info',
    ],
    readyTimeoutMs: 60_000,
  });
}

/** A server that never failed to archive has nothing to say of it. */
async function failOnce(primary: PostgresServer): Promise<void> {
  const [[command = ''] = []] = await primary.sql(`SELECT current_setting('archive_command')`);
  await primary.alterSystem({ archive_command: 'false' });
  await primary.sql('SELECT pg_switch_wal()');
  await primary.waitForSql('(SELECT failed_count > 0 FROM pg_stat_archiver)', 60_000);
  await primary.alterSystem({ archive_command: command });
  await primary.waitForSql('(SELECT last_archived_time > last_failed_time FROM pg_stat_archiver)', 60_000);
}

/** What one session each does and does not end: a transaction left open, who waits for it, and slow commands. */
const WAITING = [
  'BEGIN; UPDATE waited SET id = 1',
  'UPDATE waited SET id = 1',
  'CREATE INDEX CONCURRENTLY ON waited (id)',
  'SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1; ANALYZE sampled',
  'BEGIN; SELECT count(*) FROM entries, pg_sleep(600)',
] as const;

/** Sends it in a session of its own, which ends when it is disposed of. */
async function holdOpen(server: PostgresServer, text: string): Promise<AsyncDisposable> {
  const client = new Client({
    host: server.socketDirectory,
    port: server.port,
    user: superuser,
    database: DATABASE,
    application_name: 'waiting',
  });
  client.on('error', () => undefined);
  await client.connect();
  // Its end is the end of the session, or of the server.
  client.query(text).catch(() => undefined);
  return { [Symbol.asyncDispose]: () => endSession(server, client) };
}

async function endSession(server: PostgresServer, client: Client): Promise<void> {
  const pid = (client as Client & { readonly processID?: number }).processID;
  await server.sql(`SELECT pg_terminate_backend(${pid ?? 0})`).catch(() => undefined);
  await client.end().catch(() => undefined);
}
