// Packs the Helm chart with what it shares with the rest: version, alert rules and dashboards.
//   npm run chart
// Writes build/chart/walguard, and build/walguard-chart-VERSION.tgz for `helm install`.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const chart = 'build/chart/walguard';
rmSync('build/chart', { recursive: true, force: true });
cpSync('deploy/helm/walguard', chart, { recursive: true });
const metadata = readFileSync(`${chart}/Chart.yaml`, 'utf8');
writeFileSync(
  `${chart}/Chart.yaml`,
  metadata.replace(/^# .*\n/m, '').replaceAll(/^(version|appVersion): .*/gm, `$1: ${version}`),
);

const [, spec = ''] = readFileSync('prometheus/walguard.prometheusrule.yaml', 'utf8').split(/^spec:\n/m);
mkdirSync(`${chart}/files/dashboards`, { recursive: true });
writeFileSync(`${chart}/files/rules.yaml`, spec.replaceAll(/^ {2}/gm, ''));
for (const name of readdirSync('grafana/dashboards').filter((each) => each.endsWith('.json')))
  cpSync(`grafana/dashboards/${name}`, `${chart}/files/dashboards/${name}`);

const file = `build/walguard-chart-${version}.tgz`;
execFileSync('tar', ['-czf', file, '-C', 'build/chart', 'walguard']);
process.stdout.write(`${file}\n`);
