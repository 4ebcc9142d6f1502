/** What every selector asks for, so that each panel shows what the variables choose. */
const CHOSEN = 'job=~"$job",cluster=~"$cluster",instance=~"$instance"';

/** An expression whose selectors, written with what they ask for besides, ask for what the variables choose too. */
export function select(expr: string): string {
  return expr.replaceAll('{}', `{${CHOSEN}}`).replaceAll(/\{(?=\w+(?:=|!))(?!job=~"\$job")/g, `{${CHOSEN},`);
}

/** Of each server the largest. */
export function perServer(expr: string): string {
  return `max by (job, cluster, instance) (${expr})`;
}

/** Of each repository what any walguard that reads it says: all say the same, but not at the same time. */
export function perRepository(expr: string, ...labels: readonly string[]): string {
  return `max by (${['job', 'cluster', 'repository', ...labels].join(', ')}) (${expr})`;
}
