/** A setting's value in a base unit, and what the unit is called at the end of a metric's name. */
export interface BaseUnitValue {
  readonly value: string;
  readonly suffix: '' | '_bytes' | '_seconds';
}

const SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3_600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_024,
  MB: 1_048_576,
  GB: 1_073_741_824,
  TB: 1_099_511_627_776,
};
const BYTE_UNIT = /^(\d*)([kMGT]?B)$/;

/**
 * Turns a numeric setting into bytes or seconds by its unit in pg_settings (`8kB`, `ms`, `min`).
 *
 * -1 means "off" or "automatic" in any unit and stays as it is. Undefined for a unit that is not known.
 */
export function toBaseUnit(setting: string, unit: string | null): BaseUnitValue | undefined {
  if (unit === null || unit === '') return { value: setting, suffix: '' };
  const seconds = SECONDS[unit];
  if (seconds !== undefined) return { value: scale(setting, seconds), suffix: '_seconds' };
  const [, count = '', name = ''] = BYTE_UNIT.exec(unit) ?? [];
  const bytes = BYTES[name];
  return bytes === undefined ? undefined : { value: scale(setting, bytes * Number(count || 1)), suffix: '_bytes' };
}

function scale(setting: string, factor: number): string {
  return Number(setting) === -1 ? setting : String(Number((Number(setting) * factor).toPrecision(15)));
}
