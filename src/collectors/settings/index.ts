import type { Collector, ResultHandler, SampleSink } from '../../core/collector.ts';
import type { Family } from '../../core/family.ts';
import { cellsOf } from '../../core/row.ts';
import { toBaseUnit } from './unit.ts';

/** What every family of this collector starts with; one family a setting, so they are known only at the server. */
export const SETTINGS_PREFIX = 'pg_settings_';

/** reset_val is what a new session gets: the server's value and not the one walguard set for its own query. */
const SQL = `
SELECT name, reset_val, unit, vartype
FROM pg_settings
WHERE vartype IN ('bool', 'integer', 'real') AND reset_val IS NOT NULL`;

/** Every setting that is a number or a switch, in base units. */
export function createSettingsCollector(): Collector {
  const families = new Map<string, Family>();

  function familyOf(name: string, setting: string, suffix: string): Family {
    const known = families.get(name);
    if (known !== undefined) return known;
    const unit = suffix === '' ? '' : `, in ${suffix.slice(1)}`;
    const family: Family = { name, type: 'gauge', help: `Setting ${setting}${unit}.`, labelNames: [] };
    families.set(name, family);
    return family;
  }

  return {
    name: 'settings',
    help: "The server's settings that are numbers or switches, from pg_settings.",
    enabledByDefault: true,
    families: [],
    choose: () => ({
      kind: 'query',
      sql: SQL,
      timeoutMs: 1_000,
      seesPublic: false,
      open: (sink) => readSettings(sink, familyOf),
    }),
  };
}

function readSettings(
  sink: SampleSink,
  familyOf: (name: string, setting: string, suffix: string) => Family,
): ResultHandler {
  const labels = sink.labels([], []);
  const seen = new Set<string>();
  return {
    columns: () => undefined,
    row(row) {
      const [setting, value, unit, type] = cellsOf(row);
      if (typeof setting !== 'string' || typeof value !== 'string') return;
      const { value: number, suffix } = toSample(value, unit ?? null, type ?? '');
      if (number === undefined) return sink.drop('not_a_number', 1);
      // Extensions name their settings with a dot; two settings can become one name.
      const name = `${SETTINGS_PREFIX}${setting.toLowerCase().replace(/[^a-z0-9_]/g, '_')}${suffix}`;
      if (seen.has(name)) return sink.drop('duplicate', 1);
      seen.add(name);
      sink.add(familyOf(name, setting, suffix), labels, number);
    },
    end: () => undefined,
  };
}

function toSample(
  value: string,
  unit: string | null,
  type: string,
): { readonly value: string | undefined; readonly suffix: string } {
  if (type === 'bool') return { value: value === 'on' ? '1' : '0', suffix: '' };
  if (!Number.isFinite(Number(value)) || value === '') return { value: undefined, suffix: '' };
  return toBaseUnit(value, unit) ?? { value: undefined, suffix: '' };
}
