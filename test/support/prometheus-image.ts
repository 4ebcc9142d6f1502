import { GenericContainer, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';

import { PROMETHEUS_IMAGE, type UsableImage, usableImage } from './program-image.ts';

const PORT = 9090;

/** Prometheus in a container, on a network where targets have names. */
export class PrometheusImage implements AsyncDisposable {
  readonly #container: StartedTestContainer;
  readonly #image: UsableImage;

  constructor(container: StartedTestContainer, image: UsableImage) {
    this.#container = container;
    this.#image = image;
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
    await this.#image[Symbol.asyncDispose]();
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
  const image = await usableImage(PROMETHEUS_IMAGE, baseImage);
  const config = JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'walguard', static_configs: [{ targets: [target] }] }],
  });
  try {
    const container = await new GenericContainer(image.tag)
      .withCommand(['--config.file=/etc/prometheus.json', '--storage.tsdb.path=/tmp/prometheus'])
      .withCopyContentToContainer([{ content: config, target: '/etc/prometheus.json' }])
      .withNetwork(network)
      .withExposedPorts(PORT)
      .withWaitStrategy(Wait.forHttp('/-/ready', PORT))
      .start();
    return new PrometheusImage(container, image);
  } catch (error) {
    await image[Symbol.asyncDispose]();
    throw error;
  }
}
