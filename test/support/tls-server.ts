import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';

import {
  createMonitorRole,
  giveToServer,
  type Major,
  type PostgresServer,
  startPostgres,
} from '../../servers/index.ts';
import { createAuthority, type Issued, type Subject } from './certificates.ts';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

/** Whoever is to be let in in one way only has a user of that name; the password is the name. */
const HBA = [
  'hostssl all tls-only all scram-sha-256',
  'hostnossl all plain-only all scram-sha-256',
  'hostssl all certified all cert',
  'hostssl all with-certificate all scram-sha-256 clientcert=verify-ca',
  'host all md5-user all md5',
  'host all clear-user all password',
  'host all trusted all trust',
  ...['tls-only', 'plain-only', 'certified', 'with-certificate'].map((user) => `host all ${user} all reject`),
];
const USERS = ['walguard', 'tls-only', 'plain-only', 'certified', 'with-certificate', 'clear-user', 'trusted'];

/** Two servers of a major, one with TLS and one without, and what a client needs for each. */
export interface TlsServers extends AsyncDisposable {
  readonly on: PostgresServer;
  readonly off: PostgresServer;
  readonly folder: TemporaryFolder;
  /** The path of a file or folder by its name. */
  readonly path: (name: string) => string;
  /** Makes the one with TLS show a certificate of this subject from now on. */
  readonly present: (subject: Subject) => Promise<void>;
}

/**
 * Starts both, and writes the files: `ca`, `other-ca`, `crl`, `client.crt` and `.key`, `locked.key` (password: locked),
 * `open.key`, `stranger.crt` and `.key`; and the home directories `no-home`, `home`, `wrong-home`, `client-home` and
 * `revoking-home`.
 */
export async function startTlsServers(major: Major): Promise<TlsServers> {
  const folder = await temporaryFolder();
  const [on, off] = await Promise.all([startPostgres({ major, hba: HBA }), startPostgres({ major })]);
  const authority = createAuthority('authority');
  const server = authority.issue({ commonName: 'db', names: ['localhost', '127.0.0.1'] });
  const client = authority.issue({ commonName: 'certified' });
  await writeClientFiles(folder, {
    ca: authority.certificate,
    client,
    crl: authority.revoke(server),
    noCrl: authority.revoke(client),
  });
  await switchTlsOn(on, server, authority.certificate);
  for (const user of USERS) await createMonitorRole(on, user, user);
  await on.sql(`SET password_encryption = 'md5'; CREATE ROLE "md5-user" LOGIN PASSWORD 'md5-user'`);
  await createMonitorRole(off, 'walguard', 'walguard');
  return {
    on,
    off,
    folder,
    path: (name) => join(folder.path, name),
    present: (subject) => switchTlsOn(on, authority.issue(subject), authority.certificate),
    async [Symbol.asyncDispose]() {
      await Promise.all([on, off, folder].map((resource) => resource[Symbol.asyncDispose]()));
    },
  };
}

/** Gives a server that runs a certificate, and the authority that its clients' certificates are of. */
async function switchTlsOn(server: PostgresServer, { certificate, key }: Issued, ca: string): Promise<void> {
  for (const [name, text] of Object.entries({ 'server.crt': certificate, 'server.key': key, 'client-ca.crt': ca })) {
    const path = join(server.dataDirectory, name);
    await writeFile(path, text, { mode: 0o600 });
    await giveToServer(server.cluster, path);
  }
  await server.alterSystem({ ssl: 'on', ssl_ca_file: 'client-ca.crt' });
}

interface ClientFiles {
  readonly ca: string;
  readonly client: Issued;
  readonly crl: string;
  readonly noCrl: string;
}

async function writeClientFiles(folder: TemporaryFolder, { ca, client, crl, noCrl }: ClientFiles): Promise<void> {
  const other = createAuthority('other');
  const stranger = other.issue({ commonName: 'certified' });
  const locked = createPrivateKey(client.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'locked',
  });
  const files: Readonly<Record<string, string>> = {
    ca,
    'other-ca': other.certificate,
    crl,
    'no-crl': noCrl,
    'client.crt': client.certificate,
    'client.key': client.key,
    'locked.key': locked.toString(),
    'open.key': client.key,
    'stranger.crt': stranger.certificate,
    'stranger.key': stranger.key,
    'home/.postgresql/root.crt': ca,
    'wrong-home/.postgresql/root.crt': other.certificate,
    'client-home/.postgresql/postgresql.crt': client.certificate,
    'client-home/.postgresql/postgresql.key': client.key,
    'revoking-home/.postgresql/root.crt': ca,
    'revoking-home/.postgresql/root.crl': crl,
  };
  for (const home of ['no-home', 'home', 'wrong-home', 'client-home', 'revoking-home'])
    await mkdir(join(folder.path, home, '.postgresql'), { recursive: true });
  for (const [name, text] of Object.entries(files))
    await chmod(await folder.write(name, text), name === 'open.key' ? 0o644 : 0o600);
}
