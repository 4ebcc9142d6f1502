import type { DrillAim } from '../config/drills.ts';
import type { DrillTarget } from '../core/drill.ts';
import type { RecoveryWindow } from '../core/recoverability.ts';
import { DEFAULT_SEGMENT_BYTES } from '../core/segments.ts';
import type { PlanInput } from './plan.ts';

/** A target that nobody asked for. */
export interface Aim {
  readonly target: DrillTarget;
  /** It is a moment by chance. */
  readonly random: boolean;
}

/** Where a moment by chance is sought no more: so near to its end a window may have no commit behind it. */
const MARGIN_SECONDS = 1;

/**
 * Chooses one of the kinds of targets.
 *
 * @param random a target by chance; undefined if there is none
 * @param chance a number from 0 to 1, anew at each call
 */
export function takeAim(aims: readonly DrillAim[], random: () => DrillTarget | undefined, chance: () => number): Aim {
  const aim = aims[Math.floor(chance() * aims.length)] ?? 'latest';
  const target = aim === 'random' ? random() : undefined;
  return target === undefined ? { target: { kind: 'latest' }, random: false } : { target, random: true };
}

/** Any moment of all windows alike, so that drills cover all of them; where times are not known, a position. */
export function randomTarget(input: PlanInput, chance: () => number): DrillTarget | undefined {
  return byTime(input, chance) ?? byPosition(input, chance);
}

function byTime({ assessment: { windows } }: PlanInput, chance: () => number): DrillTarget | undefined {
  const lengths = windows.map(lengthOf);
  let rest = chance() * lengths.reduce((sum, length) => sum + length, 0);
  for (const [index, { earliestSeconds }] of windows.entries()) {
    const length = lengths[index] ?? 0;
    if (rest < length) return { kind: 'time', seconds: earliestSeconds + rest };
    rest -= length;
  }
  return undefined;
}

function lengthOf({ earliestSeconds, latestSeconds = earliestSeconds }: RecoveryWindow): number {
  return Math.max(0, latestSeconds - MARGIN_SECONDS - earliestSeconds);
}

/** Between the end of the first backup of the newest window and the last segment. */
function byPosition({ assessment, archive }: PlanInput, chance: () => number): DrillTarget | undefined {
  const window = assessment.windows.at(-1);
  const first = assessment.backups.find(({ backup }) => backup.label === window?.backups[0])?.backup.wal?.stop;
  if (window === undefined || first === undefined) return undefined;
  const bytes = Number(window.latestLsn - first) - (archive?.segmentBytes ?? DEFAULT_SEGMENT_BYTES);
  return bytes > 0 ? { kind: 'lsn', lsn: first + BigInt(Math.floor(chance() * bytes)) } : undefined;
}
