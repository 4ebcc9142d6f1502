import { z } from 'zod';

import { parseDuration } from '../core/duration.ts';

/** How a client is asked for a certificate, by the names Go has. `RequireClientCert` is an old name of the third. */
export const CLIENT_AUTH_TYPES = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
  'RequireClientCert',
] as const;

/** Go's names, oldest first, and those of Node. */
export const TLS_VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
const TLS_VERSION_NAMES = ['TLS10', 'TLS11', 'TLS12', 'TLS13'] as const;

/** Go's names of suites, and those of OpenSSL. Go always offers the three of TLS 1.3, whatever is listed. */
export const CIPHER_SUITES: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/** Go's names of curves, and those of OpenSSL. */
export const CURVES: Readonly<Record<string, string>> = {
  CurveP256: 'prime256v1',
  CurveP384: 'secp384r1',
  CurveP521: 'secp521r1',
  X25519: 'X25519',
};

/** What Node computes in JavaScript above this takes more than ten seconds a comparison. */
const HIGHEST_COST = 16;
const HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

const oneOf = (names: Readonly<Record<string, string>>) => z.enum(Object.keys(names) as [string, ...string[]]);
const headerText = z.string().regex(/^[\t\x20-\x7e]*$/, 'Write one line of plain characters');

/** One that swallowed the entries after it, for a line break or blanks are missing, may hold a hash. */
const filePath = z
  .string()
  .refine((text) => !/:\s|[\n\0]/.test(text), 'Write the path of a file, and nothing after it');

const tlsServerConfig = z
  .strictObject({
    cert: z.string().optional(),
    key: z.string().optional(),
    client_ca: z.string().optional(),
    cert_file: filePath.optional(),
    key_file: filePath.optional(),
    client_ca_file: filePath.optional(),
    client_auth_type: z.enum(CLIENT_AUTH_TYPES).optional(),
    client_allowed_sans: z.array(z.string()).optional(),
    min_version: z.enum(TLS_VERSION_NAMES).default('TLS12'),
    max_version: z.enum(TLS_VERSION_NAMES).default('TLS13'),
    cipher_suites: z.array(oneOf(CIPHER_SUITES)).default([]),
    curve_preferences: z.array(oneOf(CURVES)).default([]),
    prefer_server_cipher_suites: z.boolean().default(true),
  })
  .superRefine((tls, context) => {
    const refuse = (key: keyof typeof tls, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message, input: tls[key] });
    for (const key of ['cert', 'key', 'client_ca'] as const) {
      const file = `${key}_file` as const;
      if (tls[key] !== undefined && tls[file] !== undefined) refuse(key, `Remove it or ${file}: only one can count`);
      if (key !== 'client_ca' && !tls[key] && !tls[file])
        context.addIssue({ code: 'invalid_type', expected: 'string', path: [file], input: undefined });
    }
    const auth = tls.client_auth_type ?? 'NoClientCert';
    if ((tls.client_ca ?? tls.client_ca_file) !== undefined && auth === 'NoClientCert')
      refuse('client_auth_type', 'Write RequireAndVerifyClientCert, or remove client_ca_file');
    if (tls.client_allowed_sans !== undefined && !auth.startsWith('Require'))
      refuse('client_allowed_sans', 'Write client_auth_type: RequireAndVerifyClientCert beside it');
    if (tls.min_version > tls.max_version) refuse('min_version', `Write at most max_version, ${tls.max_version}`);
  });

const headers = z.strictObject({
  'Strict-Transport-Security': headerText.optional(),
  'X-Content-Type-Options': z.enum(['nosniff']).optional(),
  'X-Frame-Options': z.enum(['deny', 'sameorigin']).optional(),
  'X-XSS-Protection': headerText.optional(),
  'Content-Security-Policy': headerText.optional(),
});

const hash = z
  .string()
  .regex(HASH, {
    error: 'Write the bcrypt hash of the password, as `htpasswd -nBC 10 ""` prints it behind the colon',
    abort: true,
  })
  .refine((text) => Number(HASH.exec(text)?.[1] ?? 0) >= 4 && Number(HASH.exec(text)?.[1] ?? 0) <= HIGHEST_COST, {
    error: `Hash the password anew with a cost from 4 to ${HIGHEST_COST}, of which 10 is usual`,
  });

const duration = z
  .union([z.string(), z.literal(0)], { error: 'Write a duration such as 1s' })
  .transform((text, context) => {
    const milliseconds = text === 0 || text === '0' ? 0 : parseDuration(text);
    if (milliseconds !== undefined && milliseconds >= 0) return milliseconds;
    context.addIssue({ code: 'custom', message: 'Write a duration such as 1s', input: text });
    return z.NEVER;
  });

/** The file that exporters with Prometheus' exporter-toolkit read. Source: its docs/web-configuration.md. */
export const webConfigFile = z
  .strictObject({
    tls_server_config: tlsServerConfig.nullish(),
    http_server_config: z.strictObject({ http2: z.boolean().optional(), headers: headers.nullish() }).nullish(),
    basic_auth_users: z.record(z.string().regex(/^[^:]*$/, 'Write a name without a colon'), hash).nullish(),
    rate_limit: z.strictObject({ interval: duration.default(0), burst: z.int().min(1).optional() }).nullish(),
  })
  .superRefine(({ rate_limit: limit }, context) => {
    if (!limit || limit.interval === 0 || limit.burst !== undefined) return;
    context.addIssue({ code: 'invalid_type', expected: 'int', path: ['rate_limit', 'burst'], input: undefined });
  })
  .nullable();

export type TlsServerValue = z.infer<typeof tlsServerConfig>;
