import { join } from 'node:path';

import type { DrillSettings } from '../../config/drills.ts';
import { WalguardError } from '../../core/error.ts';
import { factsAt } from '../../storage/folder.ts';
import { majorOf } from '../programs.ts';

/** Folders with programs of PostgreSQL that fit dumps, and each other. */
export interface DumpPrograms {
  /** Of the server: postgres and initdb. */
  readonly server: string;
  /** As 15. */
  readonly major: number;
  /** Of pg_restore and psql. */
  readonly client: string;
}

interface Found {
  readonly folder: string;
  readonly major: number;
}

/** Those that walguard knows, and some that are yet to come. */
const MAJORS = Array.from({ length: 18 }, (_none, index) => 13 + index);

/**
 * Finds the oldest server that takes the dumps, and programs that restore into it, of the same major version if they are
 * there. Throws DRILL_NO_POSTGRES.
 *
 * @param least as 15; undefined if the dumps do not tell: the newest is taken
 */
export async function findDumpPrograms(
  least: number | undefined,
  { programDirectories }: Pick<DrillSettings, 'programDirectories'>,
  environment: Readonly<Record<string, string>>,
): Promise<DumpPrograms> {
  const inPath = (environment['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const named = programDirectories.flatMap((pattern) =>
    pattern.includes('{major}') ? MAJORS.map((major) => pattern.replaceAll('{major}', String(major))) : [pattern],
  );
  const folders = [...new Set([...named, ...inPath])];
  const find = (program: string, beside: string): Promise<readonly Found[]> =>
    findIn(folders, [program, beside], environment);
  const looked = `${programDirectories.join(', ')} and in PATH`;
  const server = chooseServer(await find('postgres', 'initdb'), least);
  if (server === undefined) throw missing(least, 'server (postgres, initdb)', looked);
  const client = chooseClient(await find('pg_restore', 'psql'), server.major, least ?? server.major);
  if (client === undefined) throw missing(least ?? server.major, 'client (pg_restore, psql)', looked);
  return { server: server.folder, major: server.major, client: client.folder };
}

async function findIn(
  folders: readonly string[],
  programs: readonly [string, string],
  environment: Readonly<Record<string, string>>,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const folder of folders) {
    const facts = programs.map((program) => factsAt(join(folder, program)).catch(() => undefined));
    if ((await Promise.all(facts)).some((each) => each?.kind !== 'file')) continue;
    const major = await majorOf(join(folder, programs[0]), environment);
    if (major !== undefined) found.push({ folder, major });
  }
  return found;
}

function chooseServer(found: readonly Found[], least: number | undefined): Found | undefined {
  if (least === undefined) return found.toSorted((a, b) => b.major - a.major)[0];
  return found.filter(({ major }) => major >= least).toSorted((a, b) => a.major - b.major)[0];
}

/** A newer program may say to a server what that does not know yet: rather one that is older. */
function chooseClient(found: readonly Found[], serverMajor: number, least: number): Found | undefined {
  const rank = ({ major }: Found): number => (major <= serverMajor ? serverMajor - major : 100 + major);
  return found.filter(({ major }) => major >= least).toSorted((a, b) => rank(a) - rank(b))[0];
}

function missing(least: number | undefined, what: string, looked: string): WalguardError {
  const version = least === undefined ? '' : ` ${least} or newer`;
  return new WalguardError('DRILL_NO_POSTGRES', `there is no PostgreSQL ${what}${version} in ${looked}`, {
    hint: `Install the server and client programs of PostgreSQL${version} on this host, or name their folder in drills.postgres.`,
  });
}
