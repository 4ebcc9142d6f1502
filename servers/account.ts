import { readFile } from 'node:fs/promises';

/** An operating system account, by its numbers. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account that servers run under; undefined means this process's own.
 *
 * PostgreSQL refuses uid 0, and initdb wants an account with a name, so root borrows `nobody`. Throws when root finds
 * no such account.
 */
export async function serverAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readFile('/etc/passwd', 'utf8');
  const fields = accounts
    .split('\n')
    .find((line) => line.startsWith('nobody:'))
    ?.split(':');
  const uid = Number(fields?.[2]);
  const gid = Number(fields?.[3]);
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(
      'PostgreSQL does not run as root, and /etc/passwd has no account "nobody" to run it under: use an ordinary user.',
    );
  }
  return { uid, gid };
}
