import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

import type { TextRows } from '../../servers/index.ts';

/** Starts a TCP proxy before a server of 127.0.0.1. */
export async function startSessionProbe(serverPort: number): Promise<SessionProbe> {
  const server = createServer();
  const probe = new SessionProbe(server, serverPort);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return probe;
}

/**
 * A proxy that knows where messages end: it can run queries of its own in the sessions that go through it, as a pooler's
 * next client would, stop a pipeline of queries after the first, and break it at its beginning.
 */
export class SessionProbe implements AsyncDisposable {
  readonly #server: Server;
  readonly #sessions = new Set<ProbedSession>();

  constructor(server: Server, serverPort: number) {
    this.#server = server;
    server.on('connection', (client) => {
      const session = new ProbedSession(client, connect({ port: serverPort, host: '127.0.0.1' }));
      this.#sessions.add(session);
      client.on('close', () => this.#sessions.delete(session));
    });
  }

  /** Where clients connect, on 127.0.0.1. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Runs one statement in every open session, none of which may be in use: the rows of each. */
  async ask(sql: string): Promise<readonly TextRows[]> {
    return await Promise.all([...this.#sessions].map((session) => session.ask(sql)));
  }

  /** Lets one more message of each open session pass, and holds back what follows it. */
  holdAfterFirst(): void {
    for (const session of this.#sessions) session.holdAfterFirst();
  }

  /** Sessions whose first message was answered and whose further ones are held back. */
  get heldSessions(): number {
    return [...this.#sessions].filter((session) => session.isHeld).length;
  }

  /** Breaks each open session as soon as its client speaks: one that went away unnoticed. */
  breakAtNextWord(): void {
    for (const session of this.#sessions) session.breaksAtNextWord = true;
  }

  /** Lets pass what was held back, and all that follows. */
  letGo(): void {
    for (const session of this.#sessions) session.letGo();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

class ProbedSession {
  breaksAtNextWord = false;
  readonly #client: Socket;
  readonly #upstream: Socket;
  #answer: ((chunk: Buffer) => void) | undefined;
  /** What the client sent since it is to be held back; undefined while it is not. */
  #sent: Buffer | undefined;
  /** How much of that went on: nothing yet, or the first message. */
  #passed = 0;
  #isAnswered = false;

  constructor(client: Socket, upstream: Socket) {
    this.#client = client;
    this.#upstream = upstream;
    client.on('data', (chunk) => this.#fromClient(chunk));
    upstream.on('data', (chunk) => {
      this.#isAnswered = true;
      if (this.#answer === undefined) client.write(chunk);
      else this.#answer(chunk);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('close', () => other.destroy());
      socket.on('error', () => other.destroy());
    }
  }

  ask(sql: string): Promise<TextRows> {
    return new Promise((resolve) => {
      let received = Buffer.alloc(0);
      this.#answer = (chunk) => {
        received = Buffer.concat([received, chunk]);
        const messages = splitMessages(received);
        if (messages.at(-1)?.type !== 'Z') return;
        this.#answer = undefined;
        resolve(messages.filter(({ type }) => type === 'D').map(({ body }) => readCells(body)));
      };
      const text = Buffer.from(`${sql}\0`, 'utf8');
      const head = Buffer.from('Q\0\0\0\0', 'latin1');
      head.writeInt32BE(text.length + 4, 1);
      this.#upstream.write(Buffer.concat([head, text]));
    });
  }

  get isHeld(): boolean {
    return this.#passed > 0 && this.#isAnswered && this.#passed < (this.#sent?.length ?? 0);
  }

  holdAfterFirst(): void {
    this.#sent = Buffer.alloc(0);
    this.#passed = 0;
  }

  letGo(): void {
    if (this.#sent !== undefined) this.#upstream.write(this.#sent.subarray(this.#passed));
    this.#sent = undefined;
  }

  #fromClient(chunk: Buffer): void {
    if (this.breaksAtNextWord) {
      this.#client.resetAndDestroy();
      return;
    }
    if (this.#sent === undefined) {
      this.#upstream.write(chunk);
      return;
    }
    this.#sent = Buffer.concat([this.#sent, chunk]);
    if (this.#passed > 0 || splitMessages(this.#sent).length === 0) return;
    this.#passed = 1 + this.#sent.readInt32BE(1);
    this.#isAnswered = false;
    this.#upstream.write(this.#sent.subarray(0, this.#passed));
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }
}

interface Message {
  readonly type: string;
  readonly body: Buffer;
}

/** The complete messages of a stream: a letter, a length that counts itself, a body. */
function splitMessages(bytes: Buffer): readonly Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push({ type: String.fromCharCode(bytes[at] ?? 0), body: bytes.subarray(at + 5, end) });
    at = end;
  }
  return messages;
}

/** The cells of a DataRow: their number, then length and text of each; a length of -1 is NULL. */
function readCells(body: Buffer): readonly (string | null)[] {
  const cells: (string | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    cells.push(length < 0 ? null : body.toString('utf8', at + 4, at + 4 + length));
    at += 4 + Math.max(0, length);
  }
  return cells;
}
