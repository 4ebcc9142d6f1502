import { GenericContainer, type StartedNetwork, type StartedTestContainer, Wait } from 'testcontainers';

import { waitFor } from '../../servers/index.ts';
import { type BuiltImage, docker } from './docker-build.ts';

const MILLISECOND_NS = 1_000_000;
const START_TIMEOUT_MS = 30_000;

export interface WalguardImageOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Where it listens inside, by default 9187. */
  readonly port?: number;
  readonly network: StartedNetwork;
  /** Its name in the network. */
  readonly alias?: string;
  /** Files of this machine that it may read, by their paths inside. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What the engine knows of a container's state. */
interface ContainerState {
  readonly status: string;
  readonly exitCode: number;
  readonly startedAtMs: number;
  readonly health: string | undefined;
  /** What the last health check wrote. */
  readonly healthOutput: string;
}

/**
 * Starts a container as docs/container.md tells to: nothing to write to, no capabilities, no way to more rights. Its
 * health is asked for ten times as often as the image says, by the image's own check.
 */
export async function startWalguardImage(image: BuiltImage, options: WalguardImageOptions): Promise<WalguardImage> {
  const port = options.port ?? 9187;
  const container = await new LockedContainer(image.tag)
    .withLockedDown()
    .withEnvironment(options.env)
    .withCommand([...(options.args ?? [])])
    .withNetwork(options.network)
    .withNetworkAliases(options.alias ?? 'walguard-alone')
    .withBindMounts(
      Object.entries(options.files ?? {}).map(([target, source]) => ({ source, target, mode: 'ro' as const })),
    )
    .withExposedPorts(port)
    .withWaitStrategy(Wait.forLogMessage('walguard serves').withStartupTimeout(START_TIMEOUT_MS))
    .start();
  return new WalguardImage(container, port);
}

class LockedContainer extends GenericContainer {
  withLockedDown(): this {
    this.hostConfig.ReadonlyRootfs = true;
    // Without a Test the image's own stays.
    this.createOpts.Healthcheck = { Interval: 500 * MILLISECOND_NS, Timeout: 3_000 * MILLISECOND_NS, Retries: 1 };
    return this.withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges');
  }
}

/** A container of the project's image. */
export class WalguardImage implements AsyncDisposable {
  readonly url: string;
  readonly #container: StartedTestContainer;

  constructor(container: StartedTestContainer, port: number) {
    this.url = `http://${container.getHost()}:${container.getMappedPort(port)}`;
    this.#container = container;
  }

  get id(): string {
    return this.#container.getId();
  }

  /** What `docker COMMAND ... CONTAINER` writes to both of its outputs. */
  async docker(...command: readonly string[]): Promise<string> {
    const { stdout, stderr } = await docker([...command, this.id]);
    return stdout + stderr;
  }

  /** Runs a shell command inside, as the same user: what it wrote to both of its outputs. */
  async shell(command: string): Promise<string> {
    const { output } = await this.#container.exec(['sh', '-c', command]);
    return output;
  }

  async state(): Promise<ContainerState> {
    const state = JSON.parse(await this.docker('inspect', '--format={{json .State}}')) as InspectedState;
    return {
      status: state.Status,
      exitCode: state.ExitCode,
      startedAtMs: Date.parse(state.StartedAt),
      health: state.Health?.Status,
      healthOutput: state.Health?.Log?.at(-1)?.Output ?? '',
    };
  }

  async waitForHealth(health: 'healthy' | 'unhealthy'): Promise<ContainerState> {
    await waitFor(`the container to be ${health}`, async () => (await this.state()).health === health, 60_000);
    return await this.state();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container.stop({ timeout: 0 });
  }
}

interface InspectedState {
  readonly Status: string;
  readonly ExitCode: number;
  readonly StartedAt: string;
  readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] };
}
