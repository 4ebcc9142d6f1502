import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';

import { projectFolder } from '../repo/project.ts';
import { type BuiltImage, buildImage } from './docker-build.ts';
import { checkEngine } from './postgres-image.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What a host has on which PostgreSQL was installed, and sudo. Backup tools are here so that installing them is quick. */
const dockerfile = (base: string): string => `FROM ${base}
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql-15 sudo pgbackrest barman >/dev/null
RUN printf '#!/bin/sh\\nexec node /usr/local/lib/walguard/dist/main.js "$@"\\n' >/usr/bin/walguard && chmod 755 /usr/bin/walguard
`;

/** Builds the image of a Debian host with PostgreSQL 15 as the package sets it up; it needs the built walguard when it runs. */
export async function buildGuideImage(): Promise<BuiltImage> {
  await checkEngine();
  await using folder = await temporaryFolder();
  await folder.write('Dockerfile', dockerfile(process.env['NODE_IMAGE'] ?? 'node:24-bookworm-slim'));
  return await buildImage(folder.path);
}

/** Starts a host of the image, with its server running. */
export async function startGuideHost(image: BuiltImage): Promise<GuideHost> {
  const container = await new GenericContainer(image.tag)
    .withBindMounts([{ source: projectFolder, target: '/usr/local/lib/walguard', mode: 'ro' }])
    .withEntrypoint(['sleep', '3600'])
    .withWaitStrategy(Wait.forSuccessfulCommand('true'))
    .start();
  const host = new GuideHost(container);
  await host.run('pg_ctlcluster 15 main start');
  return host;
}

export class GuideHost implements AsyncDisposable {
  readonly #container: StartedTestContainer;

  constructor(container: StartedTestContainer) {
    this.#container = container;
  }

  /** Runs commands as root, until the first that fails; returns what they printed, throws with that when one does. */
  async run(text: string): Promise<string> {
    const { exitCode, output } = await this.#container.exec(['bash', '-e', '-c', text]);
    if (exitCode !== 0) throw new Error(`Exit code ${exitCode} of:\n${text}\nIt printed:\n${output}`);
    return output;
  }

  /** The one value that a query gives. */
  async ask(sql: string): Promise<string> {
    return (await this.run(`cd /; sudo -u postgres psql -XAtqc "${sql}"`)).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container.stop({ timeout: 0 });
  }
}
