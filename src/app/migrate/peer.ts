import type { Fate } from './report.ts';

/** What becomes of a flag with its value. */
export interface Outcome {
  readonly fate: Fate;
  readonly becomes?: readonly string[];
  readonly why?: string;
}

/** A flag of another exporter. */
export interface PeerFlag {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  readonly variable?: string;
  /** It is there or not, or begins with `no-`. */
  readonly isSwitch: boolean;
  /** @param value of a switch `true` or `false` */
  readonly translate: (value: string) => Outcome;
  /** What it does where nobody gives it, if that is not what walguard does then. */
  readonly implied?: string;
}

/** A variable without a flag. */
export interface PeerVariable {
  readonly name: string;
  readonly outcome: (value: string) => Outcome;
}

export interface Peer {
  readonly flags: readonly PeerFlag[];
  readonly variables: readonly PeerVariable[];
}

export function option(name: string, translate: PeerFlag['translate'], more: Partial<PeerFlag> = {}): PeerFlag {
  return { name, isSwitch: false, translate, ...more };
}

/** @param whenTrue what it comes to if it is on; off it does nothing */
export function onSwitch(name: string, whenTrue: Outcome, more: Partial<PeerFlag> = {}): PeerFlag {
  return {
    name,
    isSwitch: true,
    translate: (value) => (value === 'true' ? whenTrue : { fate: 'not_needed', why: 'It was off.' }),
    ...more,
  };
}

export function sameFlag(name: string, more: Partial<PeerFlag> = {}): PeerFlag {
  return option(name, (value) => ({ fate: 'same', becomes: [`--${name}=${value}`] }), more);
}

export function renamed(becomes: readonly string[], why: string): Outcome {
  return { fate: 'renamed', becomes, why };
}

export function notNeeded(why: string): Outcome {
  return { fate: 'not_needed', why };
}

export function attention(why: string): Outcome {
  return { fate: 'attention', why };
}

/** Values between commas; none of an empty one. */
export function listed(value: string): readonly string[] {
  return value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** Each value of a list as a flag of its own. */
export function oneEach(flag: string): (value: string) => Outcome {
  return (value) =>
    renamed(
      listed(value).map((one) => `--${flag}=${one}`),
      `It is --${flag}, once for each.`,
    );
}

export const LABELS = attention(
  'walguard puts no labels on every sample: give them to the target in the scrape configuration of Prometheus (static_configs, labels).',
);

export const SAME_SERVER: Outcome = { fate: 'same', why: 'walguard reads it too.' };
