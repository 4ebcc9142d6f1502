import { join } from 'node:path';

import type { DrillSettings } from '../config/drills.ts';
import type { Backup } from '../core/catalogue.ts';
import { CONTROL_FILE_BYTES, type ControlFile, type MinimumSetting, readControlFile } from '../core/control-file.ts';
import { messageOf, WalguardError } from '../core/error.ts';
import { readHead } from '../storage/read-file.ts';
import { makeFolder, writePrivate } from '../storage/drill-folder.ts';
import { cleanDataDirectory, leaksOfMap, lookThrough } from '../storage/restored-data.ts';
import { refuseForeignTablespaces } from '../storage/wal-guard.ts';
import { configurationText, HBA_TEXT, signalFile } from './configuration.ts';
import type { DrillLayout } from './layout.ts';
import type { Plan } from './plan.ts';

/** What was restored, as its own files say. */
export interface Restored {
  readonly majorVersion: number;
  readonly control: ControlFile;
}

export async function makeFolders(layout: DrillLayout): Promise<void> {
  for (const path of [layout.data, layout.tablespaces, layout.scratch, layout.socket, layout.config])
    await makeFolder(path);
}

/**
 * Takes out of what was restored all that belongs to the original. Throws DRILL_UNSAFE if it leads to somewhere else, and
 * DRILL_RESTORE_FAILED if it is no data directory.
 */
export async function settleRestored({ root, data }: DrillLayout, { wal }: Backup): Promise<Restored> {
  const version = await orNoData(data, () => readHead(join(data, 'PG_VERSION'), 16));
  const control = readControlFile(
    await orNoData(data, () => readHead(join(data, 'global', 'pg_control'), CONTROL_FILE_BYTES)),
  );
  const major = Number(version.toString('latin1').trim());
  if (control === undefined || !Number.isInteger(major))
    throw noData(data, 'its global/pg_control is not one that walguard knows');
  await refuseLeaks({ root, data });
  await refuseForeignTablespaces(join(data, 'pg_wal'), wal?.start);
  await cleanDataDirectory(data);
  return { majorVersion: major * 10_000, control };
}

/** Throws DRILL_UNSAFE if a link leads out of the folder of the drill. */
export async function refuseLeaks({ root, data }: Pick<DrillLayout, 'root' | 'data'>): Promise<void> {
  const leaks = [...(await leaksOfMap(data, root)), ...(await lookThrough(root)).leaks];
  if (leaks.length === 0) return;
  const message = `what was restored leads out of the folder of the drill: ${leaks.join('; ')}`;
  throw new WalguardError('DRILL_UNSAFE', message, {
    hint: 'The server that was restored would write there. Take backups with folders instead of links, or report this.',
  });
}

export interface ServerConfiguration {
  readonly plan: Plan;
  readonly settings: DrillSettings;
  readonly restored: Restored;
  readonly restoreCommand: string;
  /** What an earlier start was too low in. */
  readonly raised: ReadonlyMap<MinimumSetting, number>;
}

/** Writes all that decides how the restored server starts. */
export async function configure(layout: DrillLayout, configuration: ServerConfiguration): Promise<void> {
  const { plan, settings, restored, restoreCommand, raised } = configuration;
  const { minima } = restored.control;
  const text = configurationText({
    majorVersion: restored.majorVersion,
    socketDirectory: layout.socket,
    restoreCommand,
    target: plan.target,
    timeline: plan.timeline,
    minima: { ...minima, ...Object.fromEntries(raised) },
    preload: settings.preload,
  });
  await writePrivate(join(layout.config, 'config'), text);
  await writePrivate(join(layout.config, 'hba'), HBA_TEXT);
  await writePrivate(join(layout.config, 'ident'), '');
  await writePrivate(join(layout.data, 'postgresql.auto.conf'), '');
  await writePrivate(join(layout.data, signalFile(plan.target)), '');
}

async function orNoData(data: string, read: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await read();
  } catch (thrown) {
    throw noData(data, messageOf(thrown));
  }
}

function noData(data: string, why: string): WalguardError {
  return new WalguardError('DRILL_RESTORE_FAILED', `what was restored to ${data} is no data directory: ${why}`, {
    hint: 'See with the tool that made the backup whether it is whole, and make a full backup now if it is not.',
  });
}
