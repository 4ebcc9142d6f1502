import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMonitorRole, type PostgresServer, startPostgres, superuser, waitFor } from '../../servers/index.ts';
import { openMetricsAccept, samplesOf, type Scrape, scrape, valueOf } from '../support/http.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { checkMetrics } from '../support/promtool.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

const MAIN = { repository: 'main' };
const ARCHIVE = { ...MAIN, source: 'archive', method: 'directory' };
const BACKUPS = { ...MAIN, source: 'backup', method: 'pg_basebackup' };

let server: PostgresServer;
let folder: TemporaryFolder;
let walguard: Walguard;
let archive: string;

/** The newest for which Debian's pg_basebackup works. */
const MAJOR = 15;

async function archiveAll(): Promise<void> {
  await server.sql('CREATE TABLE IF NOT EXISTS written (at timestamptz); INSERT INTO written VALUES (now())');
  const [[file = ''] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
  await server.waitForSql(`(SELECT last_archived_wal >= '${file}' FROM pg_stat_archiver)`);
}

async function page(): Promise<Scrape> {
  return await scrape(`${walguard.url}/metrics`);
}

function lines(message: string, source: string): readonly unknown[] {
  return walguard.logLines.filter((line) => line['msg'] === message && line['source'] === source);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startPostgres({
    major: MAJOR,
    archive: true,
    hba: ['host replication all 127.0.0.1/32 trust'],
  });
  archive = server.archiveDirectory ?? '';
  const backup = `${folder.path}/backups/first`;
  const url = server.url({ user: superuser });
  await archiveAll();
  await promisify(execFile)('pg_basebackup', ['-d', url, '-D', backup, '-X', 'none', '-c', 'fast']);
  // Backups and segments are told to the second: a window shorter than that has no latest moment without samples.
  await server.sql('SELECT pg_sleep(3)');
  await archiveAll();
  const config = await folder.write(
    'walguard.yml',
    `repositories:
  main:
    interval: 500ms
    pending_after: 1s
    backup_interval: 1d
    retention: {daily: 1, pitr: 1h}
    restore_rate: 100MB
    replay_rate: 50MB
    archive: {method: directory, path: '${archive}'}
    backups: [{method: pg_basebackup, path: '${folder.path}/backups'}]
recoverability: {rpo: 1h, rto: 2h}
`,
  );
  walguard = await startWalguard({
    dataSourceName: await createMonitorRole(server),
    args: [`--config.file=${config}`, '--log.level=debug'],
  });
}, 120_000);

afterAll(async () => {
  await walguard?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe('a server that archives with cp and is copied by pg_basebackup', () => {
  it('is recoverable, and every family that has something to tell is there', async () => {
    await waitFor('the verdict', async () => verdictOf(await page()) !== 'unknown', 20_000);
    const found = await page();
    const { families } = found;

    expect([verdictOf(found), findingsOf(found)]).toEqual(['recoverable', []]);
    expect(valueOf(families, 'walguard_source_up', ARCHIVE)).toBe(1);
    expect(valueOf(families, 'walguard_source_up', BACKUPS)).toBe(1);
    expect(valueOf(families, 'pg_archive_gap_segments', MAIN)).toBe(0);
    expect(valueOf(families, 'pg_pitr_windows', MAIN)).toBe(1);
    expect(samplesOf(families, 'pg_backups').filter(({ value }) => value > 0)).toMatchObject([
      { labels: { ...MAIN, method: 'pg_basebackup', type: 'full', recoverability: 'pitr' }, value: 1 },
    ]);
    expect(samplesOf(families, 'pg_recovery_point_exposure_info')).toMatchObject([{ labels: { evidence: 'archive' } }]);
    expect(valueOf(families, 'pg_backup_running', { ...MAIN, method: 'pg_basebackup' })).toBe(0);
    const names = [...families.keys()].filter((name) =>
      /^(walguard_(source|policy)|pg_(backup|archive_|pitr|recover|restore|retention))/.test(name),
    );
    expect(names).toMatchInlineSnapshot(`
      [
        "pg_archive_bad_files",
        "pg_archive_gap_segments",
        "pg_archive_newest_lsn_bytes",
        "pg_archive_newest_timestamp_seconds",
        "pg_archive_oldest_timestamp_seconds",
        "pg_archive_orphan_segments",
        "pg_archive_pending_segments",
        "pg_archive_segments",
        "pg_backup_last_duration_seconds",
        "pg_backup_last_error",
        "pg_backup_last_size_bytes",
        "pg_backup_last_stored_bytes",
        "pg_backup_last_success_timestamp_seconds",
        "pg_backup_running",
        "pg_backups",
        "pg_pitr_earliest_timestamp_seconds",
        "pg_pitr_latest_timestamp_seconds",
        "pg_pitr_windows",
        "pg_recoverability_finding",
        "pg_recoverability_status",
        "pg_recovery_point_exposure_bytes",
        "pg_recovery_point_exposure_info",
        "pg_recovery_point_exposure_seconds",
        "pg_restore_estimate_seconds",
        "pg_retention_satisfied",
        "walguard_policy_backup_interval_seconds",
        "walguard_policy_pitr_window_seconds",
        "walguard_policy_rpo_seconds",
        "walguard_policy_rto_seconds",
        "walguard_source_last_success_timestamp_seconds",
        "walguard_source_read_duration_seconds",
        "walguard_source_up",
      ]
    `);
  });

  it('has a page that promtool objects to nothing in of this, and the same series in OpenMetrics', async () => {
    const { families, text } = await page();
    const open = await scrape(`${walguard.url}/metrics`, { accept: openMetricsAccept });
    const isOurs = (name: string): boolean =>
      /^(walguard_(source|policy)|pg_(backups?_|archive_|pitr|recover|restore|retention))/.test(name);

    expect((await checkMetrics(text)).filter(isOurs)).toEqual([]);
    expect([...open.families.keys()].filter(isOurs).map((name) => name.replace(/_info$/, ''))).toEqual(
      [...families.keys()].filter(isOurs).map((name) => name.replace(/_info$/, '')),
    );
  });

  it('whose archive is gone has a source that is down once, and what it said last', async () => {
    const before = await page();
    await rename(archive, `${archive}.away`);
    await waitFor('the source to be down', async () => {
      return valueOf((await page()).families, 'walguard_source_up', ARCHIVE) === 0;
    });
    await waitFor('two more readings', () =>
      Promise.resolve(lines('source still cannot be read', 'archive').length >= 2),
    );

    const after = await page();
    for (const name of ['pg_archive_segments', 'pg_pitr_earliest_timestamp_seconds', 'pg_archive_newest_lsn_bytes'])
      expect(valueOf(after.families, name, MAIN)).toBe(valueOf(before.families, name, MAIN));
    expect(valueOf(after.families, 'walguard_source_up', BACKUPS)).toBe(1);
    expect(lines('source cannot be read', 'archive')).toHaveLength(1);
    expect(lines('source cannot be read', 'backup')).toHaveLength(0);

    await rename(`${archive}.away`, archive);
    await waitFor('the source to be up', async () => {
      return valueOf((await page()).families, 'walguard_source_up', ARCHIVE) === 1;
    });
    expect(lines('source can be read again', 'archive')).toHaveLength(1);
  });

  it('tells that a backup runs while one does', async () => {
    const running = async (): Promise<number | undefined> =>
      valueOf((await page()).families, 'pg_backup_running', { ...MAIN, method: 'pg_basebackup' });
    const target = `${folder.path}/second`;
    const url = server.url({ user: superuser });
    const copy = execFile('pg_basebackup', ['-d', url, '-D', target, '-r', '32k', '-X', 'none', '-c', 'fast']);
    await waitFor('the backup to be seen', async () => (await running()) === 1);

    copy.kill('SIGKILL');
    await waitFor('it to be gone', async () => (await running()) !== 1);
    expect(await running()).toBe(0);
  });

  it('whose archive_command archives nothing loses what PostgreSQL believes to be archived', async () => {
    const [[command = ''] = []] = await server.sql(`SELECT current_setting('archive_command')`);
    await server.alterSystem({ archive_command: '/bin/true' });
    await archiveAll();
    await archiveAll();
    await waitFor('the loss to be seen', async () => {
      return valueOf((await page()).families, 'pg_archiver_state', { state: 'losing' }) === 1;
    });
    const found = await page();

    expect(verdictOf(found)).toBe('not_recoverable');
    expect(findingsOf(found)).toContain('archiver_losing');
    expect(valueOf(found.families, 'pg_archiver_lag_segments')).toBe(0);
    // A segment may have come while the archive was listed: some seconds long PostgreSQL is believed.
    await waitFor('the exposure to be seen', async () => {
      return (valueOf((await page()).families, 'pg_recovery_point_exposure_seconds') ?? 0) > 0;
    });
    await server.alterSystem({ archive_command: command });
  });

  it('is told of also when it is down', async () => {
    await server.stop('fast');
    const { families } = await page();

    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(valueOf(families, 'pg_archive_segments', MAIN)).toBeGreaterThan(0);
    expect(valueOf(families, 'pg_pitr_windows', MAIN)).toBe(1);
    expect(valueOf(families, 'walguard_policy_rpo_seconds')).toBe(3_600);
    await server.start();
  });
});
