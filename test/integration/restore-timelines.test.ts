import { chmod, cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newestMajor, type PostgresServer, startStandby } from '../../servers/index.ts';
import { type Commit, newestIn, Writer } from '../support/commits.ts';
import { samplesOf, scrape } from '../support/http.ts';
import {
  archivedEnd,
  backUp,
  type Claim,
  claims,
  type RestoreLab,
  Scraper,
  segmentsPass,
  startRestoreLab,
  targetTime,
  watch,
} from '../support/restore-lab.ts';
import { type Restored, restore } from '../support/restore.ts';
import { waitForReplay } from '../support/standbys.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import type { Walguard } from '../support/walguard.ts';

const TOO_LATE = 'FATAL:  recovery ended before configured recovery target was reached';
const major = newestMajor();

describe('an archive with a switch of timelines by promotion', () => {
  let lab: RestoreLab & AsyncDisposable;
  let standby: PostgresServer;
  let walguard: Walguard;
  let folder: TemporaryFolder;
  let backup: string;
  /** Of the server that was lost, and of the one that was promoted. */
  let before: readonly Commit[];
  let after: readonly Commit[];

  beforeAll(async () => {
    lab = await startRestoreLab(major);
    folder = await temporaryFolder();
    const { server, writer } = lab;
    writer.start(40, 60_000);
    await segmentsPass(server, 1);
    await writer.stop();
    backup = await backUp(lab, 'first');
    writer.start(40, 60_000);
    await segmentsPass(server, 4);
    standby = await startStandby(server);
    await segmentsPass(server, 1);
    await writer.stop();
    before = await writer.commits();
    await waitForReplay(server, standby);
    await server.kill();
    await standby.promote();
    walguard = await watch(lab, standby);
    await using scraper = new Scraper(walguard, 200);
    await using second = new Writer(standby);
    second.start(40, 60_000);
    await segmentsPass(standby, 6);
    await second.stop();
    await scraper.stop();
    after = (await second.commits()).filter(({ id }) => id > (before.at(-1)?.id ?? 0));
  });

  afterAll(async () => {
    await walguard?.[Symbol.asyncDispose]();
    await standby?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  function recover(time: string | undefined): Promise<Restored> {
    return restore({ major, backup, archive: lab.archive, ...(time === undefined ? {} : { time }) });
  }

  async function expectTooLate(time: string | undefined, newest: Commit | undefined): Promise<void> {
    await using outside = await recover(time);
    expect(outside.outcome).toBe('failed');
    expect(outside.log).toContain(TOO_LATE);
    expect(outside.log).toContain(`last completed transaction was at log time ${newest?.time}`);
  }

  async function historyIsMissing(): Promise<number | undefined> {
    const { families } = await scrape(`${walguard.url}/metrics`);
    const [finding] = samplesOf(families, 'pg_recoverability_finding', { finding: 'timeline_history_missing' });
    return finding?.value;
  }

  it('is claimed across the switch, and recovery gets across it to just there', async () => {
    const end = await archivedEnd(standby, lab.archive);
    const claimed = await claims(walguard, (found) => found.at(-1)?.end === end);
    expect(claimed).toMatchObject([{ timeline: 2, backups: ['first'] }]);
    const latest = claimed[0]?.latest ?? Number.NaN;
    const last = after.findLast(({ lsn }) => lsn <= end);
    expect(latest).toBeGreaterThan(after[0]?.seconds ?? Number.NaN);
    expect(await historyIsMissing()).toBe(0);

    await using inside = await recover(targetTime(latest));
    expect(inside.outcome).toBe('reached');
    expect(await newestIn(inside)).toBe(after.findLast(({ seconds }) => seconds <= latest)?.id);
    await expectTooLate(last?.time, last);
  });

  it('begins behind the backup, as PostgreSQL goes past an earlier moment without a word', async () => {
    const claimed = await claims(walguard, (found) => found.length === 1);
    const [asked] = before;
    expect(asked?.seconds).toBeLessThan(claimed[0]?.earliest ?? Number.NaN);

    await using restored = await recover(asked?.time);
    const [, id = ''] = /recovery stopping before commit of transaction \d+, time (.+)/.exec(restored.log) ?? [];
    const stop = before.findIndex(({ time }) => time === id);
    expect([restored.outcome, await newestIn(restored)]).toEqual(['reached', before[stop - 1]?.id]);
    expect(stop).toBeGreaterThan(1);
  });

  it('is untouched by a restored copy, which obeys nothing of the configuration that it brings along', async () => {
    const poisoned = join(folder.path, 'poisoned');
    const touched = join(folder.path, 'touched');
    await cp(backup, poisoned, { recursive: true });
    const touch = `'touch ${touched}'`;
    const brought = `archive_mode = always\narchive_command = ${touch}\narchive_cleanup_command = ${touch}
recovery_end_command = ${touch}\nsynchronous_standby_names = 'nobody'\nexternal_pid_file = '${touched}'\n`;
    await writeFile(join(poisoned, 'postgresql.auto.conf'), brought);
    await chmod(folder.path, 0o777);
    const names = await readdir(lab.archive);

    await using restored = await restore({ major, backup: poisoned, archive: lab.archive });
    await restored.server.sql(
      `SET statement_timeout = '20s'; INSERT INTO beats DEFAULT VALUES; SELECT pg_switch_wal()`,
    );
    await restored.server.sql('CHECKPOINT');
    expect(restored.outcome).toBe('ended');
    expect(await readdir(lab.archive)).toEqual(names);
    expect(await readdir(folder.path)).toEqual(['poisoned']);
  });

  it('is not claimed behind the switch without the file that tells of it, and no recovery gets there', async () => {
    const history = join(lab.archive, '00000002.history');
    await cp(history, join(folder.path, '00000002.history'), { preserveTimestamps: true });
    await rm(history);
    let claim: Claim | undefined;
    await claims(walguard, (found) => (claim = found.at(-1))?.timeline === 1);
    const end = claim?.end ?? 0n;
    const [inWindow, last] = before.filter(({ lsn }) => lsn <= end).slice(-2);
    expect(await historyIsMissing()).toBe(1);
    expect(end).toBeLessThan(after[0]?.lsn ?? 0n);

    // This walguard did not see the server that was lost: of the time it knows no more than when the last segment came.
    await using inside = await recover(inWindow?.time);
    expect(inside.outcome).toBe('reached');
    expect(await newestIn(inside)).toBe(inWindow?.id);
    await expectTooLate(last?.time, last);
    await expectTooLate(after[0]?.time, last);

    await cp(join(folder.path, '00000002.history'), history, { preserveTimestamps: true });
    await claims(walguard, (found) => found.at(-1)?.timeline === 2);
  });
});
