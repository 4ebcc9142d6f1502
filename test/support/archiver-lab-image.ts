import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { type Settings, waitFor } from '../../servers/index.ts';
import { LAB_SETTINGS, type LabServer, type StartLabServer } from './archiver-lab.ts';
import { checkEngine, imageOf, type ImageMajor } from './postgres-image.ts';
import { rowsOf } from './sql.ts';

const FIRST_PORT = 5501;
const PORTS = 60;

/** A container of PostgreSQL's image that runs as many servers as a test asks for, so that each can be stopped alone. */
export async function startImageLab(major: ImageMajor): Promise<ImageLab> {
  await checkEngine();
  const ports = Array.from({ length: PORTS }, (_, index) => FIRST_PORT + index);
  const container = await new GenericContainer(imageOf(major))
    .withEntrypoint(['bash', '-c', 'while :; do sleep 1; done'])
    .withExposedPorts(...ports)
    // Nothing listens until a test asks for a server.
    .withWaitStrategy(Wait.forSuccessfulCommand('true'))
    .start();
  return new ImageLab(major, container);
}

/** Starts servers in one container. */
export class ImageLab implements AsyncDisposable {
  readonly major: ImageMajor;
  readonly #container: StartedTestContainer;
  #nextPort = FIRST_PORT;

  constructor(major: ImageMajor, container: StartedTestContainer) {
    this.major = major;
    this.#container = container;
  }

  readonly start: StartLabServer = async (settings) => {
    const port = this.#nextPort++;
    await this.#run(`initdb -D ${folder(port)} -U postgres --auth=trust --no-sync --wal-segsize=1`);
    await this.#run(`echo 'host all all all trust' >>${folder(port)}/pg_hba.conf`);
    const server = await this.#startAt(port, { ...LAB_SETTINGS, fsync: 'off', shared_buffers: '16MB', ...settings });
    await server.sql('CREATE ROLE walguard LOGIN; GRANT pg_monitor TO walguard');
    return server;
  };

  /** Runs a shell command as the server's account; throws with what it wrote when it fails. */
  async #run(text: string): Promise<void> {
    const { exitCode, output } = await this.#container.exec(['bash', '-c', text], { user: 'postgres' });
    if (exitCode !== 0) throw new Error(`In the container, exit code ${exitCode}: ${text}\n${output}`);
  }

  async #startAt(port: number, settings: Settings): Promise<LabServer> {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
    const text = Buffer.from(`${lines.join('\n')}\n`).toString('base64');
    await this.#run(`echo ${text} | base64 -d >>${folder(port)}/postgresql.conf`);
    await this.#startServer(port);
    const address = `${this.#container.getHost()}:${this.#container.getMappedPort(port)}/postgres`;
    const sql = (statement: string): ReturnType<LabServer['sql']> =>
      rowsOf(`postgres://postgres@${address}`, statement);
    const server: LabServer = {
      major: this.major,
      monitorUrl: `postgres://walguard@${address}`,
      sql,
      restart: async () => {
        await this.#run(`pg_ctl stop -w -m fast -D ${folder(port)}`);
        await this.#startServer(port);
      },
      crash: async () => {
        await this.#kill(port);
        await this.#startServer(port);
      },
      standby: (changes) => this.#standbyOf(port, changes),
      [Symbol.asyncDispose]: () => this.#run(`pg_ctl stop -m immediate -D ${folder(port)} || true`),
    };
    return server;
  }

  async #standbyOf(primaryPort: number, settings: Settings): Promise<LabServer> {
    const port = this.#nextPort++;
    await this.#run(`pg_basebackup -h /tmp -p ${primaryPort} -U postgres -D ${folder(port)} -R -c fast --no-sync`);
    const standby = await this.#startAt(port, settings);
    await waitFor('the standby to stream', async () => {
      const [[streams] = []] = await standby.sql(`SELECT 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'`);
      return streams === '1';
    });
    return standby;
  }

  /** Listening everywhere: the engine leads connections to the container's own address. */
  async #startServer(port: number): Promise<void> {
    const options = `-p ${port} -k /tmp -h '*'`;
    await this.#run(`pg_ctl start -w -D ${folder(port)} -l ${folder(port)}.log -o "${options}" >/dev/null`);
  }

  /** The postmaster with its children: one that waits for a command would hold the shared memory. */
  async #kill(port: number): Promise<void> {
    await this.#run(`
      postmaster=$(head -n 1 ${folder(port)}/postmaster.pid)
      children=$(grep -l "^PPid:[[:space:]]*$postmaster$" /proc/[0-9]*/status | cut -d / -f 3)
      kill -9 $postmaster $children`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container.stop({ timeout: 0 });
  }
}

function folder(port: number): string {
  return `/tmp/server-${port}`;
}
