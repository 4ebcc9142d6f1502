/** What libpq calls sslmode, with its meanings. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** How to reach one PostgreSQL server. */
export interface ConnectionOptions {
  /** A name, an address, or the directory of a Unix-domain socket (starts with `/`). */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A secret: printed nowhere. */
  readonly password: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly connectTimeoutMs: number;
  readonly applicationName: string;
  /** The `options` of the startup message; a pooler may refuse them. */
  readonly options: string | undefined;
}

/** How a target is named in logs and labels: where it is, without user or password. */
export function targetName(options: ConnectionOptions): string {
  return options.host.startsWith('/')
    ? `${options.host}:${options.port}`
    : `${bracketed(options.host)}:${options.port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
