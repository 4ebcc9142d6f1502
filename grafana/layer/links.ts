import { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

/** Titles of the dashboards by their uids. */
const TITLES: Readonly<Record<string, string>> = {
  'walguard-fleet': 'Fleet',
  'walguard-recoverability': 'Recoverability',
  'walguard-replication': 'Replication',
  'walguard-wal': 'WAL and checkpoints',
  'walguard-instance': 'Instance',
  'walguard-vacuum': 'Vacuum and wraparound',
  'walguard-sessions': 'Sessions and statements',
  'walguard-exporter': 'Exporter',
};

/** A link of a panel to another dashboard, with all that is chosen now. */
export function panelLink(uid: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(titleOf(uid)).url(`/d/${uid}?\${__all_variables}&\${__url_time_range}`);
}

/** What a click on a value leads to: that value chosen, and the rest as it is now. */
export function linkToValue(uid: string, variable: string): { readonly title: string; readonly url: string } {
  const kept = ['datasource', 'job', 'cluster', 'instance'].filter((name) => name !== variable);
  const query = [
    ...kept.map((name) => `\${${name}:queryparam}`),
    `var-${variable}=\${__value.raw}`,
    '${__url_time_range}',
  ];
  return { title: titleOf(uid), url: `/d/${uid}?${query.join('&')}` };
}

function titleOf(uid: string): string {
  const title = TITLES[uid];
  if (title === undefined) throw new Error(`There is no dashboard ${uid}.`);
  return title;
}
