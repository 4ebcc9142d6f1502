import { once } from 'node:events';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { healthUrl } from '../../src/cli/healthcheck.ts';
import { askHealth, NO_CERTIFICATE } from '../../src/http/ask-health.ts';
import { createAuthority } from '../support/certificates.ts';
import { ask, type Asking, statusOf } from '../support/web-client.ts';
import { startWebLab, userLine, type WebLab } from '../support/web-lab.ts';
import { runWalguard } from '../support/walguard.ts';

const OWN = 'cert_file: web.crt, key_file: web.key';
const ASKED = 10_000;

let lab: WebLab;
let ca: string;
/** By whom a client says it is. */
let clients: Readonly<Record<'nobody' | 'prometheus' | 'other' | 'stranger', Asking>>;

beforeAll(async () => {
  lab = await startWebLab();
  ca = lab.authority.certificate;
  const named = { commonName: 'prometheus', names: ['prometheus.example.com', '10.1.2.3'] };
  clients = {
    nobody: { ca },
    prometheus: { ca, ...(await lab.issue('prometheus', named)) },
    other: { ca, ...(await lab.issue('other', { commonName: 'other', names: ['other.example.com'] })) },
    stranger: { ca, ...(await lab.issue('stranger', named, createAuthority('of somebody else'))) },
  };
});
afterAll(() => lab[Symbol.asyncDispose]());

describe('a walguard with a certificate', () => {
  it('serves over TLS what it serves, to clients that know its authority', async () => {
    await using web = await lab.start(`tls_server_config: {${OWN}}`);
    const { status, text, shown } = await ask(`${web.url}/metrics`, { ca });
    expect({ status, shown }).toEqual({ status: 200, shown: 'first' });
    expect(text).toContain('\npg_up 0\n');
    expect(await statusOf(web.url)).toBe('refused');
    expect(await statusOf(web.url.replace('https', 'http'), {})).toBe('refused');
  });

  it.each([
    ['NoClientCert', '', [200, 200, 200, 200]],
    ['RequestClientCert', '', [200, 200, 200, 200]],
    ['RequireAnyClientCert', '', ['refused', 200, 200, 200]],
    ['VerifyClientCertIfGiven', 'client_ca_file: ca.pem', [200, 200, 200, 'refused']],
    ['RequireAndVerifyClientCert', 'client_ca_file: ca.pem', ['refused', 200, 200, 'refused']],
    [
      'RequireAndVerifyClientCert',
      'client_ca_file: ca.pem, client_allowed_sans: [10.1.2.3, a.example.com]',
      ['refused', 200, 'refused', 'refused'],
    ],
    ['RequireAnyClientCert', 'client_allowed_sans: [prometheus.example.com]', ['refused', 200, 'refused', 200]],
  ])('lets in with %s %s whom it says: nobody, one of ours, another, a stranger', async (type, more, expected) => {
    const last = more === '' ? '' : `, ${more}`;
    await using web = await lab.start(`tls_server_config: {${OWN}, client_auth_type: ${type}${last}}`);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const asked = Object.values(clients).map((client) => statusOf(web.url, { ...client, maxVersion }));
      expect(await Promise.all(asked)).toEqual(expected);
    }
  });

  it.each([
    ['no version below TLS 1.2 by default', '', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }, 'refused'],
    ['TLS 1.2 by default', '', { maxVersion: 'TLSv1.2' }, 200],
    ['no TLS 1.2 above it', ', min_version: TLS13', { maxVersion: 'TLSv1.2' }, 'refused'],
    ['no TLS 1.3 below it', ', max_version: TLS12', { minVersion: 'TLSv1.3' }, 'refused'],
    ['TLS 1.0 where it is asked for', ', min_version: TLS10', { maxVersion: 'TLSv1', minVersion: 'TLSv1' }, 200],
  ] as const)('speaks %s', async (_what, more, versions, expected) => {
    await using web = await lab.start(`tls_server_config: {${OWN}${more}}`);
    expect(await statusOf(web.url, { ca, ciphers: 'DEFAULT:@SECLEVEL=0', ...versions })).toBe(expected);
  });

  it('offers the suites it is told, in its order, and those of TLS 1.3', async () => {
    const suites = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';
    const curves = 'curve_preferences: [CurveP384]';
    await using web = await lab.start(`tls_server_config: {${OWN}, cipher_suites: [${suites}], ${curves}}`);
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
    const { suite } = await ask(web.url, { ca, ciphers, maxVersion: 'TLSv1.2' });
    expect(suite).toBe('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
    expect(await statusOf(web.url, { ca, ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305', maxVersion: 'TLSv1.2' })).toBe(
      'refused',
    );
    expect(await statusOf(web.url, { ca, minVersion: 'TLSv1.3' })).toBe(200);
  });

  it('shows a new certificate once its files have changed, and keeps the connections of before', async () => {
    await lab.issue('rotated', { commonName: 'first', names: ['127.0.0.1'] });
    await using web = await lab.start('tls_server_config: {cert_file: rotated.crt, key_file: rotated.key}');
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    expect((await ask(web.url, { agent })).shown).toBe('first');
    const before = Object.values(agent.freeSockets).flat()[0]?.localPort;
    await lab.issue('rotated', { commonName: 'second', names: ['127.0.0.1'] });
    const isNew = async () => {
      // Idle for five seconds it would be closed by then.
      expect((await ask(web.url, { agent })).shown).toBe('first');
      return (await ask(web.url, { ca })).shown === 'second';
    };
    await waitFor('the new certificate', isNew, 60_000);
    expect(Object.values(agent.freeSockets).flat()[0]?.localPort).toBe(before);
    agent.destroy();
  });

  it('keeps its certificate while the new one has not got its key', async () => {
    await lab.issue('half', { commonName: 'first', names: ['127.0.0.1'] });
    await using web = await lab.start('tls_server_config: {cert_file: half.crt, key_file: half.key}');
    const next = lab.authority.issue({ commonName: 'second', names: ['127.0.0.1'] });
    await lab.folder.write('half.crt', next.certificate);
    await waitFor('the complaint', () => Promise.resolve(web.walguard.stderr.includes('is not that of its')), 60_000);
    expect((await ask(web.url, { ca })).shown).toBe('first');
    await lab.folder.write('half.key', next.key);
    await waitFor('the new one', async () => (await ask(web.url, { ca })).shown === 'second', 60_000);
    expect(web.walguard.stderr).not.toContain('PRIVATE');
  });

  it('stays with TLS when a file that lost its half says nothing of it', async () => {
    await using web = await lab.start(`tls_server_config: {${OWN}}\nbasic_auth_users: {${userLine('a', 'b')}}`);
    await web.rewrite('\n');
    const isSaid = () => Promise.resolve(web.walguard.stderr.includes('tls_server_config is gone'));
    await waitFor('the complaint', isSaid, 60_000);
    expect(await statusOf(web.url, { ca })).toBe(401);
    expect(await statusOf(web.url.replace('https', 'http'))).toBe('refused');
  });

  it('ends within its time while a client holds a connection without a handshake', async () => {
    await using web = await lab.start(`tls_server_config: {${OWN}}`);
    const silent = connect(Number(web.walguard.port), '127.0.0.1');
    await once(silent, 'connect');
    await ask(web.url, { ca });
    expect(await web.walguard.stop()).toBe(0);
    silent.destroy();
  });
});

describe('who asks a walguard with a certificate', () => {
  it('for its status needs the authority in NODE_EXTRA_CA_CERTS, and user and password in the URL', async () => {
    await using web = await lab.start(`tls_server_config: {${OWN}}\nbasic_auth_users: {${userLine('a', 'b')}}`);
    const args = ['status', `--url=${web.url.replace('//', '//a:b@')}`, '--brief'];
    const env = { NODE_EXTRA_CA_CERTS: `${lab.folder.path}/ca.pem` };
    const [known, unknown] = [await runWalguard(args, { env }), await runWalguard(args)];
    expect(known.stdout).toMatch(/^UNKNOWN - /);
    expect(known.stdout).not.toContain('no answer');
    expect(unknown.stdout).toMatch(/^UNKNOWN - no answer from https:.*certificate/);
  });

  it.each([
    ['a certificate of its own', '', 200],
    ['users', `basic_auth_users: {${userLine('a', 'b')}}`, 401],
  ])('for its health, in its own container, needs nothing: %s', async (_what, more, expected) => {
    await using web = await lab.start(`tls_server_config: {${OWN}}\n${more}`);
    const listening = `--web.listen-address=127.0.0.1:${web.walguard.port}`;
    const url = healthUrl(['/walguard/dist/main.js', `--web.config.file=${web.path}`, listening], {});
    expect(url).toBe(`${web.url}/-/healthy`);
    expect(await askHealth(url, ASKED)).toBe(expected);
  });

  it.each(['TLS12', 'TLS13'])('and no certificate of a client either, with %s', async (version) => {
    const type = 'client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert';
    await using web = await lab.start(`tls_server_config: {${OWN}, ${type}, max_version: ${version}}`);
    expect(await askHealth(`${web.url}/-/healthy`, ASKED)).toBe(NO_CERTIFICATE);
    const { port } = web.walguard;
    await web.walguard.stop();
    await expect(askHealth(`https://127.0.0.1:${port}/-/healthy`, ASKED)).rejects.toThrow('ECONNREFUSED');
  });
});
