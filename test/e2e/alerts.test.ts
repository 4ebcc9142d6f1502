import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../servers/index.ts';
import {
  type AlertLoop,
  DIVISOR,
  startAlertLoop,
  startCluster,
  type WatchedCluster,
  writeTargets,
  writeWal,
} from '../support/alert-lab.ts';
import type { Message } from '../support/alertmanager.ts';
import type { Load } from '../support/load.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const MAJORS = [13, 18] as const;
const NAMES = MAJORS.map((major) => `pg${major}`);
const PATIENCE_MS = 90_000;

let folder: TemporaryFolder;
let clusters: readonly WatchedCluster[] = [];
let loop: AlertLoop;
let loads: readonly Load[] = [];
let targetFile = '';
let sentWhileHealthy: readonly Message[] = [{ title: 'The hour is not over.', text: '' }];

/** What people are told of each thing that is broken, by the name of its cluster. */
const EXPECTED: Readonly<Record<string, (name: string) => RegExp>> = {
  'a failing archive_command': (name) => new RegExp(`^Critical: ${name}-a fails to archive its WAL$`),
  'a hanging archive_command': (name) => new RegExp(`^Critical: ${name}-a has stopped archiving its WAL$`),
  'an empty archive_command': (name) =>
    new RegExp(`^Critical: ${name}-a is to archive its WAL, but has no command for it$`),
  'a storm of checkpoints': (name) => new RegExp(`^Warning: ${name}-a is forced into checkpoints by its WAL$`),
  'a stopped standby': (name) => new RegExp(`^Critical: PostgreSQL on ${name}-b is down$`),
  'a deleted WAL segment': (name) => new RegExp(`^Critical: 1 WAL segments are missing in the archive of ${name}$`),
  'an old backup': (name) => new RegExp(`^Critical: The newest backup of ${name} is [\\dms. ]+ old$`),
};

function resolved(pattern: RegExp): RegExp {
  return new RegExp(pattern.source.replace(/^\^\w+:/, '^Resolved:'));
}

function sent(pattern: RegExp): readonly Message[] {
  return loop.chat.messages.filter(({ title }) => pattern.test(title));
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
      const told = () => `${what} to be told; so far: ${loop.chat.messages.map(({ title }) => title).join('; ')}`;
      await hurt(cluster);
      await waitFor(`${cluster.name}: ${told()}`, () => sent(pattern).length > 0, PATIENCE_MS);
      await heal(cluster);
      await waitFor(`${cluster.name}: the end of ${told()}`, () => sent(resolved(pattern)).length > 0, PATIENCE_MS);
    }),
  );
}

function archiveWith(command: string | null): (cluster: WatchedCluster) => Promise<void> {
  return ({ primary }) => primary.alterSystem({ archive_command: command });
}

async function breakArchiving(): Promise<void> {
  await breakAndRepair('a failing archive_command', archiveWith('false'), archiveWith(null));
  await breakAndRepair(
    'a hanging archive_command',
    archiveWith('echo $$ >hanging && exec sleep 600'),
    async (cluster) => {
      await archiveWith(null)(cluster);
      process.kill(Number(await readFile(join(cluster.primary.dataDirectory, 'hanging'), 'utf8')));
    },
  );
  await breakAndRepair('an empty archive_command', archiveWith(''), archiveWith(null));
}

async function forceCheckpoints(): Promise<void> {
  const storms = new Map<string, Load>();
  await breakAndRepair(
    'a storm of checkpoints',
    async ({ name, primary }) => {
      await primary.alterSystem({ max_wal_size: '6MB' });
      storms.set(name, writeWal(primary, 100_000, 40));
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

/** The fifth segment after the backup: what is before the backup nobody needs. */
async function deleteSegment(): Promise<void> {
  const hidden = new Map<string, string>();
  await breakAndRepair(
    'a deleted WAL segment',
    async ({ name, archive }) => {
      const files = (await readdir(archive)).toSorted();
      const label = files.findLast((file) => file.endsWith('.backup')) ?? '';
      const segments = files.filter((file) => /^[0-9A-F]{24}$/.test(file) && file > label.slice(0, 24));
      const [segment = ''] = segments.slice(4);
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
  await Promise.all(clusters.map((cluster) => cluster.watch('backup_interval: 30s')));
  await writeTargets(targetFile, clusters);
  await breakAndRepair(
    'an old backup',
    () => Promise.resolve(),
    (cluster) => cluster.backUp(),
  );
}

beforeAll(async () => {
  folder = await temporaryFolder();
  targetFile = join(folder.path, 'targets.json');
  clusters = await Promise.all(MAJORS.map((major) => startCluster(major, folder)));
  await Promise.all(clusters.map((cluster) => cluster.backUp()));
  await Promise.all(clusters.map((cluster) => cluster.watch('backup_interval: 1d')));
  await writeTargets(targetFile, clusters);
  loop = await startAlertLoop(folder, targetFile);
  loads = clusters.map(({ primary }) => writeWal(primary, 20_000, 50));
  await waitFor(
    'a verdict on both clusters',
    async () =>
      (await loop.prometheus.query('pg_recoverability_status{status="recoverable"} == 1')).length === MAJORS.length &&
      (await loop.prometheus.query('pg_up == 1')).length === 2 * MAJORS.length,
    60_000,
  );
  await sleep((60 * 60_000) / DIVISOR);
  sentWhileHealthy = [...loop.chat.messages];
  const others = async (): Promise<void> => {
    await forceCheckpoints();
    await stopStandby();
    await deleteSegment();
  };
  await Promise.all([breakArchiving(), others()]);
  await letBackupsAge();
}, 600_000);

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
      expect(sent(pattern)).toHaveLength(1);
      expect(sent(resolved(pattern))).toHaveLength(1);
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
      expect(storm).toMatch(/forced into \d+ checkpoints .* Set max_wal_size to [\d.]+MiB or more \(it is 6MiB\)/);
      expect(standby).toContain(`cannot log in to PostgreSQL on ${name}-b`);
      expect(gap).toContain('1 WAL segments that a backup');
      expect(old).toMatch(/in repository main ended [\dms. ]+ ago; one is wanted every 30s\./);
    });
  });

  it('come for nothing else', () => {
    const patterns = NAMES.flatMap((name) => Object.values(EXPECTED).map((pattern) => pattern(name)));
    const known = [...patterns, ...patterns.map(resolved)];
    const titles = loop.chat.messages.map(({ title }) => title);
    expect(titles.filter((title) => !known.some((pattern) => pattern.test(title)))).toEqual([]);
  });
});
