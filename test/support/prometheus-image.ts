import { execFile } from 'node:child_process';
import { copyFile, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import {
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';

import { type BuiltImage, buildImage } from './docker-build.ts';
import { cannotRun } from './prometheus.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** PROMETHEUS_IMAGE names another. */
const OFFICIAL_IMAGE = 'prom/prometheus:v3.5.0';
const PORT = 9090;

/** Prometheus in a container, on a network where targets have names. */
export class PrometheusImage implements AsyncDisposable {
  readonly #container: StartedTestContainer;
  readonly #built: BuiltImage | undefined;

  constructor(container: StartedTestContainer, built: BuiltImage | undefined) {
    this.#container = container;
    this.#built = built;
  }

  /** The values of the series that a query gives now. */
  async values(query: string): Promise<readonly number[]> {
    const address = `http://${this.#container.getHost()}:${this.#container.getMappedPort(PORT)}`;
    const response = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${await response.text()}`);
    const { data } = (await response.json()) as {
      readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    return data.result.map(({ value: [, text] }) => Number(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container.stop({ timeout: 0 });
    await this.#built?.[Symbol.asyncDispose]();
  }
}

/**
 * Starts Prometheus, which scrapes the target (`host:port`) each second. Where its image cannot be had, one is made of
 * the installed program and the base image of the project's own.
 */
export async function startPrometheusImage(
  target: string,
  network: StartedNetwork,
  baseImage: string,
): Promise<PrometheusImage> {
  const named = process.env['PROMETHEUS_IMAGE'] ?? '';
  const image = named === '' ? OFFICIAL_IMAGE : named;
  const built = named === '' && !(await canBeHad(image)) ? await buildPrometheusImage(baseImage) : undefined;
  const config = JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'walguard', static_configs: [{ targets: [target] }] }],
  });
  try {
    const container = await new GenericContainer(built?.tag ?? image)
      .withCommand(['--config.file=/etc/prometheus.json', '--storage.tsdb.path=/tmp/prometheus'])
      .withCopyContentToContainer([{ content: config, target: '/etc/prometheus.json' }])
      .withNetwork(network)
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp('/-/ready', PORT))
      .start();
    return new PrometheusImage(container, built);
  } catch (error) {
    await built?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function canBeHad(image: string): Promise<boolean> {
  const { image: images } = await getContainerRuntimeClient();
  try {
    await images.pull(ImageName.fromString(image));
    return true;
  } catch {
    return false;
  }
}

async function buildPrometheusImage(baseImage: string): Promise<BuiltImage> {
  await using folder = await temporaryFolder();
  await copyFile(await findProgram(process.env['PROMETHEUS_BINARY'] ?? 'prometheus'), join(folder.path, 'prometheus'));
  const lines = [
    `FROM ${baseImage}`,
    'COPY --chmod=755 prometheus /bin/prometheus',
    'USER 65534:65534',
    'ENTRYPOINT ["/bin/prometheus"]',
  ];
  await folder.write('Dockerfile', `${lines.join('\n')}\n`);
  return await buildImage(folder.path);
}

async function findProgram(name: string): Promise<string> {
  await promisify(execFile)(name, ['--version']).catch((error: unknown) => {
    throw cannotRun(name, 'PROMETHEUS_BINARY', error);
  });
  const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const paths = await Promise.allSettled(folders.map((folder) => realpath(join(folder, name))));
  const [first] = paths.flatMap((path) => (path.status === 'fulfilled' ? [path.value] : []));
  if (first === undefined) throw new Error(`${name} is nowhere on PATH.`);
  return first;
}
