import { readdirSync, readlinkSync, readFileSync } from 'node:fs';

import { waitFor } from '../../servers/index.ts';
import type { Walguard } from './walguard.ts';

const ESTABLISHED_BEFORE_CLOSED = new Set(['01', '03', '04', '05', '08', '09', '0B']);

/** Waits until so many connections to its port are left in walguard. It cannot be seen but on Linux. */
export async function openConnections(walguard: Walguard, expected: number): Promise<void> {
  if (process.platform !== 'linux') return;
  await waitFor(`${expected} connections to be left`, () => countOf(walguard) === expected, 30_000);
}

/** Sockets of the process that stand in the system's table with its port. */
function countOf({ pid, port }: Walguard): number {
  const hexPort = (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    if (local.endsWith(`:${hexPort}`) && ESTABLISHED_BEFORE_CLOSED.has(state)) inodes.add(`socket:[${inode}]`);
  }
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => inodes.has(linkOf(`${folder}/${fd}`))).length;
}

/** Empty if it is closed by now. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
