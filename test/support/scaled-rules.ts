import { ruleFiles } from './alert-rules.ts';
import { readProjectFile } from '../repo/project.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /(?<before>\bfor: |\[|(?<=\[\d+[smhd]):|\boffset )(?<count>\d+)(?<unit>[smhd])\b/g;

const KEPT = /\bkeep_firing_for: \w+/g;

/** What one scrape alone says fires nothing. */
const LEAST_FOR_MS = 6_000;

/** As long as some scrapes fail one after the other, which no alert is to end at. */
const KEEP_FIRING_MS = 12_000;

/**
 * Only for tests: rules in which all time passes faster. Divides what they wait for (`for`) and what they look back at (ranges,
 * `offset`): numbers of seconds that are compared stay, and how long an alert goes on (`keep_firing_for`) is the same for all.
 */
export function scaleDurations(rules: string, divisor: number): string {
  return rules
    .replaceAll(KEPT, `keep_firing_for: ${KEEP_FIRING_MS}ms`)
    .replaceAll(DURATION, (_match, before: string, count: string, unit: string) => {
      return `${before}${Math.max(before === 'for: ' ? LEAST_FOR_MS : 1, Math.round((Number(count) * (UNITS[unit] ?? 1)) / divisor))}ms`;
    });
}

/** The texts of all files of rules, by their names, with faster time: how much faster depends on the file. */
export function scaledRules(divisorOf: (name: string) => number): ReadonlyMap<string, string> {
  return new Map(
    ruleFiles().map((path) => {
      const name = path.replace(/.*\//, '');
      return [name, scaleDurations(readProjectFile(path), divisorOf(name))];
    }),
  );
}
