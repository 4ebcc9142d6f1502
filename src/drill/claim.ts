import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { DrillSettings } from '../config/drills.ts';
import { messageOf, WalguardError } from '../core/error.ts';
import { guardFolder } from '../process/guardian.ts';
import { endPostmaster } from '../process/server-process.ts';
import {
  type DrillFolder,
  keepAlive,
  listDrillFolders,
  makeDrillFolder,
  makeRoot,
  MARKER_FILE,
  readPostmaster,
  removeDrillFolder,
  removeUnfinished,
} from '../storage/drill-folder.ts';
import { preparedReport, publishReport } from '../storage/drill-reports.ts';
import { type DrillLayout, layOut } from './layout.ts';

/** The folder of this drill, in which nobody else works, in a folder for all drills, in which nobody else drills. */
export interface Claim {
  readonly id: string;
  readonly startedSeconds: number;
  readonly layout: DrillLayout;
  /** Ids of drills that were killed, of which the folder was still there. */
  readonly leftOvers: readonly string[];
  /** Nobody looks after the folder any more. */
  readonly release: () => void;
}

const BEAT_MS = 5_000;
/** Who came first waits until the other has seen that. */
const YIELD_MS = 2_000;
const ASK_MS = 100;

/**
 * Makes a folder for a drill. That of a drill that was killed is removed, after its server was stopped, and its report is
 * published. Throws DRILL_BUSY if another drill runs, and DRILL_FOLDER.
 */
export async function claimFolder(
  { directory, reportsDirectory }: Pick<DrillSettings, 'directory' | 'reportsDirectory'>,
  repository: string,
): Promise<Claim> {
  const startedMs = Date.now();
  const id = `${new Date(startedMs).toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(2).toString('hex')}`;
  const path = await orUnusable(directory, async () => {
    await makeRoot(directory);
    return await makeDrillFolder(directory, { id, repository, startedSeconds: startedMs / 1_000 });
  });
  const { from, to } = preparedReport(reportsDirectory, { repository, id });
  const dismiss = guardFolder({ folder: path, markerName: MARKER_FILE, report: { from, to } });
  const beat = setInterval(() => void keepAlive(path).catch(() => undefined), BEAT_MS);
  beat.unref();
  const release = (): void => {
    clearInterval(beat);
    dismiss();
  };
  try {
    const layout = layOut(path);
    await refuseSecond(directory, id);
    const leftOvers = await removeLeftOvers(directory, reportsDirectory);
    return { id, startedSeconds: startedMs / 1_000, layout, leftOvers, release };
  } catch (thrown) {
    await removeDrillFolder(path);
    release();
    throw thrown;
  }
}

/** Of two that began at once the later one gives up; none goes on while it sees another. */
async function refuseSecond(directory: string, id: string): Promise<void> {
  const end = performance.now() + YIELD_MS;
  for (;;) {
    const others = (await listDrillFolders(directory)).filter(({ marker, isAlive }) => isAlive && marker.id !== id);
    const [first] = others;
    if (first === undefined) return;
    if (others.some(({ marker }) => marker.id < id) || performance.now() > end) throw busy(directory, first);
    await sleep(ASK_MS);
  }
}

async function removeLeftOvers(directory: string, reportsDirectory: string): Promise<readonly string[]> {
  await removeUnfinished(directory);
  const dead = (await listDrillFolders(directory)).filter(({ isAlive }) => !isAlive);
  for (const { path, marker } of dead) {
    await endServerIn(path);
    await orUnusable(path, () => removeDrillFolder(path));
    await publishReport(reportsDirectory, marker);
  }
  return dead.map(({ marker }) => marker.id);
}

async function endServerIn(path: string): Promise<void> {
  const { data } = layOut(path);
  for (let tries = 0; tries < 100; tries++) {
    const pid = await readPostmaster(data);
    if (pid === undefined) return;
    if (!endPostmaster(pid, tries < 50 ? 'SIGQUIT' : 'SIGKILL')) return;
    await sleep(ASK_MS);
  }
}

function busy(directory: string, { marker }: DrillFolder): WalguardError {
  const message = `another drill works in ${directory}: of ${marker.repository}, process ${marker.pid} on ${marker.host}`;
  return new WalguardError('DRILL_BUSY', message, {
    hint: 'Wait for its end, or give this one a folder of its own in drills.directory.',
  });
}

async function orUnusable<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    if (thrown instanceof WalguardError) throw thrown;
    throw new WalguardError('DRILL_FOLDER', `${path} cannot be used for drills: ${messageOf(thrown)}`, {
      hint: 'Give the user that runs walguard a folder that it owns, and name it in drills.directory.',
      cause: thrown,
    });
  }
}
