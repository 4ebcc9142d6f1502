import { type HostileServer, message, startHostileServer } from './hostile-server.ts';

const CLEARTEXT = 3;

/** A server that is no PostgreSQL: it asks every client for its password in the clear, and keeps what it gets. */
export interface PasswordTrap extends HostileServer {
  /** What clients said: `user NAME`, `password SECRET`. */
  readonly heard: readonly string[];
}

export async function startPasswordTrap(): Promise<PasswordTrap> {
  const heard: string[] = [];
  const server = await startHostileServer((piece, socket) => {
    const text = piece.toString('latin1');
    if (piece.length === 8) return void socket.write('N');
    if (text.startsWith('p')) return void heard.push(`password ${text.slice(5).replace(/\0$/, '')}`);
    const [, user] = /user\0([^\0]*)\0/.exec(text) ?? [];
    if (user === undefined) return undefined;
    heard.push(`user ${user}`);
    return void socket.write(message('R', CLEARTEXT));
  });
  return Object.assign(server, { heard });
}
