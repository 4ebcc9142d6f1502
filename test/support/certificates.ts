import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, both in PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  /** For the subjectAltName: addresses of IPv4, and DNS names, which `DNS:` may precede; none by default. */
  readonly names?: readonly string[];
}

/** A certificate authority that lives as long as the test. Node has no way to make certificates, so DER is written here. */
export interface Authority {
  readonly certificate: string;
  readonly issue: (subject: Subject) => Issued;
  /** The list of what was revoked, in PEM. */
  readonly revoke: (revoked: Issued) => string;
}

/** Makes a self-signed authority of this name. */
export function createAuthority(name: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = distinguishedName(name);
  const serials = new Map<string, Buffer>();
  const certify = (subject: Subject, publicKey: KeyObject, isAuthority: boolean): string => {
    const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
    const body = sequence(
      explicit(0, integer(Buffer.from([2]))),
      integer(serial),
      SIGNATURE_ALGORITHM,
      issuer,
      sequence(time(-86_400), time(86_400)),
      distinguishedName(subject.commonName),
      publicKey.export({ type: 'spki', format: 'der' }),
      explicit(3, sequence(...extensions(subject, isAuthority))),
    );
    const pem = toPem('CERTIFICATE', signed(body, keys.privateKey));
    serials.set(pem, serial);
    return pem;
  };
  return {
    certificate: certify({ commonName: name }, keys.publicKey, true),
    issue(subject) {
      const own = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const certificate = certify(subject, own.publicKey, false);
      return { certificate, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    },
    revoke({ certificate }) {
      const serial = serials.get(certificate) ?? Buffer.alloc(1);
      const entry = sequence(integer(serial), time(-3_600));
      const body = sequence(
        integer(Buffer.from([1])),
        SIGNATURE_ALGORITHM,
        issuer,
        time(-3_600),
        time(86_400),
        sequence(entry),
      );
      return toPem('X509 CRL', signed(body, keys.privateKey));
    },
  };
}

function extensions({ names = [] }: Subject, isAuthority: boolean): readonly Buffer[] {
  if (isAuthority) return [extension(BASIC_CONSTRAINTS, sequence(element(0x01, Buffer.from([0xff]))))];
  if (names.length === 0) return [extension(BASIC_CONSTRAINTS, sequence())];
  const alternatives = names.map((name) =>
    /^[\d.]+$/.test(name)
      ? element(0x87, Buffer.from(name.split('.').map(Number)))
      : element(0x82, Buffer.from(name.replace(/^DNS:/, ''))),
  );
  return [extension(SUBJECT_ALT_NAME, sequence(...alternatives))];
}

const COMMON_NAME = objectId('550403');
const BASIC_CONSTRAINTS = objectId('551d13');
const SUBJECT_ALT_NAME = objectId('551d11');
/** ecdsa-with-SHA256 */
const SIGNATURE_ALGORITHM = sequence(objectId('2a8648ce3d040302'));

function signed(body: Buffer, key: KeyObject): Buffer {
  return sequence(
    body,
    SIGNATURE_ALGORITHM,
    element(0x03, Buffer.concat([Buffer.alloc(1), sign('sha256', body, key)])),
  );
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, element(0x04, value));
}

function distinguishedName(name: string): Buffer {
  return sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from(name)))));
}

function time(secondsFromNow: number): Buffer {
  const text = new Date(Date.now() + secondsFromNow * 1_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return element(0x18, Buffer.from(text));
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

function explicit(tag: number, content: Buffer): Buffer {
  return element(0xa0 + tag, content);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

function element(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
