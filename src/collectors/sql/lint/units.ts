/** A unit in a name that is not the one Prometheus counts in. */
export interface ForeignUnit {
  readonly written: string;
  readonly base: string;
}

const BASES: Readonly<Record<string, string>> = {
  seconds:
    's sec secs second ms msec msecs us usec usecs ns nsec milliseconds microseconds nanoseconds minutes hours days weeks h d',
  bytes:
    'b kb mb gb tb pb kib mib gib tib bits kilobytes megabytes gigabytes terabytes kibibytes mebibytes gibibytes tebibytes',
  'a ratio from 0 to 1': 'percent percents percentage pct',
};
const BASE_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(BASES).flatMap(([base, units]) => units.split(' ').map((unit) => [unit, base] as const)),
);

/** The first unit in a name's words that is not a base unit; undefined if there is none. Source: Prometheus' page "Metric and label naming". */
export function foreignUnit(name: string): ForeignUnit | undefined {
  for (const written of name.split('_')) {
    const base = BASE_OF.get(written);
    if (base !== undefined) return { written, base };
  }
  return undefined;
}
