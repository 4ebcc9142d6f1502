import type { Exposure, RecoverabilityInput } from '../core/recoverability.ts';
import type { JudgedRepository } from './repository.ts';

/** Everything that a finding may look at. */
export interface FindingContext {
  readonly input: RecoverabilityInput;
  readonly repositories: readonly JudgedRepository[];
  readonly exposure: Exposure | undefined;
}

/** What one finding comes to. */
export interface Evaluation {
  /** Undefined while its input is unknown. */
  readonly present: boolean | undefined;
  readonly value?: number | undefined;
  readonly threshold?: number | undefined;
  readonly message?: string;
  readonly evidence?: readonly string[];
  /** Where it can be said better than in general. */
  readonly cure?: string;
}

export type Evaluate = (context: FindingContext) => Evaluation;

export const UNKNOWN: Evaluation = { present: undefined };
export const ABSENT: Evaluation = { present: false };

/** Of which a few are named, for a person. */
const NAMED = 5;

export function someOf(names: readonly string[]): readonly string[] {
  return names.slice(0, NAMED);
}

/** As a person writes a duration: the two largest units. */
export function inWords(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'm'],
    [1, 's'],
  ] as const;
  let rest = Math.round(Math.abs(seconds));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.slice(0, 2).join(' ');
}

/** `1 segment`, `2 segments`. */
export function counted(count: number, noun: string, several = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : several}`;
}
