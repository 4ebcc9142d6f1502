/** What libpq calls sslmode, with its meanings. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** What libpq calls target_session_attrs: which of the servers will do. */
export const SESSION_ATTRS = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;
export type SessionAttrs = (typeof SESSION_ATTRS)[number];

export const CHANNEL_BINDINGS = ['disable', 'prefer', 'require'] as const;
export type ChannelBinding = (typeof CHANNEL_BINDINGS)[number];

/** How a server can ask a client who it is; `none` asks nothing: trust, peer, or a certificate. */
export const AUTH_METHODS = ['password', 'md5', 'scram-sha-256', 'none'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

export const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** One of the servers to try. */
export interface Host {
  /** A name, an address, or the directory of a Unix-domain socket (starts with `/`). What a certificate must name. */
  readonly name: string;
  /** Where to connect instead of looking the name up. */
  readonly address: string | undefined;
  readonly port: number;
}

/** A file that was named, or that is read from its usual place if it is there. */
export interface FileChoice {
  readonly path: string;
  readonly named: boolean;
}

/** Everything about encryption. Files are read at each connection. */
export interface TlsSettings {
  readonly mode: SslMode;
  /** TLS from the first byte on, without asking for it first. */
  readonly direct: boolean;
  /** `system`: what the system trusts. Undefined if there is no home directory to look in. */
  readonly rootCert: FileChoice | 'system' | undefined;
  readonly crl: FileChoice | undefined;
  readonly cert: FileChoice | undefined;
  readonly key: FileChoice | undefined;
  /** A secret: printed nowhere. */
  readonly keyPassword: string | undefined;
  readonly tellsServerName: boolean;
  readonly minVersion: TlsVersion | undefined;
  readonly maxVersion: TlsVersion | undefined;
  /** SSL_CERT_FILE: where the system's certificates are. */
  readonly systemBundle: string | undefined;
}

/** A program that prints the password. */
export interface PasswordProgram {
  /** As messages name it. */
  readonly name: string;
  /** Runs it, unless what it printed last can still be used; rejects with TARGET_AUTHENTICATION. */
  readonly ask: () => Promise<{ readonly password: string; readonly isFresh: boolean }>;
  /** To be told of a password that was refused: it is used no more. */
  readonly forget: (password: string) => void;
}

/** How to reach one PostgreSQL server, or the one of several that fits. */
export interface ConnectionOptions {
  readonly hosts: readonly [Host, ...Host[]];
  readonly inRandomOrder: boolean;
  readonly sessionAttrs: SessionAttrs;
  readonly user: string;
  /** A secret: printed nowhere. */
  readonly password: string | undefined;
  /** Asked for the password, if a server wants one. */
  readonly passwordProgram?: PasswordProgram | undefined;
  /** Where a password is looked up if none is given. */
  readonly passFile: FileChoice | undefined;
  readonly database: string;
  readonly tls: TlsSettings;
  readonly channelBinding: ChannelBinding;
  /** The methods that will do; undefined: all. */
  readonly authMethods: ReadonlySet<AuthMethod> | undefined;
  /** For each address. */
  readonly connectTimeoutMs: number;
  readonly applicationName: string;
  /** The `options` of the startup message; a pooler may refuse them. */
  readonly options: string | undefined;
}

/** Where a connection comes from: asked anew each time one is opened, since passwords change. */
export interface ConnectionSource {
  /** Both stay the same. */
  readonly name: string;
  readonly database: string;
  readonly read: () => ConnectionOptions;
}

/** How a target is named in logs and labels: all its hosts, without user or password. */
export function targetName({ hosts }: Pick<ConnectionOptions, 'hosts'>): string {
  return hosts.map(hostName).join(',');
}

export function hostName({ name, port }: Host): string {
  return name.includes(':') && !isSocket(name) ? `[${name}]:${port}` : `${name}:${port}`;
}

export function isSocket(name: string): boolean {
  return name.startsWith('/');
}
