import { stringify } from 'yaml';
import { readProjectFile } from '../repo/project.ts';
import { type AlertRule, alertRules, ruleGroups } from './alert-rules.ts';

const TOPICS: Readonly<Record<string, string>> = {
  archiving: 'Archiving WAL',
  recoverability: 'Backups and what can be got back',
  checkpoints: 'Checkpoints',
  wal: 'The WAL directory and slots',
  replication: 'Replication',
  availability: 'Availability',
  connections: 'Connections',
  locks: 'Locks and transactions',
  wraparound: 'Wraparound',
  corruption: 'Damaged pages',
  monitoring: 'The watch itself',
};

/** The rules as an object of the Prometheus Operator. */
export function prometheusRule(): string {
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'walguard', labels: { 'app.kubernetes.io/name': 'walguard' } },
    spec: { groups: ruleGroups() },
  };
  return `# Generated from prometheus/rules by npm run gen.\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** The alerts as tables, a topic each. Throws for a topic that has no title. */
export function alertTables(): readonly string[] {
  const alerts = alertRules();
  for (const { alert, labels } of alerts) {
    const topic = labels['topic'] ?? '';
    if (!(topic in TOPICS)) throw new Error(`${alert} has a topic without a title: ${topic}`);
  }
  return Object.entries(TOPICS).flatMap(([topic, title]) => [
    `### ${title}`,
    '',
    '| alert | severity | after | when |',
    '|---|---|---|---|',
    ...alerts.filter(({ labels }) => labels['topic'] === topic).map(row),
    '',
  ]);
}

function row(rule: AlertRule): string {
  const { alert, labels } = rule;
  return `| [${alert}](runbooks/${alert}.md) | ${labels['severity']} | ${rule.for ?? ''} | ${meaningOf(alert)} |`;
}

/** The first paragraph of a runbook. */
function meaningOf(alert: string): string {
  const [, meaning = ''] = /^## Meaning\n\n([^]+?)\n\n/m.exec(readProjectFile(`docs/runbooks/${alert}.md`)) ?? [];
  return meaning
    .replaceAll('\n', ' ')
    .replaceAll('|', '\\|')
    .replaceAll(/\]\((?=Postgres|Pgbouncer)/g, '](runbooks/')
    .replaceAll('](../', '](');
}
