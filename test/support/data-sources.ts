import { chmod } from 'node:fs/promises';

import { stringify } from 'yaml';

import type { TemporaryFolder } from './temporary-folder.ts';

/** What one has to know to log in to a server on 127.0.0.1. */
export interface Account {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Environment and arguments that tell walguard about an account. */
export interface GivenTarget {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** One of the ways to tell walguard which server to scrape, and as whom. */
export interface DataSourceForm {
  readonly form: string;
  /** Files it needs are written to the folder. */
  readonly give: (account: Account, folder: TemporaryFolder) => Promise<GivenTarget>;
}

/** Every way to name a server: by environment, by files that it names, and by the configuration file. */
export const dataSourceForms: readonly DataSourceForm[] = [
  { form: 'DATA_SOURCE_NAME as a URL', give: async (account) => inEnvironment({ DATA_SOURCE_NAME: urlOf(account) }) },
  {
    form: 'DATA_SOURCE_NAME as keywords',
    give: async (account) => inEnvironment({ DATA_SOURCE_NAME: keywordsOf(account) }),
  },
  {
    form: 'DATA_SOURCE_NAME_FILE',
    give: async (account, folder) =>
      inEnvironment({ DATA_SOURCE_NAME_FILE: await folder.write('name', `${urlOf(account)}\n`) }),
  },
  {
    form: 'DATA_SOURCE_URI, _USER and _PASS',
    give: async (account) =>
      inEnvironment({
        DATA_SOURCE_URI: uriOf(account),
        DATA_SOURCE_USER: account.user,
        DATA_SOURCE_PASS: account.password,
      }),
  },
  {
    form: 'DATA_SOURCE_URI_FILE, _USER_FILE and _PASS_FILE',
    give: async (account, folder) =>
      inEnvironment({
        DATA_SOURCE_URI_FILE: await folder.write('uri', `${uriOf(account)}\n`),
        DATA_SOURCE_USER_FILE: await folder.write('user', account.user),
        DATA_SOURCE_PASS_FILE: await folder.write('pass', `${account.password}\n`),
      }),
  },
  {
    form: 'PGHOST and its companions',
    give: async (account) => inEnvironment({ ...loginOf(account), PGPASSWORD: account.password }),
  },
  {
    form: 'PGHOST and PGPASSFILE',
    give: async (account, folder) =>
      inEnvironment({ ...loginOf(account), PGPASSFILE: await writePassFile(account, folder, 'passwords') }),
  },
  {
    form: 'PGHOST and the password file at home',
    give: async (account, folder) => {
      await writePassFile(account, folder, '.pgpass');
      return inEnvironment({ ...loginOf(account), HOME: folder.path });
    },
  },
  {
    form: 'data_source.name of the configuration file',
    give: (account, folder) => inFile({ name: urlOf(account) }, folder),
  },
  {
    form: 'data_source.uri, user and pass of the configuration file',
    give: (account, folder) => inFile({ uri: uriOf(account), user: account.user, pass: account.password }, folder),
  },
  {
    form: 'data_source.pass_file of the configuration file',
    give: async (account, folder) =>
      inFile(
        { uri: uriOf(account), user: account.user, pass_file: await folder.write('pass', `${account.password}\r\n`) },
        folder,
      ),
  },
];

function loginOf({ port, user, database }: Account): Readonly<Record<string, string>> {
  return { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: user, PGDATABASE: database };
}

async function writePassFile({ user, password }: Account, folder: TemporaryFolder, name: string): Promise<string> {
  const [login, word] = [user, password].map((field) => field.replaceAll(/[\\:]/g, '\\$&'));
  const path = await folder.write(name, `127.0.0.1:*:*:${login}:${word}\n`);
  await chmod(path, 0o600);
  return path;
}

function inEnvironment(env: Readonly<Record<string, string>>): GivenTarget {
  return { env, args: [] };
}

async function inFile(dataSource: Readonly<Record<string, string>>, folder: TemporaryFolder): Promise<GivenTarget> {
  const path = await folder.write('walguard.yaml', stringify({ data_source: dataSource }));
  return { env: {}, args: [`--config.file=${path}`] };
}

function urlOf({ port, user, password, database }: Account): string {
  const [login, word, name] = [user, password, database].map(encodeURIComponent);
  return `postgresql://${login}:${word}@127.0.0.1:${port}/${name}`;
}

function uriOf({ port, database }: Account): string {
  return `127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

function keywordsOf({ port, user, password, database }: Account): string {
  return `host=127.0.0.1 port=${port} user=${quoted(user)} password = ${quoted(password)} dbname=${quoted(database)}`;
}

function quoted(value: string): string {
  return `'${value.replaceAll(/['\\]/g, '\\$&')}'`;
}
