import type { TlsServers } from './tls-server.ts';

/** One connection string, and what has to become of it. */
export interface LoginRow {
  readonly server: 'on' | 'off';
  readonly user: string;
  /** What it says beyond host, port, user, password and database; `FILE:x` is the path of x. */
  readonly says: Readonly<Record<string, string>>;
  /** By default `no-home`, with nothing in it. */
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Logged in with TLS or without, or refused: by walguard, by the server, or for the certificate. */
  readonly leadsTo: LoginOutcome | { readonly 13: LoginOutcome; readonly 18: LoginOutcome };
  /** Why psql is not asked for its opinion: its release is older than the parameter, or walguard is stricter. */
  readonly notForPsql?: string;
}

export type LoginOutcome = 'tls' | 'plain' | 'TARGET_TLS' | 'TARGET_AUTHENTICATION';

const ca = { sslrootcert: 'FILE:ca' };
const otherCa = { sslrootcert: 'FILE:other-ca' };
const client = { sslcert: 'FILE:client.crt', sslkey: 'FILE:client.key' };
const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const newer = 'a parameter of libpq 16 or newer';

/** From libpq's manual, "SSL Support" and "Parameter Key Words". */
export const loginRows: readonly LoginRow[] = [
  ...modes('off', 'walguard', {}, 'plain', 'plain plain plain TARGET_TLS TARGET_TLS TARGET_TLS'),
  ...modes('off', 'walguard', ca, 'plain', 'plain plain plain TARGET_TLS TARGET_TLS TARGET_TLS'),
  ...modes('on', 'walguard', {}, 'tls', 'plain plain tls tls TARGET_TLS TARGET_TLS'),
  ...modes('on', 'walguard', ca, 'tls', 'plain plain tls tls tls tls'),
  ...modes('on', 'walguard', otherCa, 'plain', 'plain plain plain TARGET_TLS TARGET_TLS TARGET_TLS'),
  ...modes('on', 'walguard', { ...ca, host: 'db.example' }, 'tls', 'plain plain tls tls tls TARGET_TLS'),
  ...modes(
    'on',
    'walguard',
    { ...ca, sslcrl: 'FILE:crl' },
    'plain',
    'plain plain plain TARGET_TLS TARGET_TLS TARGET_TLS',
  ),
  ...modes('on', 'walguard', { ...ca, sslcrl: 'FILE:no-crl' }, 'tls', 'plain plain tls tls tls tls'),
  ...modes('on', 'tls-only', ca, 'tls', 'TARGET_AUTHENTICATION tls tls tls tls tls'),
  ...modes('on', 'plain-only', ca, 'plain', `plain plain plain ${'TARGET_AUTHENTICATION '.repeat(3)}`),
  ...modes('on', 'certified', ca, 'TARGET_AUTHENTICATION', 'TARGET_AUTHENTICATION '.repeat(6)),
  ...modes('on', 'certified', { ...ca, ...client }, 'tls', 'TARGET_AUTHENTICATION tls tls tls tls tls'),
  ...modes('on', 'with-certificate', { ...ca, ...client }, 'tls', 'TARGET_AUTHENTICATION tls tls tls tls tls'),
  ...modes('on', 'with-certificate', ca, 'TARGET_AUTHENTICATION', 'TARGET_AUTHENTICATION '.repeat(6)),

  { ...on({ sslmode: 'require' }, 'tls'), home: 'home' },
  { ...on({ sslmode: 'verify-full' }, 'tls'), home: 'home' },
  { ...on({ sslmode: 'require' }, 'TARGET_TLS'), home: 'wrong-home' },
  { ...on({ sslmode: 'prefer' }, 'plain'), home: 'wrong-home' },
  { ...on({ sslmode: 'require' }, 'TARGET_TLS'), home: 'revoking-home' },
  on({ sslmode: 'require', sslrootcert: 'FILE:missing' }, 'tls'),
  on({ sslmode: 'verify-ca', sslrootcert: 'FILE:missing' }, 'TARGET_TLS'),
  on({ ...ca, sslmode: 'verify-full', host: '127.0.0.1', hostaddr: '' }, 'tls'),
  on({ ...ca, sslmode: 'verify-full', sslsni: '0' }, 'tls'),
  on({ sslmode: 'require', ssl_min_protocol_version: 'TLSv1.3' }, 'tls'),
  on({ sslmode: 'require', ssl_max_protocol_version: 'TLSv1.2' }, 'tls'),
  { ...on({ sslrootcert: 'system' }, 'tls'), env: { SSL_CERT_FILE: 'FILE:ca' }, notForPsql: newer },
  { ...on({ sslrootcert: 'system' }, 'TARGET_TLS'), env: { SSL_CERT_FILE: 'FILE:other-ca' }, notForPsql: newer },
  { ...on({ sslrootcert: 'system' }, 'TARGET_TLS'), notForPsql: newer },
  {
    ...on({ sslmode: 'require', sslcrl: 'FILE:missing', ...ca }, 'TARGET_TLS'),
    notForPsql: 'libpq goes without the list',
  },
  {
    ...on({ sslmode: 'require', sslnegotiation: 'direct' }, { 13: 'TARGET_TLS', 18: 'tls' }),
    notForPsql: newer,
  },

  { ...as('certified', { sslmode: 'require' }, 'tls'), home: 'client-home' },
  {
    ...as('certified', { sslmode: 'require', sslcertmode: 'disable' }, 'TARGET_AUTHENTICATION'),
    home: 'client-home',
    notForPsql: newer,
  },
  as('certified', { sslmode: 'require', sslcert: 'FILE:client.crt', sslkey: 'FILE:missing' }, 'TARGET_TLS'),
  as('certified', { sslmode: 'require', sslcert: 'FILE:client.crt', sslkey: 'FILE:open.key' }, 'TARGET_TLS'),
  as('certified', { sslmode: 'require', sslcert: 'FILE:client.crt', sslkey: 'FILE:stranger.key' }, 'TARGET_TLS'),
  as('certified', { sslmode: 'require', sslcert: 'FILE:stranger.crt', sslkey: 'FILE:stranger.key' }, 'TARGET_TLS'),
  as('certified', { ...client, sslmode: 'require', sslkey: 'FILE:locked.key', sslpassword: 'locked' }, 'tls'),
  as('certified', { ...client, sslmode: 'require', sslkey: 'FILE:locked.key', sslpassword: 'wrong' }, 'TARGET_TLS'),

  ...['disable', 'prefer', 'require'].map((channel_binding) => on({ channel_binding, sslmode: 'require' }, 'tls')),
  on({ channel_binding: 'require', sslmode: 'disable' }, 'TARGET_AUTHENTICATION'),
  as('md5-user', { channel_binding: 'require', sslmode: 'require' }, 'TARGET_AUTHENTICATION'),
  as('clear-user', { channel_binding: 'require', sslmode: 'require' }, 'TARGET_AUTHENTICATION'),
  as('trusted', { channel_binding: 'require', sslmode: 'require' }, 'TARGET_AUTHENTICATION'),

  as('md5-user', {}, 'tls'),
  as('clear-user', {}, 'tls'),
  as('trusted', {}, 'tls'),
  on({ password: 'wrong' }, 'TARGET_AUTHENTICATION'),
  on({ password: '' }, 'TARGET_AUTHENTICATION'),
  ...[
    ['walguard', 'scram-sha-256', 'tls'],
    ['walguard', 'md5,password', 'TARGET_AUTHENTICATION'],
    ['walguard', '!scram-sha-256', 'TARGET_AUTHENTICATION'],
    ['walguard', '!md5,!password,!none', 'tls'],
    ['md5-user', 'md5', 'tls'],
    ['md5-user', 'scram-sha-256', 'TARGET_AUTHENTICATION'],
    ['clear-user', 'password', 'tls'],
    ['clear-user', '!password', 'TARGET_AUTHENTICATION'],
    ['trusted', 'none', 'tls'],
    ['trusted', 'scram-sha-256', 'TARGET_AUTHENTICATION'],
    ['trusted', '!none', 'TARGET_AUTHENTICATION'],
  ].map(([user = '', require_auth = '', leadsTo]) => ({
    ...as(user, { require_auth }, leadsTo as LoginOutcome),
    notForPsql: newer,
  })),
];

/** A row for each sslmode in their order, and before them one for none. */
function modes(
  server: 'on' | 'off',
  user: string,
  says: Readonly<Record<string, string>>,
  ...[byDefault, leadsTo]: readonly [LoginOutcome, string]
): readonly LoginRow[] {
  const outcomes = leadsTo.trim().split(' ') as readonly LoginOutcome[];
  const rows = MODES.map((sslmode, index) => ({
    server,
    user,
    says: { ...says, sslmode },
    leadsTo: outcomes[index] ?? 'plain',
  }));
  return [{ server, user, says, leadsTo: byDefault }, ...rows];
}

function as(user: string, says: LoginRow['says'], leadsTo: LoginRow['leadsTo']): LoginRow {
  return { server: 'on', user, says, leadsTo };
}

function on(says: LoginRow['says'], leadsTo: LoginRow['leadsTo']): LoginRow {
  return as('walguard', says, leadsTo);
}

/** The parameters of a row, and the environment it is read in. */
export function givenBy(
  row: LoginRow,
  servers: TlsServers,
): { readonly parameters: Readonly<Record<string, string>>; readonly env: Readonly<Record<string, string>> } {
  const inPlace = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        value.startsWith('FILE:') ? servers.path(value.slice(5)) : value,
      ]),
    );
  const parameters = {
    host: 'localhost',
    hostaddr: '127.0.0.1',
    port: String(servers[row.server].port),
    user: row.user,
    password: row.user,
    dbname: 'postgres',
    ...inPlace(row.says),
  };
  return { parameters, env: { HOME: servers.path(row.home ?? 'no-home'), ...inPlace(row.env ?? {}) } };
}

type StringForm = readonly [name: string, write: (parameters: Readonly<Record<string, string>>) => string];

/** The same parameters in each form of a connection string. */
export const stringForms: readonly [StringForm, StringForm] = [
  ['a URL', urlOf],
  ['keywords', keywordsOf],
];

function urlOf({
  host = '',
  port,
  user = '',
  password = '',
  dbname,
  ...others
}: Readonly<Record<string, string>>): string {
  const login = [user, password].map(encodeURIComponent).join(':');
  const query = Object.entries(others).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `postgresql://${login}@${encodeURIComponent(host)}:${port}/${dbname}?${query.join('&')}`;
}

function keywordsOf(parameters: Readonly<Record<string, string>>): string {
  const quote = (value: string): string => `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
  return Object.entries(parameters)
    .map(([key, value]) => `${key}=${quote(value)}`)
    .join(' ');
}

/** A row as a test's name says it. */
export function nameOf({ server, user, says, home, env }: LoginRow): string {
  const said = Object.entries({ ...says, ...env }).map(([key, value]) => `${key}=${value}`);
  return `${user}, TLS ${server}, ${home ?? 'no home'}: ${said.join(' ')}`;
}
