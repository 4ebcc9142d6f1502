import { join } from 'node:path';

import { WalguardError } from '../core/error.ts';
import type { DrillSettings } from '../config/drills.ts';
import { runProgram } from '../process/run-program.ts';
import { factsAt } from '../storage/folder.ts';

const ANSWER_MS = 10_000;

/** Finds the folder with the programs of a major version. Throws DRILL_NO_POSTGRES, which tells where it looked. */
export async function findPrograms(
  majorVersion: number,
  { programDirectories }: Pick<DrillSettings, 'programDirectories'>,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const major = Math.floor(majorVersion / 10_000);
  const inPath = (environment['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  const named = programDirectories.map((pattern) => pattern.replaceAll('{major}', String(major)));
  const others: string[] = [];
  for (const folder of [...named, ...inPath]) {
    const program = join(folder, 'postgres');
    if ((await factsAt(program).catch(() => undefined))?.kind !== 'file') continue;
    const found = await majorOf(program, environment);
    if (found === major) return folder;
    others.push(`${program} is ${found === undefined ? 'no PostgreSQL that runs' : `PostgreSQL ${found}`}`);
  }
  const looked = `${named.join(', ')} and in PATH`;
  const message = `there is no PostgreSQL ${major} in ${looked}${others.length === 0 ? '' : `; ${others.join('; ')}`}`;
  throw new WalguardError('DRILL_NO_POSTGRES', message, {
    hint: `Install the server programs of PostgreSQL ${major} on this host, or name their folder in drills.postgres.`,
  });
}

/** Undefined if it is none of PostgreSQL's programs, or does not run. */
export async function majorOf(
  program: string,
  environment: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  try {
    const launch = { prefix: [], environment, timeoutMs: ANSWER_MS };
    const { stdout } = await runProgram(launch, [program, '--version'], new AbortController().signal);
    const [, major] = /\(PostgreSQL\) (\d+)/.exec(stdout.toString('utf8')) ?? [];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}
