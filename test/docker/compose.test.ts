import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { type ComposeStack, prepareStack, type StackImages, stackImages } from '../support/compose-stack.ts';
import { scrape, samplesOf, valueOf } from '../support/http.ts';

const baseImage = process.env['NODE_IMAGE'] ?? 'node:24-bookworm-slim';

/** Of what `docker compose config` says, what these tests look at. */
interface Composed {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly ports?: readonly { readonly host_ip?: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

interface Rules {
  readonly data: { readonly groups: readonly { readonly rules: readonly { readonly health: string }[] }[] };
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly receivers: readonly { readonly name: string }[];
}

/** The services that images can be had for everywhere. */
const STARTED = ['db', 'walguard', 'prometheus', 'alertmanager'];

let images: StackImages;
let stack: ComposeStack;

/** What waits minutes waits a second: alerts are late on purpose. */
function hasten(path: string, text: string): string {
  if (path.startsWith('prometheus/rules/')) return text.replaceAll(/\bfor: \d+[smh]$/gm, 'for: 1s');
  return text.replaceAll(/_interval: 15s/g, '_interval: 1s');
}

beforeAll(async () => {
  images = await stackImages(baseImage);
  stack = await prepareStack(images.environment, hasten);
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await images?.[Symbol.asyncDispose]();
});

async function ask<T>(service: string, port: number, path: string): Promise<T> {
  const response = await fetch(`http://${await stack.address(service, port)}${path}`);
  if (!response.ok) throw new Error(`${service} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function prometheusValue(query: string): Promise<string | undefined> {
  const path = `/api/v1/query?${new URLSearchParams({ query }).toString()}`;
  return (await ask<Answer>('prometheus', 9090, path)).data.result[0]?.value[1];
}

async function page() {
  return (await scrape(`http://${await stack.address('walguard', 9187)}/metrics`)).families;
}

/** The status that holds now. */
async function verdict(): Promise<string | undefined> {
  const statuses = samplesOf(await page(), 'pg_recoverability_status');
  return statuses.find(({ value }) => value === 1)?.labels['status'];
}

describe('deploy/compose', () => {
  it('is what compose takes: every service locked, every port of this host alone, every file there', async () => {
    const { services, secrets } = JSON.parse(await stack.compose('config', '--format=json')) as Composed;
    expect(Object.keys(services).toSorted()).toEqual([...STARTED, 'folders', 'grafana'].toSorted());
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect((service.ports ?? []).filter(({ host_ip: ip }) => ip !== '127.0.0.1')).toEqual([]);
    }
    const bound = Object.values(services).flatMap(({ volumes = [] }) => volumes.filter(({ type }) => type === 'bind'));
    const files = [...bound.map(({ source }) => source), ...Object.values(secrets).map(({ file }) => file)];
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(services['walguard']?.build).toMatchObject({ dockerfile: 'Dockerfile' });
    expect(stack.home).toBe(`${services['walguard']?.build?.context}/deploy/compose`);
  });

  it('starts, and waits until all is healthy', async () => {
    await stack.start(STARTED);
    const running = (await stack.compose('ps', '--services', '--status=running')).trim().split('\n');
    expect(running.toSorted()).toEqual(STARTED.toSorted());
  });

  it('has a server that walguard reaches with its role alone, and reads all of', async () => {
    const families = await page();
    expect(valueOf(families, 'pg_up')).toBe(1);
    const outcomes = samplesOf(families, 'walguard_collector_success');
    expect(outcomes.filter(({ value }) => value !== 1)).toEqual([]);
    expect(outcomes.map(({ labels }) => labels['collector'])).toContain('stat_statements');
    const roles = `psql -XAtU postgres -c "SELECT rolsuper, pg_has_role('walguard', 'pg_monitor', 'USAGE') FROM pg_roles WHERE rolname = 'walguard'"`;
    expect(await stack.shell('db', roles)).toBe('f|t\n');
  });

  it('runs nothing as root, nor with a capability', async () => {
    for (const service of ['db', 'walguard', 'prometheus', 'alertmanager']) {
      const status = await stack.shell(service, 'cat /proc/1/status');
      expect({ service, root: /^Uid:\s+0\b/m.test(status) }).toEqual({ service, root: false });
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    }
  });

  it('has an archive that is judged: without a backup nothing can be got back, with one all can', async () => {
    await waitFor('the verdict without a backup', async () => (await verdict()) === 'not_recoverable', 60_000);
    expect(await stack.shell('db', 'sh /scripts/copy-database')).toMatch(/^\d{4}-\d\d-\d\dT\d{6}Z\n$/);
    await waitFor('the verdict with a backup', async () => (await verdict()) === 'recoverable', 100_000);
  });

  it('has a Prometheus that scrapes walguard by the name of the server, with the rules loaded', async () => {
    await waitFor('up', async () => (await prometheusValue('up{job="walguard",instance="db"}')) === '1', 30_000);
    expect(await prometheusValue('pg_up{cluster="main"}')).toBe('1');
    const { data } = await ask<Rules>('prometheus', 9090, '/api/v1/rules');
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(50);
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
  });

  it('tells Alertmanager of an archive that takes no more WAL', async () => {
    await stack.shell('db', 'chmod 550 /archive');
    await stack.shell('db', `psql -XqU postgres -c 'CREATE TABLE t (); SELECT pg_switch_wal()'`);
    const told = async (): Promise<readonly Alert[]> => {
      const alerts = await ask<readonly Alert[]>('alertmanager', 9093, '/api/v2/alerts');
      return alerts.filter(({ labels }) => labels['alertname'] === 'PostgresArchiveFailing');
    };
    await waitFor('the alert', async () => (await told()).length > 0, 90_000);
    const [alert] = await told();
    expect(alert?.labels).toMatchObject({ instance: 'db', cluster: 'main', job: 'walguard' });
    expect(alert?.receivers.map(({ name }) => name)).toEqual([
      alert?.labels['severity'] === 'critical' ? 'on-call' : 'backups',
    ]);
  });

  it('leaves nothing behind when it is taken down with its volumes', async () => {
    expect((await stack.remains()).length).toBeGreaterThan(8);
    await stack.compose('down', '--volumes', '--timeout=1');
    expect(await stack.remains()).toEqual([]);
  });
});
