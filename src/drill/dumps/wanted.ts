import type { DrillTarget } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import { takeAim } from '../aim.ts';
import type { DrillParts } from '../parts.ts';
import { type DumpPlan, planDumps, randomMoment } from './plan.ts';
import { type DumpPrograms, findDumpPrograms } from './programs.ts';

/** What a drill of dumps is going to do, and with what. */
export interface PreparedDumps {
  readonly plan: DumpPlan;
  readonly programs: DumpPrograms;
  /** The moment is one by chance. */
  readonly random: boolean;
}

/** Reads the repository, and chooses. Throws what keeps it from being done. */
export async function prepareDumps(
  { read, dumpRestorer, repository, settings, environment }: DrillParts,
  asked: DrillTarget | undefined,
  signal: AbortSignal,
): Promise<PreparedDumps> {
  if (dumpRestorer === undefined) throw noDumps(repository);
  const input = await read(signal);
  const aim = takeAim(settings.aims, () => randomMoment(input, Math.random), Math.random);
  const { target, random } = asked === undefined ? aim : { target: asked, random: false };
  const plan = planDumps(input, target);
  const majors: number[] = [];
  for (const dump of plan.dumps) majors.push((await dumpRestorer.majorOf(dump, signal)) ?? 0);
  const least = Math.max(...majors);
  const programs = await findDumpPrograms(least === 0 ? undefined : least, settings, environment);
  return { plan, programs, random };
}

/** Of a repository of which dumps are to be restored. */
export function noDumps(repository: string): WalguardError {
  return new WalguardError('DRILL_NO_BACKUP', `the repository ${repository} has no dumps`, {
    hint: 'Name the folder that holds them (dumps), or drill its backups: --source=backups.',
  });
}

/** What a script takes in a server, with its indexes. */
const PLAIN_GROWTH = 2;
/** The same of what is compressed, which most archives are. */
const PACKED_GROWTH = 5;
/** A server without any data, its WAL among it. */
const EMPTY_BYTES = 256 * 1024 ** 2;

/** What the server may take on disk; nobody knows it before. */
export function bytesFor({ dumps }: DumpPlan): number {
  return dumps.reduce((sum, { format, packing, sizeBytes }) => {
    const isPlain = packing === '' && (format === 'plain' || format === 'tar');
    return sum + sizeBytes * (isPlain ? PLAIN_GROWTH : PACKED_GROWTH);
  }, EMPTY_BYTES);
}
