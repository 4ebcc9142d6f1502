import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../servers/index.ts';
import {
  type AlertLoop,
  DIVISOR,
  goFirst,
  startAlertLoop,
  startCluster,
  type WatchedCluster,
  writeTargets,
  writeWal,
} from '../support/alert-lab.ts';
import type { Message } from '../support/alertmanager.ts';
import type { Load } from '../support/load.ts';
import { startEach } from '../support/standbys.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const MAJORS = [13, 18] as const;
const NAMES = MAJORS.map((major) => `pg${major}`);
const PATIENCE_MS = 180_000;

let folder: TemporaryFolder;
let clusters: readonly WatchedCluster[] = [];
let loop: AlertLoop;
let loads: readonly Load[] = [];
let targetFile = '';
let sentWhileHealthy: readonly Message[] = [{ title: 'The hour is not over.', text: '', at: new Date(0) }];

/** What people are told of each thing that is broken, by the name of its cluster. */
const EXPECTED: Readonly<Record<string, (name: string) => RegExp>> = {
  'a failing archive_command': (name) => new RegExp(`^Critical: ${name}-a fails to archive its WAL$`),
  'a hanging archive_command': (name) => new RegExp(`^Critical: ${name}-a has stopped archiving its WAL$`),
  'an empty archive_command': (name) =>
    new RegExp(`^Critical: ${name}-a is to archive its WAL, but has no command for it$`),
  'a storm of checkpoints': (name) => new RegExp(`^Warning: ${name}-a is forced into checkpoints by its WAL$`),
  'a stopped standby': (name) => new RegExp(`^Critical: PostgreSQL on ${name}-b is down$`),
  'a deleted WAL segment': (name) => new RegExp(`^Critical: WAL is missing in the archive of ${name}$`),
  'an old backup': (name) => new RegExp(`^Critical: The newest backup of ${name} is [\\dms. ]+ old$`),
};

function resolved(pattern: RegExp): RegExp {
  return new RegExp(pattern.source.replace(/^\^\w+:/, '^Resolved:'));
}

function sent(pattern: RegExp): readonly Message[] {
  return loop.chat.messages.filter(({ title }) => pattern.test(title));
}

function allMessages(): string {
  return loop.chat.messages.map(({ at, title, text }) => `${at.toISOString()} ${title}\n${text}`).join('\n');
}

/** Breaks something in both clusters, waits until somebody is told, repairs it, and waits until that is told too. */
async function breakAndRepair(
  what: string,
  hurt: (cluster: WatchedCluster) => Promise<void>,
  heal: (cluster: WatchedCluster) => Promise<void>,
): Promise<void> {
  await Promise.all(
    clusters.map(async (cluster) => {
      const pattern = EXPECTED[what]?.(cluster.name) ?? /^$/;
      const told = `${what} in ${cluster.name} to be told`;
      await hurt(cluster);
      await waitFor(told, () => sent(pattern).length > 0, PATIENCE_MS);
      await heal(cluster);
      await waitFor(`the end of ${told}`, () => sent(resolved(pattern)).length > 0, PATIENCE_MS);
    }),
  );
}

function archiveWith(command: string): (cluster: WatchedCluster) => Promise<void> {
  return ({ primary }) => primary.alterSystem({ archive_command: command });
}

/** A new segment wakes the archiver, which else may sleep for a minute. */
async function archiveAgain({ primary }: WatchedCluster): Promise<void> {
  await primary.alterSystem({ archive_command: null });
  await primary.sql(`SELECT pg_logical_emit_message(true, 'load', 'x')`);
  await primary.sql('SELECT pg_switch_wal()');
}

async function breakArchiving(): Promise<void> {
  await breakAndRepair('a failing archive_command', archiveWith('false'), archiveAgain);
  await breakAndRepair(
    'a hanging archive_command',
    archiveWith('echo $$ >hanging && exec sleep 600'),
    async (cluster) => {
      await archiveAgain(cluster);
      process.kill(Number(await readFile(join(cluster.primary.dataDirectory, 'hanging'), 'utf8')));
    },
  );
  await breakAndRepair('an empty archive_command', archiveWith(''), archiveAgain);
}

/**
 * Some 0.8 MB of WAL a second, and a checkpoint for each three of them: six within a minute are a storm, ten within twenty
 * seconds would be a severe one.
 */
async function forceCheckpoints(): Promise<void> {
  const storms = new Map<string, Load>();
  await breakAndRepair(
    'a storm of checkpoints',
    async ({ name, primary }) => {
      await primary.alterSystem({ max_wal_size: '8MB' });
      storms.set(name, writeWal(primary, 40_000, 100));
    },
    async ({ name, primary }) => {
      await primary.alterSystem({ max_wal_size: null });
      await storms.get(name)?.stop();
    },
  );
}

async function stopStandby(): Promise<void> {
  await breakAndRepair(
    'a stopped standby',
    ({ standby }) => standby.stop(),
    ({ standby }) => standby.start(),
  );
}

/** Segments of an archive behind its newest backup: what is before it nobody needs. */
async function segmentsBehindBackup(archive: string): Promise<readonly string[]> {
  const files = (await readdir(archive)).toSorted();
  const label = files.findLast((file) => file.endsWith('.backup')) ?? '';
  return files.filter((file) => /^[0-9A-F]{24}$/.test(file) && file > label.slice(0, 24));
}

async function deleteSegment(): Promise<void> {
  const hidden = new Map<string, string>();
  await breakAndRepair(
    'a deleted WAL segment',
    async ({ name, archive }) => {
      const [, segment = ''] = await segmentsBehindBackup(archive);
      hidden.set(name, segment);
      await rename(join(archive, segment), join(folder.path, `${name}-${segment}`));
    },
    async ({ name, archive }) => {
      const segment = hidden.get(name) ?? '';
      await rename(join(folder.path, `${name}-${segment}`), join(archive, segment));
    },
  );
}

/** The policy is made stricter: one cannot wait until a backup is a day old. */
async function letBackupsAge(): Promise<void> {
  const former = await Promise.all(clusters.map((cluster) => cluster.watch('backup_interval: 1m')));
  await writeTargets(targetFile, clusters);
  const isScraped = async (): Promise<boolean> => {
    const text = JSON.stringify(await loop.prometheus.api('targets', { state: 'active' }));
    return former.some((one) => one !== undefined && text.includes(new URL(one.url).host));
  };
  // Without a gap: a primary of which nobody tells is one that is gone.
  await waitFor('the new walguards to be scraped instead', async () => !(await isScraped()), PATIENCE_MS);
  for (const one of former) await one?.stop();
  await breakAndRepair(
    'an old backup',
    () => Promise.resolve(),
    (cluster) => cluster.backUp(),
  );
}

beforeAll(async () => {
  goFirst();
  folder = await temporaryFolder();
  targetFile = join(folder.path, 'targets.json');
  clusters = await startEach(MAJORS, (major) => startCluster(major, folder));
  await Promise.all(clusters.map((cluster) => cluster.backUp()));
  await Promise.all(clusters.map((cluster) => cluster.watch('backup_interval: 1d')));
  await writeTargets(targetFile, clusters);
  loop = await startAlertLoop(folder, targetFile);
  loads = clusters.map(({ primary }) => writeWal(primary, 40_000, 100));
  await waitFor(
    'a verdict on both clusters',
    async () =>
      (await loop.prometheus.query('pg_recoverability_status{status="recoverable"} == 1')).length === MAJORS.length &&
      (await loop.prometheus.query('pg_up == 1')).length === 2 * MAJORS.length,
    PATIENCE_MS,
  );
  await sleep((60 * 60_000) / DIVISOR);
  sentWhileHealthy = [...loop.chat.messages];
  try {
    await waitFor(
      'WAL behind the backups',
      async () => {
        const archived = await Promise.all(clusters.map(({ archive }) => segmentsBehindBackup(archive)));
        return archived.every((segments) => segments.length > 4);
      },
      PATIENCE_MS,
    );
    await Promise.all([breakArchiving(), forceCheckpoints(), stopStandby().then(deleteSegment)]);
    await letBackupsAge();
  } catch (error) {
    throw new Error(`${allMessages()}\n${await loop.state()}`, { cause: error });
  }
}, 900_000);

afterAll(async () => {
  for (const started of [loop, ...loads, ...clusters, folder]) await started?.[Symbol.asyncDispose]();
});

describe('notifications', () => {
  it('do not come for an hour of a healthy cluster under load, which passes in half a minute', () => {
    expect(sentWhileHealthy).toEqual([]);
  });

  describe.each(NAMES)('of %s', (name) => {
    it.each(Object.keys(EXPECTED))('tell once of %s, and once that it is over', (what) => {
      const pattern = EXPECTED[what]?.(name) ?? /^$/;
      expect(sent(pattern), allMessages()).toHaveLength(1);
      expect(sent(resolved(pattern)), allMessages()).toHaveLength(1);
    });

    it('say what it costs, what to do, and where to read on', () => {
      const texts = Object.values(EXPECTED).map((pattern) => sent(pattern(name))[0]?.text ?? '');
      for (const text of texts) {
        expect(text).toMatch(
          /\nSince \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\nRunbook: docs\/runbooks\/\w+\.md\nDashboard: \/d\/walguard-\w+\?/,
        );
        expect(text).not.toMatch(/<no value>|%!|NaN|error/i);
      }
      const [failing = '', hanging = '', empty = '', storm = '', standby = '', gap = '', old = ''] = texts;
      expect(failing).toMatch(/: \d+ segments wait, the oldest for [\dms. ]+\. What was committed since then is lost/);
      expect(hanging).toMatch(/\(state (?:hung|stalled)\): \d+ segments wait/);
      expect(empty).toContain('neither archive_command nor archive_library is set');
      expect(storm).toMatch(/forced into \d+ checkpoints .* Set max_wal_size to [\d.]+MiB or more \(it is 8MiB\)/);
      expect(standby).toContain(`cannot log in to PostgreSQL on ${name}-b`);
      expect(gap).toMatch(/^A WAL segment that a backup of \S+ needs is missing in repository main: /);
      expect(old).toMatch(/in repository main ended [\dms. ]+ ago; one is wanted every 1m 0s\./);
    });
  });

  it('come for nothing else', () => {
    const patterns = NAMES.flatMap((name) => Object.values(EXPECTED).map((pattern) => pattern(name)));
    const known = [...patterns, ...patterns.map(resolved)];
    const titles = loop.chat.messages.map(({ title }) => title);
    const others = titles.filter((title) => !known.some((pattern) => pattern.test(title)));
    expect(others, allMessages()).toEqual([]);
  });
});
