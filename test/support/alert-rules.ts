import { parse } from 'yaml';
import { listProjectFiles, readProjectFile } from '../repo/project.ts';

/** An alert of prometheus/rules. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A number that rules record. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}

/** A case of a test of promtool: what alerts are there at a moment. */
export interface AlertTest {
  readonly alertname: string;
  readonly eval_time: string;
  readonly exp_alerts: readonly unknown[];
}

export interface RuleTestFile {
  readonly path: string;
  readonly rule_files: readonly string[];
  readonly tests: readonly { readonly name: string; readonly alert_rule_test: readonly AlertTest[] }[];
}

/** Paths of the files of rules, in name order. */
export function ruleFiles(): readonly string[] {
  return listProjectFiles().filter((path) => /^prometheus\/rules\/[^/]+\.yml$/.test(path));
}

/** The groups of all files of rules: records first, as the others use them. */
export function ruleGroups(): readonly RuleGroup[] {
  const files = ruleFiles().toSorted((a, b) => Number(b.endsWith('/records.yml')) - Number(a.endsWith('/records.yml')));
  return files.flatMap((path) => (parse(readProjectFile(path)) as { readonly groups: readonly RuleGroup[] }).groups);
}

/** Every alert, in the order of the files. */
export function alertRules(): readonly AlertRule[] {
  return ruleGroups()
    .flatMap(({ rules }) => rules)
    .filter((rule) => 'alert' in rule);
}

/** Every recorded number. */
export function recordingRules(): readonly RecordingRule[] {
  return ruleGroups()
    .flatMap(({ rules }) => rules)
    .filter((rule) => 'record' in rule);
}

/** Every file of promtool's tests. */
export function ruleTests(): readonly RuleTestFile[] {
  const paths = listProjectFiles().filter((path) => /^prometheus\/tests\/[^/]+\.yml$/.test(path));
  return paths.map((path) => ({ ...(parse(readProjectFile(path)) as Omit<RuleTestFile, 'path'>), path }));
}
