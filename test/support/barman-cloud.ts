import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type PostgresServer, superuser } from '../../servers/index.ts';
import { MOTO_BUCKET, type Moto } from './moto.ts';
import type { S3Key } from './s3-signature.ts';
import { segmentNamesIn } from './wal-archive.ts';

/** The prefix and the server under which all of it lies in the bucket. */
const URL_OF_ALL = `s3://${MOTO_BUCKET}/pg`;
const SERVER = 'main';

/** barman-cloud, which puts backups and WAL of a server into the bucket of moto. */
export interface BarmanCloud {
  /** With more arguments of barman-cloud-backup, as `--gzip`. */
  readonly backUp: (server: PostgresServer, ...args: readonly string[]) => Promise<void>;
  /** What was archived since. */
  readonly pushWal: (server: PostgresServer) => Promise<readonly string[]>;
  readonly pushSegment: (path: string) => Promise<void>;
}

/** How a server lets barman-cloud in. */
export const CLOUD_HBA = [`host all ${superuser} 127.0.0.1/32 trust`];

export function barmanCloudTo(moto: Moto, { id, secret }: S3Key): BarmanCloud {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_DEFAULT_REGION: 'us-east-1' };
  const pushed = new Set<string>();
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    await promisify(execFile)(`barman-cloud-${program}`, [`--endpoint-url=${moto.url}`, ...args], { env });
  };
  const pushSegment = (path: string): Promise<void> => run('wal-archive', [URL_OF_ALL, SERVER, path]);
  return {
    pushSegment,
    async backUp({ port }, ...args) {
      const from = ['--host=127.0.0.1', `--port=${port}`, `--user=${superuser}`, '--immediate-checkpoint'];
      await run('backup', [...from, ...args, URL_OF_ALL, SERVER]);
    },
    async pushWal({ archiveDirectory = '' }) {
      for (const name of await segmentNamesIn(archiveDirectory)) {
        if (pushed.has(name)) continue;
        await pushSegment(join(archiveDirectory, name));
        pushed.add(name);
      }
      return [...pushed].toSorted();
    },
  };
}

/** Lines of a repository in the configuration. */
export function cloudRepository({ url }: Moto): string {
  const bucket = `bucket: ${MOTO_BUCKET}, endpoint: '${url}'`;
  return `archive: {method: s3, ${bucket}, prefix: pg/${SERVER}}
    backups: [{method: barman_cloud, ${bucket}, prefix: pg, server: ${SERVER}}]`;
}
