import { join } from 'node:path';

import { WalguardError } from '../core/error.ts';

/** What is where in the folder of a drill. The guardian knows the data directory by its name. */
export interface DrillLayout {
  readonly root: string;
  readonly data: string;
  readonly tablespaces: string;
  readonly scratch: string;
  readonly socket: string;
  readonly config: string;
}

const LONGEST_SOCKET_BYTES = 107;

/** @throws DRILL_FOLDER if a socket in it had too long a path */
export function layOut(root: string): DrillLayout {
  const socket = join(root, 's');
  const longest = Buffer.byteLength(join(socket, '.s.PGSQL.5432.lock'));
  if (longest > LONGEST_SOCKET_BYTES) {
    const message = `${root} is too long a path for the socket of a server: ${longest} bytes with its name, ${LONGEST_SOCKET_BYTES} at most`;
    throw new WalguardError('DRILL_FOLDER', message, {
      hint: 'Let drills.directory name a folder with a shorter path.',
    });
  }
  const inside = (name: string): string => join(root, name);
  return {
    root,
    data: inside('data'),
    tablespaces: inside('tablespaces'),
    scratch: inside('scratch'),
    socket,
    config: inside('config'),
  };
}
