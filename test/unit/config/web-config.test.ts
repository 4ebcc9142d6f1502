import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readWebConfig } from '../../../src/config/web-config.ts';
import { renderError, WalguardErrors } from '../../../src/core/error.ts';
import { createAuthority } from '../../support/certificates.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const HASH = `$2y$10$${'a'.repeat(53)}`;

let folder: TemporaryFolder;
let file: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const authority = createAuthority('authority');
  const issued = authority.issue({ commonName: 'web', names: ['localhost'] });
  await folder.write('ca.pem', authority.certificate);
  await folder.write('web.crt', issued.certificate);
  await folder.write('web.key', issued.key);
  await folder.write('other.key', authority.issue({ commonName: 'other' }).key);
});
afterAll(() => folder[Symbol.asyncDispose]());

async function read(text: string) {
  file = await folder.write('web.yml', text);
  return readWebConfig(file);
}

async function problemsOf(text: string): Promise<string> {
  const thrown = await read(text).then(
    () => new Error('It was taken.'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof WalguardErrors)) throw thrown as Error;
  return thrown.errors.map(renderError).join('\n').replaceAll(`${folder.path}/`, '');
}

const TLS = 'tls_server_config: {cert_file: web.crt, key_file: web.key';

describe('a web configuration', () => {
  it('has the defaults of the exporter-toolkit', async () => {
    const { tls, headers, users, rateLimit, wantsHttp2 } = await read(`${TLS}}`);
    expect(tls).toMatchObject({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      clientAuth: 'NoClientCert',
      ciphers: undefined,
      ecdhCurve: undefined,
      honorCipherOrder: true,
      allowedSans: undefined,
    });
    expect({ headers, users, rateLimit, wantsHttp2 }).toEqual({
      headers: {},
      users: new Map(),
      rateLimit: undefined,
      wantsHttp2: false,
    });
  });

  it('takes every key, and files by their place beside it', async () => {
    const config = await read(`
tls_server_config:
  cert_file: web.crt
  key_file: ${join(folder.path, 'web.key')}
  client_ca_file: ca.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus.example.com]
  min_version: TLS12
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
  curve_preferences: [X25519, CurveP384]
  prefer_server_cipher_suites: false
http_server_config:
  http2: true
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: ''
basic_auth_users:
  alice: ${HASH}
rate_limit: {interval: 100ms, burst: 20}
`);
    expect(config.tls).toMatchObject({
      clientAuth: 'RequireAndVerifyClientCert',
      allowedSans: ['prometheus.example.com'],
      maxVersion: 'TLSv1.2',
      ecdhCurve: 'X25519:secp384r1',
      honorCipherOrder: false,
    });
    expect(config.tls?.ciphers).toMatch(/:ECDHE-ECDSA-AES256-GCM-SHA384$/);
    expect(config.headers).toEqual({ 'X-Frame-Options': 'deny' });
    expect(config.users).toEqual(new Map([['alice', HASH]]));
    expect(config.rateLimit).toEqual({ intervalMs: 100, burst: 20 });
    expect(config.wantsHttp2).toBe(true);
    expect(config.files).toEqual(['web.yml', 'web.crt', 'web.key', 'ca.pem'].map((name) => join(folder.path, name)));
  });

  it('may be empty, which protects nothing', async () => {
    const { tls, users } = await read('# nothing yet\n');
    expect({ tls, users }).toEqual({ tls: undefined, users: new Map() });
  });

  it.each([
    [
      'a key that is not known',
      'basic_auth_user: {}',
      /^web.yml:1:1: CONFIG_UNKNOWN_KEY: .*\n.*Did you mean "basic_auth_users"/,
    ],
    [
      'a password in clear',
      'basic_auth_users:\n  alice: hunter2',
      /^web.yml:2:3: CONFIG_BAD_VALUE: basic_auth_users.alice is not usable\n.*htpasswd.*$/,
    ],
    ['a hash that would take minutes', `basic_auth_users: {a: ${HASH.replace('10', '20')}}`, /cost from 4 to 16/],
    [
      'a header that is not among the five',
      'http_server_config: {headers: {Server: x}}',
      /CONFIG_UNKNOWN_KEY: the key "Server"/,
    ],
    ['a value no browser knows', 'http_server_config: {headers: {X-Frame-Options: allow}}', /Use deny, sameorigin/],
    [
      'a header of two lines',
      'http_server_config: {headers: {X-XSS-Protection: "a\\r\\nb: c"}}',
      /one line of plain characters/,
    ],
    ['a certificate without a key', 'tls_server_config: {cert_file: web.crt}', /tls_server_config.key_file is missing/],
    ['a certificate in two ways', `${TLS}, cert: x}`, /Remove it or cert_file/],
    [
      'a file that is not there',
      'tls_server_config: {cert_file: no.crt, key_file: web.key}',
      /^no.crt: CONFIG_FILE_UNREADABLE: .*\n.*Correct tls_server_config.cert_file/,
    ],
    [
      'what is no certificate',
      'tls_server_config: {cert_file: web.yml, key_file: web.key}',
      /^web.yml:1:21: CONFIG_BAD_VALUE: tls_server_config.cert_file holds.*\n.*a certificate in PEM/,
    ],
    [
      'the key of another',
      'tls_server_config: {cert_file: web.crt, key_file: other.key}',
      /^web.yml:1:1: .*not that of its certificate/,
    ],
    ['a CA that nobody is asked for', `${TLS}, client_ca_file: ca.pem}`, /Write RequireAndVerifyClientCert/],
    [
      'names where a certificate may be missing',
      `${TLS}, client_ca_file: ca.pem, client_auth_type: VerifyClientCertIfGiven, client_allowed_sans: [a]}`,
      /client_allowed_sans is a list\n.*RequireAndVerifyClientCert/,
    ],
    [
      'a kind of client certificate that is none',
      `${TLS}, client_auth_type: Require}`,
      /client_auth_type is "Require"/,
    ],
    [
      'versions that exclude each other',
      `${TLS}, min_version: TLS13, max_version: TLS12}`,
      /min_version is "TLS13"\n.*at most max_version, TLS12/,
    ],
    [
      'a suite that Go calls insecure',
      `${TLS}, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]}`,
      /cipher_suites.0 is "TLS_RSA_WITH_RC4_128_SHA"/,
    ],
    ['a curve that is not known', `${TLS}, curve_preferences: [P256]}`, /curve_preferences.0 is "P256"/],
    ['a rate without a burst', 'rate_limit: {interval: 1s}', /CONFIG_MISSING_KEY: rate_limit.burst/],
    ['what is no YAML', 'basic_auth_users: {', /^web.yml:1:\d+: CONFIG_YAML_SYNTAX/],
  ])('is refused for %s, at its place and with the cure', async (_what, text, expected) => {
    expect(await problemsOf(text)).toMatch(expected);
  });

  it.each([
    ['a hash cut short', 'basic_auth_users: {alice: $2y$10$secretsecret}'],
    ['a key that is none', `tls_server_config: {cert_file: web.crt, key: "secret"}`],
    ['a key as a list', `tls_server_config: {cert_file: web.crt, key: [secret]}`],
    ['users as a text', 'basic_auth_users: alice:secret'],
  ])('names no secret when it is refused for %s', async (_what, text) => {
    expect(await problemsOf(text)).not.toContain('secret');
  });
});
