import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  type ConnectionOptions as TlsOptions,
  createSecureContext,
  type PeerCertificate,
  rootCertificates,
} from 'node:tls';

import { messageOf, WalguardError } from '../core/error.ts';
import type { FileChoice, TlsSettings } from './connection-options.ts';
import { isOpenToOthers, type LocalFile, readLocalFile, whyUnreadable } from './local-file.ts';

/** Debian and Alpine, Red Hat, SUSE, macOS and the BSDs. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * What Node needs for TLS with a host, from files as they are now.
 *
 * As in libpq the server's certificate is checked wherever root certificates are there, whatever sslmode; only
 * verify-ca and verify-full insist on them. Throws TARGET_TLS. Source: libpq, "SSL Support".
 */
export function readTlsOptions(settings: TlsSettings, hostName: string): TlsOptions {
  const ca = readRoots(settings);
  const checksName = settings.mode === 'verify-full';
  return {
    secureContext: createContext(settings, ca),
    rejectUnauthorized: ca !== undefined,
    checkServerIdentity: (_, certificate) => (checksName ? checkName(hostName, certificate) : undefined),
    host: hostName,
    ...(settings.tellsServerName && isIP(hostName) === 0 ? { servername: hostName } : {}),
  };
}

function createContext(settings: TlsSettings, ca: readonly (string | Buffer)[] | undefined) {
  const { minVersion, maxVersion, keyPassword } = settings;
  const crl = ca === undefined ? undefined : readCrl(settings.crl);
  const login = readClientCertificate(settings);
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(crl === undefined ? {} : { crl }),
      ...(login === undefined ? {} : { ...login, ...(keyPassword === undefined ? {} : { passphrase: keyPassword }) }),
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
    });
  } catch (thrown) {
    throw login === undefined ? badTrust(thrown) : badClientCertificate(settings, thrown);
  }
}

function badTrust(thrown: unknown): WalguardError {
  const said = messageOf(thrown);
  return tlsError(
    `the root certificates or the revocation list cannot be used: ${said}`,
    'Check the files of sslrootcert and sslcrl: both are PEM.',
    thrown,
  );
}

function readRoots({ mode, rootCert, systemBundle }: TlsSettings): readonly (string | Buffer)[] | undefined {
  if (rootCert === 'system') return readSystemRoots(systemBundle);
  const file = rootCert === undefined ? undefined : readFile(rootCert, 'root certificate');
  if (file !== undefined && rootCert !== undefined) return [checkPem(file, rootCert.path)];
  if (mode !== 'verify-ca' && mode !== 'verify-full') return undefined;
  throw tlsError(
    rootCert === undefined
      ? `sslmode=${mode} needs a root certificate, and there is no home directory to look for one`
      : `the root certificate file ${rootCert.path} does not exist, and sslmode=${mode} needs it`,
    'Name the file of your certificate authority with sslrootcert=FILE, or trust what the system trusts with sslmode=verify-full sslrootcert=system.',
  );
}

function readSystemRoots(named: string | undefined): readonly (string | Buffer)[] {
  for (const path of named === undefined ? SYSTEM_BUNDLES : [named]) {
    const file = readFile({ path, named: named !== undefined }, 'root certificate');
    if (file !== undefined) return [checkPem(file, path)];
  }
  if (named === undefined) return rootCertificates;
  throw tlsError(`the root certificate file ${named} does not exist`, 'Correct SSL_CERT_FILE, or unset it.');
}

/** Node takes a file without certificates for one that trusts nobody, and says only that. */
function checkPem({ bytes }: LocalFile, path: string): Buffer {
  if (/-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/.test(bytes.toString('latin1'))) return bytes;
  throw tlsError(`the root certificate file ${path} holds no certificate`, 'Write certificates in PEM into it.');
}

function readCrl(choice: FileChoice | undefined): Buffer | undefined {
  if (choice === undefined) return undefined;
  const file = readFile(choice, 'revocation list');
  if (file === undefined && choice.named)
    throw tlsError(`the revocation list ${choice.path} does not exist`, 'Correct sslcrl, or leave it out.');
  return file?.bytes;
}

function readClientCertificate({ cert, key }: TlsSettings): { cert: Buffer; key: Buffer } | undefined {
  const certificate = cert === undefined ? undefined : readFile(cert, 'client certificate');
  if (cert === undefined || certificate === undefined) return undefined;
  const secret = key === undefined ? undefined : readFile(key, 'client key');
  if (key === undefined || secret === undefined)
    throw tlsError(
      `there is the client certificate ${cert.path}, but not its key ${key?.path ?? '(no home directory)'}`,
      'Name the key with sslkey=FILE, or send no certificate with sslcertmode=disable.',
    );
  // One of root's may be readable by a group: that is how a system shares a key among its services.
  if (isOpenToOthers(secret.stats, secret.stats.uid === 0 ? 0o040 : 0))
    throw tlsError(
      `the client key ${key.path} is open to others than its owner`,
      `chmod 0600 ${key.path} (0640 if root owns it).`,
    );
  return { cert: certificate.bytes, key: secret.bytes };
}

function badClientCertificate({ cert, key }: TlsSettings, thrown: unknown): WalguardError {
  const said = messageOf(thrown);
  const isLocked = /bad decrypt|passphrase|password|interrupted or cancelled/i.test(said);
  return tlsError(
    `the client certificate ${cert?.path} and its key ${key?.path} cannot be used: ${said}`,
    isLocked ? 'Give the password of the key with sslpassword.' : 'Give a certificate and its own key, both in PEM.',
    thrown,
  );
}

function readFile(choice: FileChoice, what: string): LocalFile | undefined {
  try {
    return readLocalFile(choice);
  } catch (thrown) {
    throw tlsError(
      `the ${what} ${choice.path} cannot be read: ${whyUnreadable(thrown)}`,
      'Check sslrootcert, sslcrl, sslcert and sslkey of the connection string, and who may read the files.',
      thrown,
    );
  }
}

/**
 * Node's own check, and beyond it what libpq takes for an address: a DNS name of the same text, or, without any name
 * of that kind, the common name.
 */
function checkName(hostName: string, certificate: PeerCertificate): Error | undefined {
  const refused = checkServerIdentity(hostName, certificate);
  if (refused === undefined || isIP(hostName) === 0) return refused;
  const names = new X509Certificate(certificate.raw).subjectAltName?.split(', ') ?? [];
  if (names.includes(`DNS:${hostName}`)) return undefined;
  const hasAddress = names.some((name) => name.startsWith('IP Address:'));
  return !hasAddress && certificate.subject.CN === hostName ? undefined : refused;
}

function tlsError(message: string, hint: string, cause?: unknown): WalguardError {
  return new WalguardError('TARGET_TLS', message, { hint, cause });
}
