import { createServer, type Server, type TLSSocket } from 'node:tls';

import { WalguardError, WalguardErrors } from '../../core/error.ts';
import type { TlsServerConfig } from '../../config/web-config.ts';

/** Far above what a handshake over any line takes; who sends nothing holds a connection no longer. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Makes TLS of connections that are handed to it by `emit('connection', socket)`; it listens on nothing itself, so that
 * another one takes its place for new connections when the configuration has changed.
 *
 * @param accept is given each connection whose client may ask
 * @throws WalguardErrors with CONFIG_BAD_VALUE for what OpenSSL does not take
 */
export function createTlsFront(config: TlsServerConfig, file: string, accept: (socket: TLSSocket) => void): Server {
  const { cert, key, ca, ciphers, ecdhCurve, minVersion, maxVersion, honorCipherOrder, clientAuth } = config;
  try {
    const front = createServer({
      cert,
      key,
      minVersion,
      maxVersion,
      honorCipherOrder,
      ...(ca === undefined ? {} : { ca }),
      ...(ciphers === undefined ? {} : { ciphers }),
      ...(ecdhCurve === undefined ? {} : { ecdhCurve }),
      requestCert: clientAuth !== 'NoClientCert',
      rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      ALPNProtocols: ['http/1.1'],
    });
    front.on('secureConnection', (socket) => (mayAsk(config, socket) ? accept(socket) : socket.destroy()));
    // A client that fails has been told by TLS itself, and is no news: anybody can be one.
    front.on('tlsClientError', (_error, socket) => socket.destroy());
    return front;
  } catch {
    throw new WalguardErrors([
      new WalguardError('CONFIG_BAD_VALUE', 'tls_server_config cannot be used', {
        where: { file },
        hint: 'Give a certificate, a key and suites that fit each other and this OpenSSL.',
      }),
    ]);
  }
}

function mayAsk({ clientAuth, allowedSans }: TlsServerConfig, socket: TLSSocket): boolean {
  const given = socket.getPeerX509Certificate();
  if (given === undefined) return !clientAuth.startsWith('Require');
  if (clientAuth === 'VerifyClientCertIfGiven' && !socket.authorized) return false;
  if (allowedSans === undefined) return true;
  return readSans(given.subjectAltName).some((name) => allowedSans.includes(name));
}

/** The names in a certificate, as Node writes them down: `DNS:a, IP Address:127.0.0.1, URI:"spiffe://a, b"`. */
function readSans(text: string | undefined): readonly string[] {
  const entries = (text ?? '').matchAll(/(DNS|email|IP Address|URI):(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:, |$)/gy);
  return Array.from(entries, ([, , quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : (JSON.parse(`"${quoted}"`) as string),
  );
}
