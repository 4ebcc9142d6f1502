/**
 * The bare client: sends the very messages of walguard over as many connections and throws away what comes. Its parent
 * tells it where to connect and what to send; on each further message it does so once and answers how long it took, ms.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The first message of the parent. */
export interface FloorOrder {
  readonly port: number;
  readonly user: string;
  /** The messages of each connection. */
  readonly said: readonly Uint8Array[];
}

const QUERY = 'Q'.charCodeAt(0);
const READY = 'Z'.charCodeAt(0);
const HEADER_BYTES = 5;
const PROTOCOL_3 = 3 << 16;

const [order] = (await once(process, 'message')) as [FloorOrder];
const lanes = await Promise.all(order.said.map(openLane));
process.on('message', () => void replay());
process.send?.('ready');

async function replay(): Promise<void> {
  const started = performance.now();
  await Promise.all(lanes.map((run) => run()));
  process.send?.(performance.now() - started);
}

/** Logs in over a connection of its own, which the server trusts; the result sends all and waits for the last answer. */
async function openLane(said: Uint8Array): Promise<() => Promise<void>> {
  const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const answered = countAnswers(socket);
  const loggedIn = answered(1);
  socket.write(startupMessage(order.user));
  await loggedIn;
  const queries = countQueries(Buffer.from(said));
  return async () => {
    const done = answered(queries);
    socket.write(said);
    await done;
  };
}

function startupMessage(user: string): Buffer {
  const text = Buffer.from(`user\0${user}\0database\0postgres\0client_encoding\0UTF8\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(text.length + 8, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, text]);
}

function countQueries(messages: Buffer): number {
  let queries = 0;
  for (let at = 0; at < messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    if (messages[at] === QUERY) queries++;
  }
  return queries;
}

/** Reads the headers of messages and nothing else; the result waits until the server was ready so many times more. */
function countAnswers(socket: Socket): (wanted: number) => Promise<void> {
  let header: Uint8Array = Buffer.alloc(0);
  let bodyBytes = 0;
  let left = 0;
  let resolve = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length) {
      const skipped = Math.min(bodyBytes, chunk.length - at);
      bodyBytes -= skipped;
      at += skipped;
      const taken = chunk.subarray(at, at + HEADER_BYTES - header.length);
      if (taken.length === 0) return;
      const whole = Buffer.concat([header, taken]);
      header = whole;
      at += taken.length;
      if (header.length < HEADER_BYTES) return;
      bodyBytes = whole.readInt32BE(1) - 4;
      if (header[0] === READY && --left === 0) resolve();
      header = Buffer.alloc(0);
    }
  });
  return (wanted) => {
    left = wanted;
    return new Promise((settle) => (resolve = settle));
  };
}
