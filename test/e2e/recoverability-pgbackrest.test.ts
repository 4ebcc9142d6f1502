import { chmod, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMonitorRole, waitFor } from '../../servers/index.ts';
import { samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { type BackRestLab, startBackRestLab } from '../support/pgbackrest.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { archiveSegments } from '../support/wal-archive.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** The same store twice: its archive read as a folder, and by pgBackRest. */
const NAMES = ['by_folder', 'by_program'];

let lab: BackRestLab;
let folder: TemporaryFolder;
let walguard: Walguard;

async function page(): Promise<Scrape> {
  return await scrape(`${walguard.url}/metrics`);
}

function ofEach({ families }: Scrape, name: string): readonly (number | undefined)[] {
  return NAMES.map((repository) => valueOf(families, name, { repository }));
}

function backupsOf({ families }: Scrape): readonly string[] {
  return samplesOf(families, 'pg_backups')
    .filter(({ labels, value }) => value > 0 && labels['repository'] === 'by_program')
    .map(({ labels, value }) => `${labels['type']} ${labels['recoverability']} ${value}`);
}

/** Files of segments in the repository, in their order. */
async function segments(): Promise<readonly string[]> {
  const names = await readdir(walFolder());
  return names.filter((name) => /^[0-9A-F]{24}-/.test(name)).toSorted();
}

function walFolder(): string {
  return join(lab.repository, 'archive', lab.stanza, '15-1', '0000000100000000');
}

beforeAll(async () => {
  lab = await startBackRestLab({ 'start-fast': 'y' });
  await archiveSegments(lab.server, 3);
  await lab.run('--type=full', '--repo1-retention-full=2', 'backup');
  await archiveSegments(lab.server, 5);
  folder = await temporaryFolder();
  const tool = `stanza: ${lab.stanza}, config: '${lab.config}'`;
  const config = await folder.write(
    'walguard.yml',
    `repositories:
  by_folder:
    interval: 300ms
    pending_after: 1s
    archive: {method: pgbackrest, stanza: ${lab.stanza}, path: '${lab.repository}'}
    backups: [{method: pgbackrest, ${tool}}]
  by_program:
    interval: 300ms
    pending_after: 1s
    archive: {method: pgbackrest, ${tool}}
    backups: [{method: pgbackrest, ${tool}, prefix: [env]}]
`,
  );
  walguard = await startWalguard({
    dataSourceName: await createMonitorRole(lab.server),
    args: [`--config.file=${config}`],
  });
}, 120_000);

afterAll(async () => {
  await walguard?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

describe('a server that archives and is backed up by pgBackRest', () => {
  it('is recoverable, whether its archive is read as a folder or by the tool', async () => {
    await waitFor('the verdict', async () => verdictOf(await page()) !== 'unknown', 30_000);
    const found = await page();

    expect([verdictOf(found), findingsOf(found)]).toEqual(['recoverable', []]);
    expect(backupsOf(found)).toEqual(['full pitr 1']);
    expect(ofEach(found, 'pg_archive_gap_segments')).toEqual([0, 0]);
    expect(ofEach(found, 'pg_pitr_windows')).toEqual([1, 1]);
    const held = (await segments()).length;
    expect(ofEach(found, 'pg_archive_segments')).toEqual([held, held]);
    expect(samplesOf(found.families, 'walguard_source_up').map(({ value }) => value)).toEqual([1, 1, 1, 1]);
  });

  it('is not recoverable to now with a hole behind its backup, of which pgBackRest says nothing', async () => {
    const held = await segments();
    await unlink(join(walFolder(), held.at(-3) ?? ''));
    await waitFor('the hole in both', async () => {
      return ofEach(await page(), 'pg_archive_gap_segments').every((missing) => missing === 1);
    });
    const found = await page();

    expect(verdictOf(found)).toBe('not_recoverable');
    expect(findingsOf(found)).toEqual(expect.arrayContaining(['no_way_to_now', 'archive_gap']));
    expect(backupsOf(found)).toEqual(['full limited 1']);
    expect(JSON.parse(await lab.run('info', '--output=json'))).toMatchObject([{ status: { code: 0 } }]);
  });

  it('can be got back again once there is a backup behind the hole', async () => {
    await lab.run('--type=full', '--repo1-retention-full=2', 'backup');
    await archiveSegments(lab.server, 1);
    let found = await page();
    // The repositories are read one after the other.
    await waitFor('the backup in both', async () => {
      found = await page();
      return verdictOf(found) !== 'not_recoverable' && backupsOf(found).length === 2;
    });

    expect([verdictOf(found), findingsOf(found)]).toEqual(['at_risk', ['archive_gap']]);
    expect(backupsOf(found)).toEqual(['full pitr 1', 'full limited 1']);
  });

  it('loses what pgBackRest drops for a full queue, which PostgreSQL takes for archived', async () => {
    const { server, config, stanza } = lab;
    const push = `pgbackrest --config=${config} --stanza=${stanza} --archive-push-queue-max=2MB archive-push "%p"`;
    await server.alterSystem({ archive_command: push });
    const before = await segments();
    await chmod(walFolder(), 0o555);
    const names: string[] = [];
    for (let count = 0; count < 6; count++) {
      await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
      const [[name] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
      names.push(name ?? '');
    }
    const first = `'${names[0]}'`;
    await server.waitForSql(`(SELECT last_archived_wal >= ${first} FROM pg_stat_archiver)`, 60_000);
    await waitFor('the loss', async () => findingsOf(await page()).includes('archiver_losing'), 30_000);
    expect(verdictOf(await page())).toBe('not_recoverable');
    expect(await segments()).toEqual(before);

    await chmod(walFolder(), 0o750);
    await archiveSegments(server, 2);
    const held = new Set((await segments()).map((name) => name.slice(0, 24)));
    const dropped = names.filter((name) => !held.has(name));
    expect(dropped.length).toBeGreaterThan(0);
    await waitFor('the gap', async () => {
      return ofEach(await page(), 'pg_archive_gap_segments').every((missing) => missing === dropped.length + 1);
    });
    const found = await page();

    expect([verdictOf(found), backupsOf(found)]).toEqual(['not_recoverable', ['full limited 2']]);
    expect(findingsOf(found)).toEqual(expect.arrayContaining(['no_way_to_now', 'archive_gap']));
    expect(JSON.parse(await lab.run('info', '--output=json'))).toMatchObject([{ status: { code: 0 } }]);
  });
});
