import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, serverAccount } from './account.ts';
import { runnableBinaries } from './binary-copy.ts';
import type { Major } from './binaries.ts';
import { Reaper } from './reaper.ts';
import { removeSharedMemory } from './shared-memory.ts';

/** Everything fixed about one server: where its parts lie and as whom it runs. */
export interface Cluster {
  readonly major: Major;
  readonly binDirectory: string;
  /** undefined: this process's own. */
  readonly account: Account | undefined;
  /** Holds all that follows, and is removed with the server. */
  readonly directory: string;
  readonly dataDirectory: string;
  readonly socketDirectory: string;
  readonly logFile: string;
  readonly superuserPassword: string;
  readonly reaper: Reaper;
}

/** Room for `/socket/.s.PGSQL.32767` in the 104 bytes that macOS gives a socket's path (Linux: 108). */
const longestDirectoryBytes = 80;

/**
 * Makes the folders of a new server, empty; `superuserPassword` is that of the server to be copied, if any.
 * Throws what `runnableBinaries` throws, and when the temporary folder has too long a name for a socket.
 */
export async function createCluster(
  major: Major,
  superuserPassword = randomBytes(12).toString('hex'),
): Promise<Cluster> {
  const account = await serverAccount();
  const binaries = await runnableBinaries(major);
  const directory = await mkdtemp(join(await realpath(tmpdir()), `walguard-pg${major}-`));
  const reaper = new Reaper(directory);
  const cluster: Cluster = {
    major,
    binDirectory: join(binaries, 'bin'),
    account,
    directory,
    dataDirectory: join(directory, 'data'),
    socketDirectory: join(directory, 'socket'),
    logFile: join(directory, 'log'),
    superuserPassword,
    reaper,
  };
  try {
    if (Buffer.byteLength(directory) > longestDirectoryBytes) {
      throw new Error(`${directory} is too long a name for a folder with a socket in it: set TMPDIR to a shorter one.`);
    }
    await chmod(directory, 0o711);
    await makeServerDirectory(cluster, cluster.socketDirectory);
    return cluster;
  } catch (error) {
    await removeCluster(cluster);
    throw error;
  }
}

/** Makes a folder that only the server's account can enter. */
export async function makeServerDirectory(cluster: Cluster, path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await giveToServer(cluster, path);
}

/** Makes the server's account the owner of a file or folder. */
export async function giveToServer(cluster: Cluster, path: string): Promise<void> {
  if (cluster.account !== undefined) await chown(path, cluster.account.uid, cluster.account.gid);
}

/** Removes all that a server which does not run has left behind. */
export async function removeCluster(cluster: Cluster): Promise<void> {
  await removeSharedMemory(cluster.dataDirectory);
  await rm(cluster.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  cluster.reaper.release();
}
