import { join } from 'node:path';

import { badValue, choose } from './choose.ts';
import {
  type FileChoice,
  type Host,
  SSL_MODES,
  type SslMode,
  TLS_VERSIONS,
  type TlsSettings,
  type TlsVersion,
} from './connection-options.ts';

/** Reads a parameter; undefined if it is not given. */
export type ReadParameter = (keyword: string) => string | undefined;

/**
 * What the parameters say of encryption.
 *
 * @param home undefined if there is no home directory
 * @throws TARGET_BAD_DSN
 */
export function readTlsSettings(
  read: ReadParameter,
  home: string | undefined,
  systemBundle: string | undefined,
): TlsSettings {
  const usual = (keyword: string, name: string): FileChoice | undefined =>
    chooseFile(read(keyword), home === undefined ? undefined : join(home, '.postgresql', name));
  const fromSystem = read('sslrootcert') === 'system';
  const [minVersion, maxVersion] = readVersions(read);
  const sendsCert = choose('sslcertmode', read('sslcertmode') ?? 'allow', ['disable', 'allow', 'require']);
  if (sendsCert === 'require')
    throw badValue(
      'sslcertmode=require cannot be honoured: Node.js does not tell whether the server asked',
      'Use sslcertmode=allow.',
    );
  return {
    ...readMode(read, fromSystem),
    rootCert: fromSystem ? 'system' : usual('sslrootcert', 'root.crt'),
    crl: usual('sslcrl', 'root.crl'),
    cert: sendsCert === 'disable' ? undefined : usual('sslcert', 'postgresql.crt'),
    key: usual('sslkey', 'postgresql.key'),
    keyPassword: read('sslpassword'),
    tellsServerName: choose('sslsni', read('sslsni') ?? '1', ['0', '1']) === '1',
    minVersion,
    maxVersion,
    systemBundle,
  };
}

function readMode(read: ReadParameter, fromSystem: boolean): Pick<TlsSettings, 'mode' | 'direct'> {
  const mode = choose('sslmode', read('sslmode') ?? (fromSystem ? 'verify-full' : 'prefer'), SSL_MODES);
  if (fromSystem && mode !== 'verify-full')
    throw badValue(
      `sslmode=${mode} is too weak for sslrootcert=system: anybody can have a certificate the system trusts`,
      'Use sslmode=verify-full.',
    );
  const direct = choose('sslnegotiation', read('sslnegotiation') ?? 'postgres', ['postgres', 'direct']) === 'direct';
  const weak: readonly SslMode[] = ['disable', 'allow', 'prefer'];
  if (direct && weak.includes(mode))
    throw badValue(
      `sslmode=${mode} is too weak for sslnegotiation=direct, which knows no way without TLS`,
      'Use sslmode=require, verify-ca or verify-full.',
    );
  return { mode, direct };
}

function readVersions(read: ReadParameter): readonly [TlsVersion | undefined, TlsVersion | undefined] {
  const version = (keyword: string): TlsVersion | undefined => {
    const text = read(keyword);
    return text === undefined ? undefined : choose(keyword, text, TLS_VERSIONS);
  };
  const [least, most] = [version('ssl_min_protocol_version'), version('ssl_max_protocol_version')];
  const bottom = TLS_VERSIONS.indexOf(least ?? 'TLSv1.2');
  if (most !== undefined && TLS_VERSIONS.indexOf(most) < bottom)
    throw badValue(`ssl_max_protocol_version=${most} is below ssl_min_protocol_version=${TLS_VERSIONS[bottom]}`);
  return [least, most];
}

function chooseFile(named: string | undefined, usual: string | undefined): FileChoice | undefined {
  if (named !== undefined) return { path: named, named: true };
  return usual === undefined ? undefined : { path: usual, named: false };
}

/** A certificate is checked against a name: an address alone has none. Throws TARGET_BAD_DSN. */
export function checkNames({ mode }: TlsSettings, hosts: readonly Host[], hasNames: boolean): void {
  if (mode !== 'verify-full' || hasNames) return;
  const addressed = hosts.find(({ address }) => address !== undefined);
  if (addressed === undefined) return;
  throw badValue(
    `sslmode=verify-full needs the name of the host, and only hostaddr=${addressed.address} is given`,
    'Give host too: what the certificate of the server names.',
  );
}
