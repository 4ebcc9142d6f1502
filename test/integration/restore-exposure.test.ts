import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newestMajor, type PostgresServer, waitFor } from '../../servers/index.ts';
import { type Commit, longestPause, newestIn } from '../support/commits.ts';
import { valueOf } from '../support/http.ts';
import {
  backUp,
  type RestoreLab,
  Scraper,
  segmentsPass,
  startRestoreLab,
  type TimedPage,
  watch,
} from '../support/restore-lab.ts';
import { restore } from '../support/restore.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import type { Walguard } from '../support/walguard.ts';

/** A page, and the archive as it was while that was made. */
interface Moment {
  readonly page: TimedPage;
  readonly archive: string;
}

const SITUATIONS = ['healthy', 'failing', 'failing longer', 'recovered', 'idle after a switch'] as const;
type Situation = (typeof SITUATIONS)[number];

describe('the exposure that walguard tells', () => {
  let lab: RestoreLab & AsyncDisposable;
  let walguard: Walguard;
  let copies: TemporaryFolder;
  let backup: string;
  let commits: readonly Commit[];
  let scrapeSeconds: number;
  let commitSeconds: number;
  const moments = new Map<Situation, Moment>();

  beforeAll(async () => {
    lab = await startRestoreLab(newestMajor());
    copies = await temporaryFolder();
    walguard = await watch(lab);
    const { server, writer } = lab;
    await using scraper = new Scraper(walguard, 1_000);
    writer.start(100, 30_000);
    await segmentsPass(server, 1);
    backup = await backUp(lab, 'first');
    await segmentsPass(server, 1);
    const remember = async (situation: Situation): Promise<void> => {
      moments.set(situation, await capture(scraper, lab.archive, join(copies.path, situation)));
    };
    await pass(server, 1.5, 'last_archived_time');
    await remember('healthy');
    const [[command = ''] = []] = await server.sql(`SELECT current_setting('archive_command')`);
    await server.alterSystem({ archive_command: '/bin/false' });
    await pass(server, 12, 'last_archived_time');
    await remember('failing');
    await pass(server, 20, 'last_archived_time');
    await remember('failing longer');
    await server.alterSystem({ archive_command: command });
    await server.waitForSql(
      `(SELECT last_archived_time > coalesce(last_failed_time, '-infinity') FROM pg_stat_archiver)`,
      30_000,
    );
    await waitFor('nothing to be waiting', async () => (await waiting(server)) === 0, 90_000);
    await remember('recovered');
    await writer.stop();
    await server.sql('SELECT pg_switch_wal()');
    await waitFor('nothing to be waiting', async () => (await waiting(server)) === 0, 90_000);
    await pass(server, 3, 'last_archived_time');
    await remember('idle after a switch');
    await scraper.stop();
    commits = await writer.commits();
    scrapeSeconds = longestPause(scraper.pages.map(({ to }) => to));
    commitSeconds = longestPause(commits.map(({ seconds }) => seconds));
  }, 180_000);

  afterAll(async () => {
    await walguard?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
    await copies?.[Symbol.asyncDispose]();
  });

  /**
   * Walguard counts from the last scrape at which all WAL was archived since. The newest commit of the archive lies
   * between that scrape and the next, or it is the last one before it: so the answer is at most the longest time
   * between two scrapes too high, and at most the longest time between two commits too low.
   */
  it.each(SITUATIONS)('is what a restored copy of the archive lacks: %s', async (situation) => {
    const moment = moments.get(situation);
    if (moment === undefined) throw new Error(`There is no moment of ${situation}.`);
    const { page, archive } = moment;
    const told = valueOf(page.families, 'pg_recovery_point_exposure_seconds') ?? Number.NaN;
    await using restored = await restore({ major: lab.server.major, backup, archive });
    expect(restored.outcome).toBe('ended');
    const newest = await newestIn(restored);
    const held = commits.find(({ id }) => id === newest)?.seconds ?? Number.NaN;
    const isAll = commits.every(({ id, seconds }) => id <= newest || seconds > page.to);
    const truth = { least: isAll ? 0 : page.from - held, most: isAll ? 0 : page.to - held };

    expect(isAll).toBe(situation === 'idle after a switch');
    expect(told).toBeLessThanOrEqual(truth.most + (isAll ? 0 : scrapeSeconds));
    expect(told).toBeGreaterThanOrEqual(truth.least - (isAll ? 0 : commitSeconds));
  });
});

/** A page during which nothing came into the archive, and a copy of that. */
async function capture(scraper: Scraper, archive: string, copy: string): Promise<Moment> {
  let found: TimedPage | undefined;
  await waitFor(
    'a page while nothing is archived',
    async () => {
      const before = await readdir(archive);
      const page = await scraper.next();
      await mkdir(copy, { recursive: true });
      await cp(archive, copy, { recursive: true, filter: (path) => !path.endsWith('.partial') });
      const after = await readdir(archive);
      if (after.join() === before.join() && (await readdir(copy)).length === after.length) found = page;
      return found !== undefined;
    },
    60_000,
  );
  if (found === undefined) throw new Error('There is no page.');
  return { page: found, archive: copy };
}

/** Waits until so many seconds have gone by since something that the archiver did. */
function pass(server: PostgresServer, seconds: number, since: string): Promise<void> {
  return server.waitForSql(`(SELECT now() - ${since} > '${seconds} s' FROM pg_stat_archiver)`, 60_000);
}

async function waiting(server: PostgresServer): Promise<number> {
  const [[count] = []] = await server.sql(`SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`);
  return Number(count);
}
