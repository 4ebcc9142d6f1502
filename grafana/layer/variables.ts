import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';

import { DATASOURCE } from './datasource.ts';
import type { BoardSpec } from './spec.ts';

/** Each asks only for what those before it leave. */
export function variablesOf({ targets, databases }: BoardSpec): VariableModel[] {
  const ofJob = '{job=~"$job"}';
  const ofCluster = '{job=~"$job",cluster=~"$cluster"}';
  const ofInstance = '{job=~"$job",cluster=~"$cluster",instance=~"$instance"}';
  const variables = [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus').build(),
    labelValues('job', 'Job', targets),
    // Without that label everything is chosen: `.*` matches what is not there.
    { ...labelValues('cluster', 'Cluster', `${targets}${ofJob}`), allValue: '.*' },
    labelValues('instance', 'Instance', `${targets}${ofCluster}`),
  ];
  if (databases !== undefined) variables.push(labelValues('datname', 'Database', `${databases}${ofInstance}`));
  return variables.map(withoutNoise);
}

/** What the SDK writes of variables of other types, or of later versions of Grafana. */
const NOISE = ['allowCustomValue', 'auto', 'auto_min', 'auto_count'];

function withoutNoise(variable: VariableModel): VariableModel {
  const entries = Object.entries(variable).filter(([name]) => !NOISE.includes(name));
  return Object.fromEntries(entries) as unknown as VariableModel;
}

function labelValues(name: string, label: string, family: string): VariableModel {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(`label_values(${family}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: 'All', value: '$__all' })
    .build();
}
