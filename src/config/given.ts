import type { Where } from '../core/error.ts';

/** Text given for options on the command line, by flag. */
export type FlagValues = Readonly<Record<string, readonly string[] | undefined>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was said of a collector. */
export interface CollectorSwitch {
  readonly on: boolean;
  /** By which flag, variable or key, for a message about a collector that does not exist. */
  readonly said: string;
  readonly where: Where;
}
