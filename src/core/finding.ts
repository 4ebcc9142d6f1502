import type { WalguardError, Where } from './error.ts';
import type { ErrorCode } from './error-codes.ts';

/**
 * What `walguard check` warns of: nothing that keeps a pack from being loaded, but what a person should know.
 *
 * `docs/check.md` has one heading for each; a test ties the two.
 */
export const CHECK_CODES = {
  CHECK_COUNTER_NAME: 'A counter whose name does not end in _total, or another metric whose name does.',
  CHECK_UNIT: 'A name with a unit that is not the base unit.',
  CHECK_RESERVED_NAME: 'A name with an ending, or a label, that belongs to histograms, summaries or Prometheus itself.',
  CHECK_NAME_STYLE: 'A name in camelCase, or one that repeats the type of the metric.',
  CHECK_NO_DESCRIPTION: 'A metric without a description.',
  CHECK_FAMILIES_DISAGREE: 'A family that has another type or other labels elsewhere.',
  CHECK_OVERLAP: 'Two blocks of one name that a server takes both.',
  CHECK_GAP: 'A supported version that no block of a collector covers, between those that are covered.',
  CHECK_NO_EFFECT: 'A key, a column or a block that does nothing.',
  CHECK_COPY: 'A query that is a copy of that of another block.',
  CHECK_NOT_RETURNED: 'A column that is declared, but that the query does not return.',
  CHECK_NOT_DECLARED: 'A column that the query returns, but that is not declared.',
  CHECK_TYPE: 'A column of a type that gives no number, or not always.',
} as const;

export type CheckCode = keyof typeof CHECK_CODES;

/** Something that was found in a pack: an error keeps it, or one of its collectors, from working. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode | CheckCode;
  readonly message: string;
  /** The cure, as an order; undefined if the message says it. */
  readonly hint: string | undefined;
  readonly where: Where;
}

export function errorFinding({ code, message, hint, where }: WalguardError): Finding {
  return { severity: 'error', code, message, hint, where };
}

export function warning(code: CheckCode, message: string, { where, hint }: Pick<Finding, 'where' | 'hint'>): Finding {
  return { severity: 'warning', code, message, hint, where };
}
