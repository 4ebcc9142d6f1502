/**
 * The parameters of libpq that have their effect here, each with its environment variable.
 *
 * Source: libpq, "Parameter Key Words" and "Environment Variables".
 */
const VARIABLES = {
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  dbname: 'PGDATABASE',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  application_name: 'PGAPPNAME',
  fallback_application_name: undefined,
  options: 'PGOPTIONS',
  channel_binding: 'PGCHANNELBINDING',
  require_auth: 'PGREQUIREAUTH',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: undefined,
  sslcertmode: 'PGSSLCERTMODE',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
} as const satisfies Readonly<Record<string, string | undefined>>;

export type UsedKeyword = keyof typeof VARIABLES;
export const USED_KEYWORDS = Object.keys(VARIABLES) as readonly UsedKeyword[];

/** A parameter of libpq of which only some values can be honoured: those change nothing, any other is an error. */
export interface LimitedKeyword {
  readonly variable: string | undefined;
  readonly accepted: readonly string[];
  /** Why no other value is taken. */
  readonly reason: string;
}

const NO_GSSAPI = 'walguard has no GSSAPI';
const NO_OAUTH = 'walguard has no OAuth';
const NO_SCRAM_KEYS = 'walguard logs in with the password, not with keys made of it';

export const LIMITED_KEYWORDS: Readonly<Record<string, LimitedKeyword>> = {
  gssencmode: { variable: 'PGGSSENCMODE', accepted: ['disable', 'prefer'], reason: NO_GSSAPI },
  gssdelegation: { variable: 'PGGSSDELEGATION', accepted: ['0'], reason: NO_GSSAPI },
  gsslib: { variable: 'PGGSSLIB', accepted: [], reason: NO_GSSAPI },
  krbsrvname: { variable: 'PGKRBSRVNAME', accepted: [], reason: NO_GSSAPI },
  requirepeer: {
    variable: 'PGREQUIREPEER',
    accepted: [],
    reason: 'Node.js cannot ask who owns the other end of a socket',
  },
  sslcrldir: { variable: 'PGSSLCRLDIR', accepted: [], reason: 'Node.js takes revocation lists as a file: sslcrl' },
  sslkeylogfile: { variable: undefined, accepted: [], reason: 'walguard writes no keys to disk' },
  replication: { variable: undefined, accepted: ['0', 'off', 'false', 'no'], reason: 'walguard reads by SQL alone' },
  min_protocol_version: {
    variable: 'PGMINPROTOCOLVERSION',
    accepted: ['3.0'],
    reason: 'walguard speaks version 3.0 of the protocol',
  },
  scram_client_key: { variable: undefined, accepted: [], reason: NO_SCRAM_KEYS },
  scram_server_key: { variable: undefined, accepted: [], reason: NO_SCRAM_KEYS },
  oauth_issuer: { variable: undefined, accepted: [], reason: NO_OAUTH },
  oauth_client_id: { variable: undefined, accepted: [], reason: NO_OAUTH },
  oauth_client_secret: { variable: undefined, accepted: [], reason: NO_OAUTH },
  oauth_scope: { variable: undefined, accepted: [], reason: NO_OAUTH },
};

/** Parameters of libpq that may be given and change nothing, each with the reason. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  client_encoding: 'walguard reads UTF-8',
  keepalives: 'connections are kept alive, as by default',
  keepalives_idle: 'the time is that of the system',
  keepalives_interval: 'the time is that of the system',
  keepalives_count: 'the number is that of the system',
  tcp_user_timeout: 'a scrape has a time limit of its own',
  sslcompression: 'no server compresses any more',
  max_protocol_version: 'every server speaks version 3.0 of the protocol',
};

export const ALL_KEYWORDS: readonly string[] = [
  ...USED_KEYWORDS,
  ...Object.keys(LIMITED_KEYWORDS),
  ...Object.keys(WITHOUT_EFFECT),
];

/** Values by libpq's keywords, before defaults. */
export type Parameters = Readonly<Record<string, string>>;

/** The environment variable of a keyword; undefined if it has none. */
export function variableOfKeyword(keyword: string): string | undefined {
  return keyword in VARIABLES ? VARIABLES[keyword as UsedKeyword] : LIMITED_KEYWORDS[keyword]?.variable;
}

/** What libpq's environment variables say. A variable that is set to nothing is not set. */
export function parametersOf(env: Readonly<Record<string, string | undefined>>): Parameters {
  const given = [...USED_KEYWORDS, ...Object.keys(LIMITED_KEYWORDS)].flatMap((keyword) => {
    const value = env[variableOfKeyword(keyword) ?? ''];
    return value === undefined || value === '' ? [] : [[keyword, value] as const];
  });
  const requiresTls = env['PGREQUIRESSL']?.startsWith('1') === true;
  return { ...(requiresTls ? { sslmode: 'require' } : {}), ...Object.fromEntries(given) };
}
