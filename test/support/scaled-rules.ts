import { ruleFiles } from './alert-rules.ts';
import { readProjectFile } from '../repo/project.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /(?<before>\bfor: |\bkeep_firing_for: |\[|(?<=\[\d+[smhd]):|\boffset )(?<count>\d+)(?<unit>[smhd])\b/g;

/**
 * Only for tests: rules in which all time passes faster. Divides what they wait for (`for`, `keep_firing_for`) and what they
 * look back at (ranges, `offset`), and nothing else: numbers of seconds that are compared stay.
 */
export function scaleDurations(rules: string, divisor: number): string {
  return rules.replaceAll(DURATION, (_match, before: string, count: string, unit: string) => {
    return `${before}${Math.max(1, Math.round((Number(count) * (UNITS[unit] ?? 1)) / divisor))}ms`;
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
