import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import path from 'node:path';

import { WalguardError, WalguardErrors } from '../core/error.ts';
import { type LocatedDocument, readDocument } from './document.ts';
import { readTextFile } from './read-text-file.ts';
import {
  CIPHER_SUITES,
  type CLIENT_AUTH_TYPES,
  CURVES,
  TLS_VERSIONS,
  type TlsServerValue,
  webConfigFile,
} from './web-schema.ts';

export type ClientAuthType = (typeof CLIENT_AUTH_TYPES)[number];

/** What a TLS server is made of, by Node's names where it has them. */
export interface TlsServerConfig {
  /** PEM, as the next two. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  readonly clientAuth: ClientAuthType;
  /** Of which a client's certificate must have one; undefined if any will do. */
  readonly allowedSans: readonly string[] | undefined;
  readonly minVersion: (typeof TLS_VERSIONS)[keyof typeof TLS_VERSIONS];
  readonly maxVersion: (typeof TLS_VERSIONS)[keyof typeof TLS_VERSIONS];
  /** Undefined for Node's own choice. */
  readonly ciphers: string | undefined;
  readonly ecdhCurve: string | undefined;
  readonly honorCipherOrder: boolean;
}

/** A whole web configuration: how walguard's own server is protected. */
export interface WebConfig {
  /** Undefined for plain HTTP. */
  readonly tls: TlsServerConfig | undefined;
  /** Of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hashes by name; empty if everybody is let in. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit: { readonly intervalMs: number; readonly burst: number } | undefined;
  /** HTTP/2 was asked for by name. */
  readonly wantsHttp2: boolean;
  /** All files it was read from. */
  readonly files: readonly string[];
}

/** What holds without a file. */
export const OPEN_WEB: WebConfig = {
  tls: undefined,
  headers: {},
  users: new Map(),
  rateLimit: undefined,
  wantsHttp2: false,
  files: [],
};

type Located = LocatedDocument<unknown>;

/** @throws WalguardErrors with all problems at once, each at its file, line and column */
export function readWebConfig(file: string): WebConfig {
  const located = readDocument(file, readTextFile(file, '--web.config.file'), webConfigFile);
  const {
    tls_server_config: tls,
    http_server_config: http,
    basic_auth_users: users,
    rate_limit: limit,
  } = located.value ?? {};
  const folder = path.dirname(file);
  const named = [tls?.cert_file, tls?.key_file, tls?.client_ca_file].filter((name) => name !== undefined);
  return {
    tls: tls === undefined || tls === null ? undefined : toTls(tls, folder, located),
    headers: Object.fromEntries(Object.entries(http?.headers ?? {}).filter(isWritten)),
    users: new Map(Object.entries(users ?? {})),
    rateLimit:
      limit?.burst === undefined || limit.interval === 0
        ? undefined
        : { intervalMs: limit.interval, burst: limit.burst },
    wantsHttp2: http?.http2 === true,
    files: [file, ...named.map((name) => path.resolve(folder, name))],
  };
}

/** An empty one is none, as the toolkit's documentation says. */
function isWritten(entry: readonly [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined && entry[1] !== '';
}

function toTls(tls: TlsServerValue, folder: string, located: Located): TlsServerConfig {
  const problems: WalguardError[] = [];
  const pem = <T>(key: 'cert' | 'key' | 'client_ca', parse: (text: string) => T) => {
    const said = tls[key] === undefined ? (`${key}_file` as const) : key;
    const given = tls[said] ?? '';
    const text = said === key ? given : readTextFile(path.resolve(folder, given), `tls_server_config.${said}`);
    return { text, parsed: parsePem({ said, text, parse }, located, problems) };
  };
  const cert = pem('cert', (text) => new X509Certificate(text));
  const key = pem('key', (text) => createPrivateKey(text));
  const hasCa = (tls.client_ca ?? tls.client_ca_file) !== undefined;
  const ca = hasCa ? pem('client_ca', (text) => new X509Certificate(text)) : undefined;
  problems.push(...mismatch(cert.parsed, key.parsed, located));
  if (problems.length > 0) throw new WalguardErrors(problems);
  return {
    cert: cert.text,
    key: key.text,
    ca: ca?.text,
    clientAuth: tls.client_auth_type ?? 'NoClientCert',
    allowedSans: tls.client_allowed_sans,
    minVersion: TLS_VERSIONS[tls.min_version],
    maxVersion: TLS_VERSIONS[tls.max_version],
    ciphers: toCiphers(tls),
    ecdhCurve:
      tls.curve_preferences.length === 0 ? undefined : tls.curve_preferences.map((name) => CURVES[name]).join(':'),
    honorCipherOrder: tls.prefer_server_cipher_suites,
  };
}

interface Pem<T> {
  readonly said: string;
  readonly text: string;
  readonly parse: (text: string) => T;
}

/** What the library has against it is not repeated: it may hold a part of the key. */
function parsePem<T>({ said, text, parse }: Pem<T>, { where }: Located, problems: WalguardError[]): T | undefined {
  try {
    return parse(text);
  } catch {
    const what = said.startsWith('key') ? 'a private key without a password' : 'a certificate';
    problems.push(
      new WalguardError('CONFIG_BAD_VALUE', `tls_server_config.${said} holds nothing that can be used`, {
        where: where(['tls_server_config', said]),
        hint: `Give ${what} in PEM.`,
      }),
    );
    return undefined;
  }
}

function mismatch(
  cert: X509Certificate | undefined,
  key: KeyObject | undefined,
  { where }: Located,
): readonly WalguardError[] {
  if (cert === undefined || key === undefined || cert.checkPrivateKey(key)) return [];
  return [
    new WalguardError('CONFIG_BAD_VALUE', 'the key of tls_server_config is not that of its certificate', {
      where: where(['tls_server_config']),
      hint: 'Give the key the certificate was issued for.',
    }),
  ];
}

const NEW_SUITES = Object.keys(CIPHER_SUITES).filter((name) => !name.includes('_WITH_'));

/** What is older than TLS 1.2 needs what OpenSSL calls security level 0. */
function toCiphers({ cipher_suites: wanted, min_version: least }: TlsServerValue): string | undefined {
  const older = wanted.filter((name) => !NEW_SUITES.includes(name)).map((name) => CIPHER_SUITES[name] ?? '');
  const level = least < 'TLS12' ? ['@SECLEVEL=0'] : [];
  if (wanted.length > 0) return [...NEW_SUITES, ...older, ...level].join(':');
  return level.length > 0 ? [...NEW_SUITES, 'DEFAULT', ...level].join(':') : undefined;
}
