import { type Agent, request as plainRequest } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** How to ask a walguard that is protected. */
export interface Asking extends Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'minVersion' | 'maxVersion' | 'ciphers'> {
  /** `user:password`. */
  readonly auth?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** One that keeps its connection. */
  readonly agent?: Agent;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** The name in the certificate that was shown; undefined without TLS. */
  readonly shown: string | undefined;
  readonly suite: string | undefined;
}

/** Asks over a connection of its own, unless an agent is given. Rejects if there is no whole answer. */
export function ask(url: string, { headers = {}, ...asking }: Asking = {}): Promise<Answered> {
  const send = url.startsWith('https:') ? request : plainRequest;
  return new Promise((resolve, reject) => {
    const asked = send(url, { agent: false, headers: { ...headers }, ...asking }, (response) => {
      const chunks: Buffer[] = [];
      const socket = response.socket as TLSSocket;
      const isTls = 'getCipher' in socket;
      const shown = isTls ? socket.getPeerCertificate().subject.CN : undefined;
      const suite = isTls ? socket.getCipher().standardName : undefined;
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, shown: String(shown), suite });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The status, or `refused` if there is no answer. */
export async function statusOf(url: string, asking: Asking = {}): Promise<number | 'refused'> {
  return await ask(url, asking).then(
    ({ status }) => status,
    () => 'refused',
  );
}
