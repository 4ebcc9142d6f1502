import { basename } from 'node:path';

import type { Environment } from '../../config/given.ts';
import { readYamlFile } from '../../config/yaml-file.ts';
import { readTextFile } from '../../config/read-text-file.ts';
import { seriesNames } from '../../core/family.ts';
import { collect, WalguardError } from '../../core/error.ts';
import { loadNamedPacks } from '../check/load.ts';
import { knownCollectors, OWN_SERIES, ownerOfPrefix, WALGUARD } from '../collectors.ts';
import { readEnvironmentFile } from './env-file.ts';
import {
  type Expression,
  expressionsOfDashboard,
  expressionsOfRules,
  metricNames,
  recordedNames,
} from './metric-names.ts';
import { comparePages } from './pages.ts';
import type { MigrationReport, PeerName, UsedMetric } from './report.ts';
import { commandOf, translate } from './translate.ts';

export interface MigrationRequest {
  readonly from: PeerName;
  /** The command line of the other exporter. */
  readonly words: readonly string[];
  readonly envFile: string | undefined;
  readonly rules: readonly string[];
  readonly dashboards: readonly string[];
  /** Files with the text of /metrics. */
  readonly oldPage: string | undefined;
  readonly newPage: string | undefined;
}

/** Throws what is wrong with the command line of the other exporter, or with a file. */
export function planMigration(request: MigrationRequest): MigrationReport {
  const { from, envFile, oldPage, newPage } = request;
  const file = envFile === undefined ? undefined : readEnvironmentFile(envFile);
  const words = request.words.length > 0 ? request.words : (file?.words ?? []);
  const env: Environment = file?.env ?? {};
  const migrated = translate({ from, words, env });
  const command = commandOf(migrated);
  const packs = valuesOf(command, '--extend.query-path');
  return {
    schema: 1,
    from,
    migrated,
    command,
    findings: packs.length === 0 ? [] : loadNamedPacks(packs, new Set(valuesOf(command, '--extend.tag'))).findings,
    metrics: usedMetrics(request, command, packs),
    pages:
      oldPage === undefined || newPage === undefined ? undefined : comparePages(readPage(oldPage), readPage(newPage)),
  };
}

function readPage(path: string): string {
  const text = readTextFile(path, 'the page');
  if (/^# TYPE /m.test(text)) return text;
  throw new WalguardError('CONFIG_BAD_VALUE', `${path} is no page of metrics`, {
    hint: 'Write one with: curl -s http://localhost:9187/metrics > page.txt',
    where: { file: path },
  });
}

function valuesOf(command: readonly string[], flag: string): readonly string[] {
  return command.flatMap((each) => (each.startsWith(`${flag}=`) ? [each.slice(flag.length + 1)] : []));
}

function usedMetrics(
  { rules, dashboards }: MigrationRequest,
  command: readonly string[],
  packs: readonly string[],
): readonly UsedMetric[] | undefined {
  if (rules.length + dashboards.length === 0) return undefined;
  const ruleFiles = rules.map((path) => ({ name: basename(path), document: readYamlFile(path, '--rules') }));
  const expressions: readonly Expression[] = [
    ...ruleFiles.flatMap(({ name, document }) => expressionsOfRules(name, document)),
    ...dashboards.flatMap((path) => expressionsOfDashboard(basename(path), readYamlFile(path, '--dashboards'))),
  ];
  const recorded = new Set(ruleFiles.flatMap(({ document }) => recordedNames(document)));
  const first = new Map<string, string>();
  for (const { where, text } of expressions)
    for (const name of metricNames(text)) if (!recorded.has(name) && !first.has(name)) first.set(name, where);
  const owners = ownersOf(command, packs);
  return [...first].map(([name, where]) => ({
    name,
    where,
    ...(owners(name) ?? { collector: undefined, isOn: false }),
  }));
}

type Owner = Pick<UsedMetric, 'collector' | 'isOn'>;

function ownersOf(command: readonly string[], packs: readonly string[]): (name: string) => Owner | undefined {
  const none = { switches: new Map(), stalledAfterMs: 1, walCapacityBytes: undefined };
  // A pack that does not load is told of by itself; its families are then missing.
  const collectors =
    collect([], () => knownCollectors({ ...none, queryPaths: packs })) ?? knownCollectors({ ...none, queryPaths: [] });
  const owners = new Map<string, Owner>(OWN_SERIES.map((name) => [name, { collector: WALGUARD, isOn: true }]));
  for (const { name, enabledByDefault, families } of collectors) {
    const isOn =
      command.includes(`--collector.${name}`) || (enabledByDefault && !command.includes(`--no-collector.${name}`));
    for (const series of families.flatMap(seriesNames))
      if (owners.get(series)?.isOn !== true) owners.set(series, { collector: name, isOn });
  }
  return (name) => {
    const collector = ownerOfPrefix(name, true);
    if (owners.has(name) || collector === undefined) return owners.get(name);
    return { collector, isOn: !command.includes(`--no-collector.${collector}`) };
  };
}
