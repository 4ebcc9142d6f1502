import type { Dialect } from './dialect.ts';
import { BOOL, isMoment, numberReader } from './values.ts';

/** Turns the text of a label's cell into the label's value. */
export type ToLabel = (text: string) => string;

/**
 * A label is the text that PostgreSQL writes; where a pack comes from another exporter, as that one has it: booleans
 * in words, moments as Unix seconds.
 *
 * @returns undefined for a text that stays as it is
 */
export function labelReader(typeOid: number, dialect: Dialect): ToLabel | undefined {
  if (dialect === 'walguard') return undefined;
  if (typeOid === BOOL) return (text) => (text === 't' ? 'true' : 'false');
  if (!isMoment(typeOid)) return undefined;
  const toNumber = numberReader(typeOid);
  return (text) => wholeSeconds(toNumber(text)) ?? text;
}

/** Undefined for what is no second: a moment without end keeps the text it has. */
function wholeSeconds(value: string | undefined): string | undefined {
  const [, seconds, fraction] = /^(-?\d+)(\.\d+)?$/.exec(value ?? '') ?? [];
  if (seconds === undefined) return undefined;
  return seconds.startsWith('-') && fraction !== undefined ? String(BigInt(seconds) - 1n) : seconds;
}
