const BINARY: Readonly<Record<string, number>> = {
  '': 1,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
  TiB: 1_099_511_627_776,
};
const BOTH: Readonly<Record<string, number>> = { ...BINARY, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** Reads a number of bytes above 0 such as `50GiB`; undefined for anything else. PostgreSQL's GB would be unclear. */
export function parseSize(text: string): number | undefined {
  return parseWith(text, BINARY);
}

/** The same of what is done in a second, which people measure in powers of ten too: `100MB`. */
export function parseRate(text: string): number | undefined {
  return parseWith(text, BOTH);
}

function parseWith(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const bytes = Math.round(Number(digits) * (units[unit] ?? Number.NaN));
  return bytes > 0 ? bytes : undefined;
}
