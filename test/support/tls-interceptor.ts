import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';

import type { Issued } from './certificates.ts';

/** Length 8 and the code by which a client asks for TLS. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Stands between a client and a server of PostgreSQL: takes off the TLS of the one and speaks TLS to the other, with a
 * certificate of its own, and hands on every byte.
 */
export async function startInterceptor(serverPort: number, own: Issued): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    sockets.add(client);
    const server = connect(serverPort, '127.0.0.1');
    sockets.add(server);
    for (const socket of [client, server]) socket.on('error', () => [client, server].map((end) => end.destroy()));
    client.once('data', () => {
      server.write(SSL_REQUEST);
      server.once('data', () => {
        const toServer = connectTls({ socket: server, rejectUnauthorized: false });
        client.write('S');
        const toClient = new TLSSocket(client, { isServer: true, cert: own.certificate, key: own.key });
        for (const socket of [toClient, toServer])
          socket.on('error', () => [toClient, toServer].map((end) => end.destroy()));
        toClient.pipe(toServer).pipe(toClient);
      });
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
