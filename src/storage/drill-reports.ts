import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { DrillReport } from '../core/drill-report.ts';
import { unlessAbsent } from './file-facts.ts';
import { writeWhole } from './write-whole.ts';

/** Of each repository the newest stay, and the last that succeeded. */
const KEPT = 100;
const REPORT = /^(\d{8}T\d{9}Z-[0-9a-f]{4})\.json$/;

/**
 * Writes what is to be said if the drill dies: whoever finds that out gives it its name. Throws what the system says.
 *
 * @returns where it is, and where it is to be
 */
export async function prepareReport(directory: string, report: DrillReport): Promise<PreparedReport> {
  const folder = join(directory, report.repository);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const prepared = preparedReport(directory, report);
  await writeWhole(prepared.from, `${JSON.stringify(report, undefined, 2)}\n`);
  return prepared;
}

export interface PreparedReport {
  readonly from: string;
  readonly to: string;
}

export function preparedReport(
  directory: string,
  { repository, id }: Pick<DrillReport, 'repository' | 'id'>,
): PreparedReport {
  const folder = join(directory, repository);
  return { from: join(folder, `.${id}.json`), to: join(folder, `${id}.json`) };
}

/** Gives a report its name, if it was prepared and nobody did so before, and removes the oldest. */
export async function publishReport(directory: string, drill: Pick<DrillReport, 'repository' | 'id'>): Promise<void> {
  const { from, to } = preparedReport(directory, drill);
  await unlessAbsent(rename(from, to));
  const folder = join(directory, drill.repository);
  const names = await reportNames(folder);
  if (names.length <= KEPT) return;
  const success = await lastSuccess(folder, names);
  for (const name of names.slice(0, -KEPT)) if (name !== success) await rm(join(folder, name), { force: true });
}

async function lastSuccess(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names.toReversed()) {
    const text = await unlessAbsent(readFile(join(folder, name), 'utf8'));
    if (text !== undefined && isSuccess(text)) return name;
  }
  return undefined;
}

/** What is no report is none of a success. */
function isSuccess(text: string): boolean {
  try {
    return (JSON.parse(text) as Partial<DrillReport> | null)?.outcome === 'success';
  } catch {
    return false;
  }
}

async function reportNames(folder: string): Promise<readonly string[]> {
  const names = (await unlessAbsent(readdir(folder))) ?? [];
  return names.filter((name) => REPORT.test(name)).toSorted();
}
