import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Prometheus, startPrometheusWith } from '../support/prometheus.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';
import { startWebLab, userLine, type WebLab } from '../support/web-lab.ts';

const CONFIG = `
tls_server_config:
  cert_file: web.crt
  key_file: web.key
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example.com]
basic_auth_users: {${userLine('prometheus', 'right')}}
`;

/** What each job lacks of what it would need. */
const LACKING = ['certificate', 'name', 'authority', 'password', 'user'] as const;

let lab: WebLab;
let walguard: Walguard;
let prometheus: Prometheus;

beforeAll(async () => {
  lab = await startWebLab();
  const file = await lab.folder.write('web.yml', CONFIG);
  const named = { commonName: 'prometheus', names: ['prometheus.example.com'] };
  await lab.issue('prometheus', named);
  await lab.issue('other', { commonName: 'other', names: ['other.example.com'] });
  await lab.issue('stranger', named, createAuthority('of somebody else'));
  const { monitorUrl } = newestSharedServer();
  const args = [`--web.config.file=${file}`];
  walguard = await startWalguard({ dataSourceName: monitorUrl, args, isProtected: true });
  const jobs = [undefined, ...LACKING].map(jobWithout);
  prometheus = await startPrometheusWith(JSON.stringify({ scrape_configs: jobs }));
});
afterAll(async () => {
  for (const started of [prometheus, walguard, lab]) await started?.[Symbol.asyncDispose]();
});

/** JSON is YAML. */
function jobWithout(lacking: (typeof LACKING)[number] | undefined): unknown {
  const path = (name: string): string => join(lab.folder.path, name);
  const by = lacking === 'name' ? 'other' : lacking === 'authority' ? 'stranger' : 'prometheus';
  const shown = lacking === 'certificate' ? {} : { cert_file: path(`${by}.crt`), key_file: path(`${by}.key`) };
  const password = lacking === 'password' ? 'wrong' : 'right';
  return {
    job_name: lacking ?? 'all',
    scheme: 'https',
    scrape_interval: '3s',
    scrape_timeout: '3s',
    tls_config: { ca_file: path('ca.pem'), server_name: 'localhost', ...shown },
    ...(lacking === 'user' ? {} : { basic_auth: { username: 'prometheus', password } }),
    static_configs: [{ targets: [`127.0.0.1:${walguard.port}`] }],
  };
}

describe('Prometheus with a client certificate, user and password', () => {
  it('gets the page over TLS, and none of those that lack one of the three does', async () => {
    const ups = async (): Promise<Readonly<Record<string, number>>> =>
      Object.fromEntries((await prometheus.query('up')).map(({ labels, value }) => [labels['job'] ?? '', value]));
    await waitFor('all jobs to have been tried', async () => Object.keys(await ups()).length === 6, 60_000);
    const isScraped = async () => (await prometheus.query('pg_up{job="all"} == 1')).length === 1;
    await waitFor('a scrape that succeeds', isScraped, 60_000);
    const others = Object.entries(await ups()).filter(([job]) => job !== 'all');
    expect(Object.fromEntries(others)).toEqual(Object.fromEntries(LACKING.map((job) => [job, 0])));
    expect(await prometheus.query('{__name__=~"pg_.+",job!="all"}')).toEqual([]);
  });
});
