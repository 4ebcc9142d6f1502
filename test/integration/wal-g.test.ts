import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, waitFor } from '../../servers/index.ts';
import { samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { age, archiveSegments, segmentNamesIn } from '../support/wal-archive.ts';
import { walGStorage, type WalGStorage } from '../support/wal-g-storage.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

let server: PostgresServer;
let storage: WalGStorage;
let folder: TemporaryFolder;
let walguard: Walguard;
let full: string;

async function page(): Promise<Scrape> {
  return await scrape(`${walguard.url}/metrics`);
}

interface Wanted {
  readonly verdict: string;
  readonly backups: readonly string[];
  /** More may be there. */
  readonly findings?: readonly string[];
}

/** The page, once it says all this: archive and backups are read one without the other. */
async function expectPage({ verdict, backups, findings = [] }: Wanted): Promise<Scrape> {
  let found = await page();
  await waitFor(
    `${verdict} with ${backups.join(', ')} and ${findings.join(', ')}`,
    async () => {
      found = await page();
      return (
        verdictOf(found) === verdict &&
        backupsOf(found).join() === backups.join() &&
        findings.every((each) => findingsOf(found).includes(each))
      );
    },
    60_000,
  );
  return found;
}

function backupsOf({ families }: Scrape): readonly string[] {
  return samplesOf(families, 'pg_backups')
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => `${labels['type']} ${labels['recoverability']} ${value}`);
}

beforeAll(async () => {
  server = await startPostgres({ archive: true, initdbArgs: ['--wal-segsize=1'] });
  storage = await walGStorage();
  await archiveSegments(server, 3);
  full = await storage.backUp(server);
  await archiveSegments(server, 4);
  await storage.push(server);
  folder = await temporaryFolder();
  const config = await folder.write(
    'walguard.yml',
    `repositories:
  main:
    interval: 300ms
    pending_after: 1s
    archive: {method: wal_g, path: '${storage.path}'}
    backups: [{method: wal_g, path: '${storage.path}'}]
`,
  );
  walguard = await startWalguard({
    dataSourceName: await createMonitorRole(server),
    args: [`--config.file=${config}`],
  });
});

afterAll(async () => {
  await walguard?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
  await storage?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

describe('a storage of WAL-G in a folder', () => {
  it('with a backup and all WAL since makes a server recoverable', async () => {
    const found = await expectPage({ verdict: 'recoverable', backups: ['full pitr 1'] });

    expect(findingsOf(found)).toEqual([]);
    expect(valueOf(found.families, 'pg_archive_segments')).toBe(
      (await segmentNamesIn(server.archiveDirectory ?? '')).length,
    );
    const sources = samplesOf(found.families, 'walguard_source_up');
    expect(sources.map(({ labels, value }) => [labels['source'], labels['method'], value])).toEqual([
      ['archive', 'wal_g', 1],
      ['backup', 'wal_g', 1],
    ]);
  });

  it('has a delta for a backup as long as its parent is there', async () => {
    const sentinel = await readFile(storage.sentinel(full), 'utf8');
    const delta = await storage.backUp(server, full);
    await archiveSegments(server, 2);
    await storage.push(server);
    await expectPage({ verdict: 'recoverable', backups: ['full pitr 1', 'incremental pitr 1'] });

    await unlink(storage.sentinel(full));
    await expectPage({ verdict: 'not_recoverable', backups: ['incremental broken 1'], findings: ['backup_broken'] });

    await writeFile(storage.sentinel(full), sentinel);
    await expectPage({ verdict: 'recoverable', backups: ['full pitr 1', 'incremental pitr 1'] });
    await storage.remove(delta);
    await expectPage({ verdict: 'recoverable', backups: ['full pitr 1'] });
  });

  it('is not recoverable to now with a gap behind its backup, and is again with a backup behind that', async () => {
    const held = await segmentNamesIn(server.archiveDirectory ?? '');
    await unlink(join(storage.wal, `${held.at(-4)}.lz4`));
    const findings = ['no_way_to_now', 'archive_gap'];
    const lost = await expectPage({ verdict: 'not_recoverable', backups: ['full limited 1'], findings });
    expect(valueOf(lost.families, 'pg_archive_gap_segments')).toBe(1);

    await storage.backUp(server);
    await archiveSegments(server, 2);
    // What was lost is not pushed again.
    await unlink(join(server.archiveDirectory ?? '', held.at(-4) ?? ''));
    await storage.push(server);
    await expectPage({ verdict: 'at_risk', backups: ['full pitr 1', 'full limited 1'], findings: ['archive_gap'] });
  });

  it('names a backup whose sentinel is cut off, once nobody can be writing it', async () => {
    const name = 'base_0000000100000000000000F0';
    await storage.write(name, '{"LSN":1234,"Pg');
    await age(storage.sentinel(name));
    await waitFor('the finding', async () => findingsOf(await page()).includes('backup_incomplete'), 60_000);
    expect(walguard.stderr).toContain(`${name} is no backup: its sentinel is no JSON`);
    await storage.remove(name);
  });

  it('with a backup of another cluster for the newest is the wrong one', async () => {
    const [newest = ''] = (await segmentNamesIn(server.archiveDirectory ?? '')).slice(-1);
    await storage.write(`base_${newest}`, {
      LSN: 1n << 32n,
      FinishLSN: (1n << 32n) + 64n,
      PgVersion: 180_000,
      SystemIdentifier: 7_000_000_000_000_000_001n,
      FinishTime: new Date(Date.now() + 1_000).toISOString(),
    });
    await waitFor('the finding', async () => findingsOf(await page()).includes('wrong_cluster'), 60_000);
    expect(verdictOf(await page())).toBe('not_recoverable');
  });
});
