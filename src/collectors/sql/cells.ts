import { parseDuration } from '../../core/duration.ts';
import { encodeNumber } from '../../exposition/encode.ts';
import type { ColumnSpec } from './schema.ts';
import { numberReader, readNumber, type ToNumber } from './values.ts';

/**
 * Reads a metric column's cells as numbers. Undefined gives no sample: NULL without a default, and what is no number.
 * A default is neither converted nor scaled.
 */
export function cellReader(spec: ColumnSpec, typeOid: number): (cell: string | null) => string | undefined {
  const toNumber = scaled(converterOf(spec, typeOid), spec.scale);
  const whenNull = spec.default === undefined ? undefined : encodeNumber(spec.default);
  return (cell) => (cell === null ? whenNull : toNumber(cell));
}

/** True if a cell that is a plain number is the sample's value as it stands. */
export function passesThrough({ usage, scale }: ColumnSpec, typeOid: number): boolean {
  const isConverted = usage === 'INFO' || usage === 'MAPPEDMETRIC' || usage === 'DURATION';
  return !isConverted && scale === undefined && numberReader(typeOid) === readNumber;
}

function converterOf({ usage, metric_mapping: mapping }: ColumnSpec, typeOid: number): ToNumber {
  if (usage === 'INFO') return () => '1';
  if (usage === 'MAPPEDMETRIC') {
    const numbers = new Map(Object.entries(mapping ?? {}));
    return (text) => numbers.get(text)?.toString();
  }
  if (usage === 'DURATION') return (text) => parseDuration(text)?.toString();
  return numberReader(typeOid);
}

function scaled(toNumber: ToNumber, scale: number | undefined): ToNumber {
  if (scale === undefined) return toNumber;
  return (text) => {
    const value = toNumber(text);
    return value === undefined ? undefined : encodeNumber(Number(value.replace('Inf', 'Infinity')) * scale);
  };
}
