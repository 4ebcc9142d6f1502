import type { Words } from './spec.ts';

/** The states of a set as numbers, the worst the largest, so that of several servers `max` is the worst. */
const ARCHIVER: readonly string[] = [
  'disabled',
  'standby',
  'ok',
  'lagging',
  'not_configured',
  'stalled',
  'failing',
  'hung',
  'down',
  'losing',
];

const VERDICTS: readonly string[] = ['unknown', 'recoverable', 'at_risk', 'not_recoverable'];

/**
 * An expression that is the number of the state that each server is in: exactly one series of a set is 1. Where a set
 * is absent, so is the number.
 */
function stateNumber(family: string, label: string, states: readonly string[]): string {
  const terms = states.map(
    (state, index) => `${index} * max by (job, cluster, instance) (${family}{${label}="${state}"})`,
  );
  return terms.slice(1).join(' + ');
}

export const ARCHIVER_STATE = stateNumber('pg_archiver_state', 'state', ARCHIVER);

export const VERDICT = stateNumber('pg_recoverability_status', 'status', VERDICTS);

export const ARCHIVER_WORDS: Words = {
  0: ['disabled', 'text'],
  1: ['standby', 'text'],
  2: ['ok', 'green'],
  3: ['lagging', 'yellow'],
  4: ['not configured', 'orange'],
  5: ['stalled', 'red'],
  6: ['failing', 'red'],
  7: ['hung', 'red'],
  8: ['down', 'red'],
  9: ['losing', 'purple'],
};

export const VERDICT_WORDS: Words = {
  0: ['unknown', 'purple'],
  1: ['recoverable', 'green'],
  2: ['at risk', 'orange'],
  3: ['not recoverable', 'red'],
};

export const UP_WORDS: Words = { 0: ['down', 'red'], 1: ['up', 'green'] };

export const ROLE_WORDS: Words = { 0: ['primary', 'blue'], 1: ['standby', 'text'] };

export const GOOD_WORDS: Words = { 0: ['no', 'red'], 1: ['yes', 'green'] };

export const BAD_WORDS: Words = { 0: ['no', 'green'], 1: ['yes', 'red'] };

export const PLAIN_WORDS: Words = { 0: ['no', 'text'], 1: ['yes', 'text'] };

/** Of a moment: 0, the beginning of Unix time, stands for one that never came. */
export const NEVER_WORDS: Words = { 0: ['never', 'text'] };
