import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

/** The server showed its own certificate, and wants to see one. */
export const NO_CERTIFICATE = 'with the wish for a certificate';

/**
 * Asks the walguard of this machine for its health: the status, or NO_CERTIFICATE. Nothing that is secret is sent, so
 * whose certificate it is does not matter, and that it is not one for 127.0.0.1 either.
 *
 * @throws what the system says if there is no answer in time
 */
export function askHealth(url: string, timeoutMs: number): Promise<number | string> {
  const request = url.startsWith('https:') ? requestTls : requestPlain;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    let isShown = false;
    const asked = request(url, { rejectUnauthorized: false, agent: false, signal }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('socket', (socket) => socket.once('secureConnect', () => (isShown = true)));
    asked.on('error', (error) => (wantsCertificate(error, isShown) ? resolve(NO_CERTIFICATE) : reject(error)));
    asked.end();
  });
}

/** With TLS 1.3 the client is told after its own handshake, or the connection just ends; with 1.2 in the handshake. */
function wantsCertificate(error: Error, isShown: boolean): boolean {
  if (error.name === 'AbortError') return false;
  return isShown || /alert (handshake failure|certificate required)/.test(error.message);
}
