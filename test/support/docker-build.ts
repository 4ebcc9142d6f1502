import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, copyFile, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { listProjectFiles, projectFolder } from '../repo/project.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

/** What the engine's client takes from the environment by itself, but not into a build. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

/** An image that is gone once disposed of; what the build kept for the next one stays. */
export class BuiltImage implements AsyncDisposable {
  readonly tag: string;
  /** Everything the build wrote. */
  readonly log: string;

  constructor(tag: string, log: string) {
    this.tag = tag;
    this.log = log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker(['rmi', '--force', this.tag]);
  }
}

/**
 * Builds the image of the project from what a fresh clone has: the tracked files, and new ones that are not ignored.
 *
 * The package registry's settings of who runs the tests go along as secrets, certificates too.
 */
export async function buildProjectImage(buildArgs: Readonly<Record<string, string>>): Promise<BuiltImage> {
  await using clone = await temporaryFolder();
  for (const path of listProjectFiles()) {
    const copy = join(clone.path, path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(projectFolder, path), copy);
  }
  const args = Object.entries(buildArgs).map(([name, value]) => `--build-arg=${name}=${value}`);
  return await buildImage(clone.path, [...args, ...registrySettings()]);
}

/** Builds the image of a folder that has a Dockerfile. */
export async function buildImage(folder: string, options: readonly string[] = []): Promise<BuiltImage> {
  const tag = `walguard-test:${randomBytes(6).toString('hex')}`;
  const { stdout, stderr } = await docker(['build', `--tag=${tag}`, ...options, folder]);
  return new BuiltImage(tag, stdout + stderr);
}

function registrySettings(): readonly string[] {
  const npmrc = process.env['NPM_CONFIG_USERCONFIG'] ?? join(homedir(), '.npmrc');
  const certificates = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  return [
    ...(existsSync(npmrc) ? [`--secret=id=npmrc,src=${npmrc}`] : []),
    ...(existsSync(certificates) ? [`--secret=id=ca,src=${certificates}`] : []),
    ...PROXY_VARIABLES.filter((name) => process.env[name] !== undefined).map((name) => `--build-arg=${name}`),
  ];
}

/** Runs `docker ARGUMENTS`: what it wrote; throws when it fails. */
export async function docker(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' };
  return await run(await findDocker(), args, { env, maxBuffer: 64 * 1024 * 1024 });
}

let found: Promise<string> | undefined;

/** The first `docker` of PATH that can build: newer ones leave BuildKit to a plugin, which may be missing. */
function findDocker(): Promise<string> {
  found ??= searchDocker();
  return found;
}

async function searchDocker(): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const program = join(folder, 'docker');
    try {
      await access(program);
      const { stdout } = await run(program, ['--version']);
      const [, major] = /version (\d+)/.exec(stdout) ?? [];
      if (Number(major) >= 23) await run(program, ['buildx', 'version']);
      return program;
    } catch {
      // The next one may do.
    }
  }
  throw new Error('No docker of PATH can build with BuildKit: install docker, and from version 23 on docker-buildx.');
}
