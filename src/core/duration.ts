const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const DURATION_UNITS = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;

/**
 * Reads a duration as Prometheus writes it (`1h30m`, `500ms`, `0`), in milliseconds.
 *
 * Undefined for anything else: a bare number other than 0 has no unit and is refused.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = DURATION.exec(text);
  if (text === '' || match === null) return undefined;
  return DURATION_UNITS.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * (UNIT_MS[unit] ?? 0), 0);
}
