import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { listProjectFiles, projectFolder } from '../repo/project.ts';
import { buildProjectImage, docker } from './docker-build.ts';
import { ALERTMANAGER_IMAGE, PROMETHEUS_IMAGE, type UsableImage, usableImage } from './program-image.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** For an image of PostgreSQL, made where the official one cannot be had, whose password is a variable. */
const PLAIN_PASSWORD =
  'services: {db: {environment: {POSTGRES_PASSWORD_FILE: !reset null, POSTGRES_PASSWORD: secret}}}\n';

/** Changes the text of files below a folder of the copy, by their paths. */
export type Change = (path: string, text: string) => string;

/** The images that the file names, as they can be had here. */
export interface StackImages extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
}

/** Builds walguard's image, and those of Prometheus and Alertmanager where the official ones cannot be had. */
export async function stackImages(baseImage: string): Promise<StackImages> {
  const made: AsyncDisposable[] = [];
  const dispose = async (): Promise<void> => {
    for (const image of made.splice(0)) await image[Symbol.asyncDispose]();
  };
  const tagOf = async (image: Promise<UsableImage>): Promise<string> => {
    const usable = await image;
    made.push(usable);
    return usable.tag;
  };
  try {
    const postgres = await postgresImage();
    const environment = {
      POSTGRES_IMAGE: postgres,
      POSTGRES_GID: (await runIn(postgres, 'id', '-g', 'postgres')).trim(),
      WALGUARD_IMAGE: await tagOf(buildProjectImage({ NODE_IMAGE: baseImage })),
      PROMETHEUS_IMAGE: await tagOf(usableImage(PROMETHEUS_IMAGE, baseImage)),
      ALERTMANAGER_IMAGE: await tagOf(usableImage(ALERTMANAGER_IMAGE, baseImage)),
    };
    return { environment, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What deploy/compose/compose.yaml starts, from a copy of the files that it names, at ports that are free. */
export class ComposeStack implements AsyncDisposable {
  readonly name: string;
  readonly #folder: TemporaryFolder;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(folder: TemporaryFolder, environment: Readonly<Record<string, string>>) {
    this.name = `walguard-test-${randomBytes(4).toString('hex')}`;
    this.#folder = folder;
    this.#environment = environment;
  }

  get home(): string {
    return join(this.#folder.path, 'deploy/compose');
  }

  /** What `docker compose ARGUMENTS` writes to its standard output; throws, with all it wrote, when it fails. */
  async compose(...args: readonly string[]): Promise<string> {
    const [program = '', ...words] = (process.env['DOCKER_COMPOSE'] ?? 'docker compose').split(' ');
    const ports = { WALGUARD_PORT: '0', PROMETHEUS_PORT: '0', ALERTMANAGER_PORT: '0', GRAFANA_PORT: '0' };
    const { stdout } = await run(program, [...words, `--project-name=${this.name}`, ...args], {
      cwd: this.home,
      env: { ...process.env, ...ports, ...this.#environment },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }

  /** Starts services and waits until they are healthy; throws with the end of their logs. */
  async start(services: readonly string[]): Promise<void> {
    try {
      await this.compose('up', '--detach', '--wait', '--quiet-pull', ...services);
    } catch (error) {
      const logs = await this.compose('logs', '--no-color', '--tail=15');
      throw new Error(`Not all of ${services.join(', ')} became healthy:\n${logs}`, { cause: error });
    }
  }

  /** Runs a command in a service's container, by a shell: what it wrote. */
  async shell(service: string, command: string): Promise<string> {
    return await this.compose('exec', '--no-TTY', service, 'sh', '-c', command);
  }

  /** The address of a service's port on this machine, `127.0.0.1:PORT`. */
  async address(service: string, port: number): Promise<string> {
    return (await this.compose('port', service, String(port))).trim();
  }

  /** Everything that the engine has of it: containers, volumes, networks. */
  async remains(): Promise<readonly string[]> {
    const filter = `--filter=label=com.docker.compose.project=${this.name}`;
    const kinds = [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ];
    const lists = await Promise.all(kinds.map((kind) => docker([...kind, '--quiet', filter])));
    return lists.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--volumes', '--timeout=0');
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Copies what compose.yaml needs, changed as the test wants it, and makes the secrets; starts nothing. */
export async function prepareStack(
  environment: Readonly<Record<string, string>>,
  change: Change = (_path, text) => text,
): Promise<ComposeStack> {
  const folder = await temporaryFolder();
  for (const path of listProjectFiles().filter((each) => /^(?:deploy\/compose|prometheus|grafana)\//.test(each))) {
    const copy = join(folder.path, path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(projectFolder, path), copy);
    if (path.endsWith('.yml')) await writeFile(copy, change(path, await readFile(copy, 'utf8')));
  }
  const stack = new ComposeStack(folder, environment);
  if (!(await readsPasswordFile(environment['POSTGRES_IMAGE'] ?? '')))
    await folder.write('deploy/compose/compose.override.yaml', PLAIN_PASSWORD);
  await run('sh', ['make-secrets'], { cwd: stack.home });
  return stack;
}

/** Images made where the official ones cannot be had all have the client programs of 15, which copy no newer server. */
async function postgresImage(): Promise<string> {
  const version = await runIn('postgres:18', 'pg_basebackup', '--version');
  return / 18\./.test(version) ? 'postgres:18' : 'postgres:15';
}

/** Whether the image of PostgreSQL has the official entry point. */
async function readsPasswordFile(image: string): Promise<boolean> {
  return (await runIn(image, 'cat', '/usr/local/bin/docker-entrypoint.sh')).includes('file_env');
}

/** What a program of an image writes. */
async function runIn(image: string, program: string, ...args: readonly string[]): Promise<string> {
  return (await docker(['run', '--rm', `--entrypoint=${program}`, image, ...args])).stdout;
}
