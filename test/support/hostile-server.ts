import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Something on 127.0.0.1 that is no PostgreSQL, or one that means no good. */
export interface HostileServer extends AsyncDisposable {
  readonly port: number;
  /** Connections that are still open. */
  readonly open: () => number;
  /** Says the same on all of them: where nobody holds the other end any more, that breaks them. */
  readonly sayToAll: (bytes: Buffer) => void;
}

/** A message of the protocol: its type and its body. */
export function message(type: string, ...body: readonly (number | string)[]): Buffer {
  const bytes = Buffer.concat(
    body.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : Buffer.from(int32(part)))),
  );
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(number);
  return bytes;
}

/** Starts a server that answers each piece a client sends as `answer` says, and never hangs up by itself. */
export async function startHostileServer(answer: (piece: Buffer, socket: Socket) => void): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (piece) => answer(piece, socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    open: () => sockets.size,
    sayToAll(bytes) {
      for (const socket of sockets) socket.write(bytes);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
