import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type PostgresServer, superuser } from '../../servers/index.ts';

export interface WalClientOptions {
  /** Its application_name. */
  readonly name: string;
  /** A logical slot, decoded by pgoutput; by default it streams physical WAL without a slot. */
  readonly logicalSlot?: string;
  /** The position it confirms as written and flushed; nothing is ever replayed. */
  readonly confirmed: string;
  /** Confirms it as flushed too, as `pg_receivewal --synchronous` does. */
  readonly flushes?: boolean;
}

/** A client that receives WAL and is no standby, as pg_receivewal: over the socket, by the replication protocol. */
export async function startWalClient(server: PostgresServer, options: WalClientOptions): Promise<AsyncDisposable> {
  const socket = connect(join(server.socketDirectory, `.s.PGSQL.${server.port}`));
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => (received = Buffer.concat([received, chunk])));
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(startupMessage(options));
  await until(socket, () => hasMessage(received, 'Z'));
  const command =
    options.logicalSlot === undefined
      ? `START_REPLICATION PHYSICAL ${options.confirmed}`
      : `START_REPLICATION SLOT ${options.logicalSlot} LOGICAL 0/0 (proto_version '1', publication_names 'none')`;
  socket.write(message('Q', Buffer.from(`${command}\0`)));
  await until(socket, () => hasMessage(received, 'W'));
  socket.write(message('d', statusUpdate(options)));
  return {
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

/** Message formats: manual, "Frontend/Backend Protocol". */
function startupMessage({ name, logicalSlot }: WalClientOptions): Buffer {
  const parameters = {
    user: superuser,
    database: superuser,
    replication: logicalSlot === undefined ? 'true' : 'database',
    application_name: name,
  };
  const text = Object.entries(parameters).flat().join('\0');
  const body = Buffer.from(`\0\u0003\0\0${text}\0\0`, 'latin1');
  return Buffer.concat([int32(body.length + 4), body]);
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

/** Written, flushed and replayed positions, the clock, and no wish for an answer. */
function statusUpdate({ confirmed, flushes }: WalClientOptions): Buffer {
  const [high = '', low = ''] = confirmed.split('/');
  const update = Buffer.alloc(34);
  update.write('r', 0);
  const position = (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
  update.writeBigUInt64BE(position, 1);
  update.writeBigUInt64BE(flushes === true ? position : 0n, 9);
  const microsecondsSince2000 = BigInt(Date.now() - Date.UTC(2000)) * 1_000n;
  update.writeBigInt64BE(microsecondsSince2000, 25);
  return update;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function hasMessage(received: Buffer, type: string): boolean {
  for (let at = 0; at + 5 <= received.length; at += 1 + received.readInt32BE(at + 1)) {
    const found = String.fromCharCode(received[at] ?? 0);
    if (found === 'E') throw new Error(`The server refused to replicate: ${received.toString('latin1', at + 5)}`);
    if (found === type) return true;
  }
  return false;
}

async function until(socket: Socket, arrived: () => boolean): Promise<void> {
  while (!arrived()) await once(socket, 'data');
}
