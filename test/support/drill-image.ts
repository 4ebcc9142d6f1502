import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';

import { waitFor } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import { projectFolder } from '../repo/project.ts';
import { type BuiltImage, buildImage } from './docker-build.ts';
import { DRILL_IMAGE_SCRIPT } from './drill-image-script.ts';
import { checkEngine } from './postgres-image.ts';
import { BUCKET, credentialsOf, type S3Server, startS3Server } from './s3-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** DEBIAN_SID_IMAGE names another. */
const OFFICIAL_IMAGE = 'debian:sid-slim';

/** The newest tools, of Debian's development; Node is that of who runs the tests. */
const dockerfile = (base: string): string => `FROM ${base}
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 PATH=/usr/lib/postgresql/18/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/99valid && apt-get -qq update \\
 && apt-get -qq install -y --no-install-recommends postgresql-common >/dev/null \\
 && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf \\
 && apt-get -qq install -y --no-install-recommends postgresql-18 pgbackrest barman rsync zstd >/dev/null && apt-get clean
RUN install -d -o postgres -g postgres /lab
`;

/** How the container calls the machine that the tests run on. */
const BUCKET_HOST = 'bucket.test';

/** Lines of a repository in the configuration, by what made its backups. */
const REPOSITORIES = {
  pgbackrest: ofTool('method: pgbackrest, stanza: main, config: /lab/pgbackrest.conf'),
  barman: ofTool('method: barman, server: main, path: /lab/barman'),
  blocks: ofTool('method: barman, server: blocks, path: /lab/barman'),
  plain: ofCopies('plain'),
  tar: ofCopies('tar'),
  chain: ofCopies('chain'),
  bucket: `archive: {method: s3, bucket: ${BUCKET}, endpoint: 'http://${BUCKET_HOST}:BUCKET_PORT', prefix: wal/}
    backups: [{method: pg_basebackup, path: /lab/copies/tar}]`,
  dump: 'dumps: [{method: pg_dump, path: /lab/dumps}]',
} as const;

export type ImageRepository = keyof typeof REPOSITORIES;

export interface ImageDrill {
  readonly code: number;
  readonly report: DrillReport;
}

/** What a session that stays open sees of others, since it looked for the first time. */
const WATCH = `SELECT (SELECT sum(sessions) FROM pg_stat_database) || ' sessions, others: ' || count(*)
  FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;
const START_MS = 60_000;

/** Builds the image, and starts a server in it that has backups by every tool; throws with what failed. */
export async function startDrillImage(): Promise<DrillImage> {
  await checkEngine();
  await using folder = await temporaryFolder();
  await folder.write('Dockerfile', dockerfile(process.env['DEBIAN_SID_IMAGE'] ?? OFFICIAL_IMAGE));
  const image = await buildImage(folder.path);
  try {
    const mounted = ['dist', 'node_modules', 'package.json'].map((name) => ({
      source: `${projectFolder}/${name}`,
      target: `/walguard/${name}`,
      mode: 'ro' as const,
    }));
    const container = await new GenericContainer(image.tag)
      .withBindMounts([{ source: process.execPath, target: '/usr/local/bin/node', mode: 'ro' }, ...mounted])
      .withEntrypoint(['sleep', '3600'])
      .withExtraHosts([{ host: BUCKET_HOST, ipAddress: 'host-gateway' }])
      .withWaitStrategy(Wait.forSuccessfulCommand('true'))
      .start();
    return await prepare(new DrillImage(container, image, await startS3Server({ isForContainers: true })));
  } catch (error) {
    await image[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepare(lab: DrillImage): Promise<DrillImage> {
  try {
    await lab.run(DRILL_IMAGE_SCRIPT);
    await lab.fillBucket();
    for (const [name, repository] of Object.entries(REPOSITORIES)) {
      const text = Buffer.from(configuration(repository, lab.bucket)).toString('base64');
      await lab.run(`echo ${text} | base64 -d >/lab/${name}.yml`);
    }
    return lab;
  } catch (error) {
    await lab[Symbol.asyncDispose]();
    throw error;
  }
}

/** A container of PostgreSQL 18 with pgBackRest and Barman, all of them the newest. */
export class DrillImage implements AsyncDisposable {
  readonly #container: StartedTestContainer;
  readonly #image: BuiltImage;
  /** With the WAL of the folder. */
  readonly bucket: S3Server;

  constructor(container: StartedTestContainer, image: BuiltImage, bucket: S3Server) {
    this.#container = container;
    this.#image = image;
    this.bucket = bucket;
  }

  async fillBucket(): Promise<void> {
    await using folder = await temporaryFolder();
    await pipeline(
      await this.#container.copyArchiveFromContainer('/lab/wal'),
      createWriteStream(`${folder.path}/wal.tar`),
    );
    await promisify(execFile)('tar', ['-xf', 'wal.tar'], { cwd: folder.path });
    await this.bucket.putFolder(`${folder.path}/wal`, 'wal/');
  }

  /** Runs a shell command as the server's account; returns what it printed, throws with that when it fails. */
  async run(text: string): Promise<string> {
    const { exitCode, stdout, output } = await this.#container.exec(['bash', '-c', text], { user: 'postgres' });
    if (exitCode !== 0) throw new Error(`In the container, exit code ${exitCode}: ${text}\n${output}`);
    return stdout.trim();
  }

  /** Runs a drill; a check counts the rows of t. Throws if there is no report, or anything is left of it. */
  async drill(repository: ImageRepository, to: string): Promise<ImageDrill> {
    const command = `cd /; node /walguard/dist/main.js drill --config.file=/lab/${repository}.yml --json --to='${to}'`;
    const options = { user: 'postgres', env: { ...credentialsOf() } };
    const { exitCode, stdout, stderr } = await this.#container.exec(['bash', '-c', command], options);
    if (stdout === '') throw new Error(`There is no report. It wrote:\n${stderr}`);
    const left = await this.run('ls -A /lab/drills | grep -v reports || true');
    if (left !== '') throw new Error(`The drill left ${left}.`);
    return { code: exitCode, report: JSON.parse(stdout) as DrillReport };
  }

  /** Of each file that backups and WAL are kept in, and each folder. */
  async contents(): Promise<readonly string[]> {
    const kept = '/lab/wal /lab/repo /lab/copies /lab/dumps /lab/barman/*/base /lab/barman/*/wals';
    const list = await this.run(`find ${kept} | sort; find ${kept} -type f -print0 | sort -z | xargs -0 sha256sum`);
    return list.split('\n');
  }

  /** Has a session look at the others five times a second from now on, once all is quiet. */
  async watch(): Promise<void> {
    const text = Buffer.from(`SELECT pg_stat_force_next_flush();\n${WATCH}\n\\watch 0.2\n`).toString('base64');
    await this.run(`echo ${text} | base64 -d >/lab/watch.sql`);
    await this.run('psql -XAtq -h /lab -d postgres -f /lab/watch.sql >/lab/watched 2>&1 </dev/null &');
    await waitFor('the server to be quiet', async () => isQuiet(await this.#looks()), START_MS);
    await this.run('tail -n 1 /lab/watched >/lab/watched.first; wc -l </lab/watched >/lab/watched.count');
  }

  /** What it saw meanwhile, each once, and at the beginning first. */
  async watched(): Promise<readonly string[]> {
    const count = Number(await this.run('cat /lab/watched.count'));
    return [...new Set([await this.run('cat /lab/watched.first'), ...(await this.#looks()).slice(count)])];
  }

  async #looks(): Promise<readonly string[]> {
    const text = await this.run('cat /lab/watched');
    return text.split('\n').filter((line) => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bucket[Symbol.asyncDispose]();
    await this.#container.stop({ timeout: 0 });
    await this.#image[Symbol.asyncDispose]();
  }
}

/** Statistics of who left a moment ago come late. */
function isQuiet(looks: readonly string[]): boolean {
  return looks.length >= 5 && new Set(looks.slice(-5)).size === 1;
}

function configuration(repository: string, { url }: S3Server): string {
  return `repositories:
  main:
    pending_after: 1s
    ${repository.replace('BUCKET_PORT', new URL(url).port)}
    drill: {checks: [{name: rows, sql: SELECT count(*) FROM t, at_least: 0}]}
drills: {directory: /lab/drills, reports: /lab/drills/reports, priority: normal}
`;
}

function ofTool(source: string): string {
  return `archive: {${source}}\n    backups: [{${source}}]`;
}

function ofCopies(name: string): string {
  return `archive: {method: directory, path: /lab/wal}\n    backups: [{method: pg_basebackup, path: /lab/copies/${name}}]`;
}
