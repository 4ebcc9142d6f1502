import type { DumpFormat, DumpScope } from '../../core/dumps.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';

/** What would prove more than the look did: pg_restore for an archive, reading all of it for what is packed or plain. */
export type Proof = 'restore' | 'read';

/** What was seen of a dump. */
export interface SeenDump {
  readonly kind: 'dump';
  readonly scope: DumpScope;
  /** As the dump itself says. */
  readonly datname: string | undefined;
  readonly format: DumpFormat | undefined;
  readonly packing: string;
  /** When it says that it was begun; see ArchiveHead. */
  readonly beganSeconds: number | undefined;
  readonly valid: boolean | undefined;
  readonly problem: WalguardError | undefined;
  /** Undefined where nothing does. */
  readonly proof: Proof | undefined;
}

/** What a file holds. */
export type Look = SeenDump | { readonly kind: 'foreign' };

export const FOREIGN: Look = { kind: 'foreign' };

/** One of which nothing is known but that it is there. */
export const UNSEEN: SeenDump = {
  kind: 'dump',
  scope: 'database',
  datname: undefined,
  format: undefined,
  packing: '',
  beganSeconds: undefined,
  valid: undefined,
  problem: undefined,
  proof: undefined,
};

/** A dump, or what pretends to be one, with what is wrong with it. */
export function spoilt(path: string, why: string, given: Partial<SeenDump> = {}): SeenDump {
  return { ...UNSEEN, ...given, valid: false, problem: invalid(path, why), proof: undefined };
}

export function invalid(path: string, why: string): WalguardError {
  return new WalguardError('DUMP_INVALID', `${printable(path)} is no good dump: ${why}`, {
    hint: 'Look into the log of the job that makes it (a full disk, a lost connection), and make it again.',
  });
}
