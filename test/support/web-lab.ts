import { join } from 'node:path';

import { hashSync } from 'bcryptjs';

import { type Authority, createAuthority, type Subject } from './certificates.ts';
import { temporaryFolder, type TemporaryFolder } from './temporary-folder.ts';
import { startWalguard, type Walguard } from './walguard.ts';

/** Cheap: the tests are not about how long it takes. */
const COST = 4;

/** A folder with certificates, and walguards that are protected by web configurations in it. */
export interface WebLab extends AsyncDisposable {
  readonly authority: Authority;
  readonly folder: TemporaryFolder;
  /** Writes `NAME.crt` and `NAME.key` of the authority, unless another is given. */
  readonly issue: (name: string, subject: Subject, authority?: Authority) => Promise<{ cert: string; key: string }>;
  /** Starts one, with the configuration as `web.yml`; its server does not exist. */
  readonly start: (config: string, args?: readonly string[]) => Promise<Protected>;
}

export interface Protected extends AsyncDisposable {
  readonly walguard: Walguard;
  /** With https where the configuration has TLS. */
  readonly url: string;
  /** Of the configuration. */
  readonly path: string;
  readonly rewrite: (config: string) => Promise<void>;
}

/** `NAME: HASH` of a password, which needs no quotes in YAML. */
export function userLine(name: string, password: string, cost = COST): string {
  return `${name}: ${hashSync(password, cost)}`;
}

/** Has `ca.pem`, `web.crt` and `web.key` for localhost. */
export async function startWebLab(): Promise<WebLab> {
  const folder = await temporaryFolder();
  const authority = createAuthority('authority');
  const issue: WebLab['issue'] = async (name, subject, by = authority) => {
    const { certificate, key } = by.issue(subject);
    await folder.write(`${name}.crt`, certificate);
    await folder.write(`${name}.key`, key);
    return { cert: certificate, key };
  };
  await folder.write('ca.pem', authority.certificate);
  await issue('web', { commonName: 'first', names: ['localhost', '127.0.0.1'] });
  let files = 0;
  return {
    authority,
    folder,
    issue,
    async start(config, args = []) {
      const name = `web-${++files}.yml`;
      const path = await folder.write(name, config);
      const walguard = await startWalguard({
        dataSourceName: 'postgresql://walguard:walguard@127.0.0.1:1/postgres',
        args: [`--web.config.file=${join(folder.path, name)}`, ...args],
        isProtected: true,
      });
      const url = `${config.includes('tls_server_config') ? 'https' : 'http'}://127.0.0.1:${walguard.port}`;
      const rewrite = async (text: string): Promise<void> => void (await folder.write(name, text));
      return { walguard, url, rewrite, path, [Symbol.asyncDispose]: () => walguard[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
