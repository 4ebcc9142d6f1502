import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import type { DrillReport } from '../../src/core/drill-report.ts';
import { drillReportOf, failedDrillOf, putReports } from './drill-reports.ts';
import { backRestOn, backupEnds, segmentBehind, segmentsIn, type Store } from './verdict-lab.ts';
import type { Scene } from './verdict-scene.ts';
import type { Situation } from './verdict-table.ts';
import { age } from './wal-archive.ts';

/** Does something to a copy of a healthy store; returns what walguard is to be told beside it. */
export type Damage = (store: Store) => Promise<Omit<Scene, 'store'>>;

/** Of pgBackRest's compressed segments the program shows no content. */
const BY_FILES = { read: ['by_files'] } as const;

/** What leaves the server as it is. */
export const DAMAGES = {
  healthy: () => Promise.resolve({}),
  async missing(store) {
    await rm(await pathOf(store, await segmentBehind(store, 0, 2)));
    return {};
  },
  async accepted(store) {
    const name = await segmentBehind(store, 0, 2);
    await rm(await pathOf(store, name));
    return { policy: `accepted_gaps: [{from: ${name}, reason: 'disk lost in March'}]` };
  },
  async missing_behind(store) {
    await rm(await pathOf(store, await segmentBehind(store, 1, 2)));
    return {};
  },
  async out_of_turn(store) {
    await rm(await pathOf(store, await segmentBehind(store, 1, 2)));
    return { policy: 'pending_after: 10m' };
  },
  async truncated(store) {
    await replace(await pathOf(store, await segmentBehind(store, 0, 2)), (bytes) =>
      bytes.subarray(0, Math.floor(bytes.length / 2)),
    );
    return BY_FILES;
  },
  async foreign(store) {
    const path = await pathOf(store, await segmentBehind(store, 0, 2));
    await replace(path, (bytes) => (path.endsWith('.gz') ? gzipSync(ofAnother(gunzipSync(bytes))) : ofAnother(bytes)));
    return BY_FILES;
  },
  async conflicting(store) {
    const path = await pathOf(store, await segmentBehind(store, 0, 2));
    await writeFile(path.replace(/-[0-9a-f]{40}/, `-${'0'.repeat(40)}`), await readFile(path));
    return {};
  },
  async on_its_way(store) {
    await rm((await newestOf(store)) ?? '');
    return { policy: 'pending_after: 10m' };
  },
  async lost_at_end(store) {
    await rm((await newestOf(store)) ?? '');
    return {};
  },
  async not_mounted(store) {
    await rm(join(store.path, 'archive'), { recursive: true });
    await mkdir(join(store.path, 'archive'));
    return {};
  },
  async expired(store) {
    if (store.tool === 'files') await rm(join(store.path, 'backups', 'first'), { recursive: true });
    else await backRestOn(store, '--repo1-retention-full=1', 'expire');
    return {};
  },
  async wal_expired(store) {
    if (store.tool === 'files') await removeBetween(store);
    else await backRestOn(store, '--repo1-retention-full=2', '--repo1-retention-archive=1', 'expire');
    return {};
  },
  async unreadable(store) {
    await chmod(store.path, 0o000);
    return { launcher: withoutRootsRights(), undo: () => chmod(store.path, 0o755) };
  },
  not_there: () => Promise.resolve({ wrongName: 'mian' }),
  drill_failed: (store) => drilled(store, drillReportOf(), failedDrillOf()),
  drill_interrupted: (store) => drilled(store, drillReportOf(), failedDrillOf({ outcome: 'interrupted' })),
  async drill_overdue(store) {
    return { ...(await drilled(store, drillReportOf())), policy: 'drill_interval: 7d' };
  },
  async never_drilled(store) {
    return { ...(await drilled(store)), policy: 'drill_interval: 7d' };
  },
  gone: (store) => Promise.resolve({ later: () => rename(store.path, `${store.path}.away`) }),
} satisfies Partial<Readonly<Record<Situation, Damage>>>;

/** Reports of drills of the repository that is made of files. */
async function drilled({ beside }: Store, ...reports: readonly DrillReport[]): Promise<Omit<Scene, 'store'>> {
  const drills = join(beside.path, 'drills');
  await putReports(join(drills, 'reports'), ...reports.map((report) => ({ ...report, repository: 'files' })));
  return { drills };
}

async function pathOf(store: Store, name: string): Promise<string> {
  const path = (await segmentsIn(store)).get(name);
  if (path === undefined) throw new Error(`There is no segment ${name}.`);
  return path;
}

async function newestOf(store: Store): Promise<string | undefined> {
  return [...(await segmentsIn(store)).values()].at(-1);
}

/** Writes a file anew, which looks as if that had been an hour ago. */
async function replace(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const bytes = change(await readFile(path));
  await rm(path);
  await writeFile(path, bytes);
  await age(path);
}

const IDENTIFIER_AT = 24;

/** The same segment as another cluster would have it: what else is in it nobody compares. */
function ofAnother(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  other.writeBigUInt64LE(bytes.readBigUInt64LE(IDENTIFIER_AT) + 1n, IDENTIFIER_AT);
  return other;
}

/** As a tool does that keeps no more WAL than what old backups need to become consistent. */
async function removeBetween(store: Store): Promise<void> {
  const [first = 0, second = 0] = [...(await backupEnds(store.lab, store.tool)).values()];
  for (let steps = 1; first + steps < second; steps += 1)
    await rm(await pathOf(store, await segmentBehind(store, 0, steps)));
}

/** Root may read everything; without these two capabilities it is an owner like any other. */
function withoutRootsRights(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  return ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
}
