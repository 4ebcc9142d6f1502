import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../../servers/index.ts';
import { startWebProcess, WebProcess } from './web-process.ts';

const binary = process.env['PROMETHEUS_BINARY'] ?? 'prometheus';

/** What Prometheus is to scrape, and how it is told to ask. */
export interface ScrapeJob {
  readonly name: string;
  /** The type of answer to ask for, such as `PrometheusText0.0.4`; by default Prometheus' own choice. */
  readonly protocol?: string;
  /** What it scrapes instead of the target of all jobs, each with labels of its own. */
  readonly targets?: readonly { readonly address: string; readonly labels: Readonly<Record<string, string>> }[];
  /** Between two scrapes, and the limit of each; 1 by default. */
  readonly everySeconds?: number;
}

/** An element of an instant vector. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What Prometheus keeps of a family's HELP and TYPE, by the family's name. */
export interface Metadata {
  readonly metric: string;
  readonly type: string;
  readonly help: string;
}

/** `[major, minor]` of the installed Prometheus; throws with the cure when there is none. */
export async function prometheusVersion(): Promise<readonly [number, number]> {
  const run = promisify(execFile)(binary, ['--version']);
  const { stdout, stderr } = await run.catch((error: unknown) => {
    throw cannotRun(binary, 'PROMETHEUS_BINARY', error);
  });
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout + stderr) ?? [];
  if (major === undefined) throw new Error(`${binary} --version says no version:\n${stdout}${stderr}`);
  return [Number(major), Number(minor)];
}

/** What to tell of a program of the Debian package `prometheus` that does not start. */
export function cannotRun(program: string, variable: string, cause: unknown): Error {
  const cure = `Install the Debian package "prometheus", or name the program in ${variable}.`;
  return new Error(`Cannot run ${program}. ${cure}`, { cause });
}

/**
 * Starts Prometheus with a database of its own and these jobs, each on the same target (`host:port`) every second, and
 * returns once it is ready; throws, with its log, when it ends before. Dispose of it.
 */
export async function startPrometheus(target: string, jobs: readonly ScrapeJob[]): Promise<Prometheus> {
  return await startPrometheusWith(configuration(target, jobs));
}

/** The same with a configuration of the caller's own, in which paths are absolute. */
export async function startPrometheusWith(config: string): Promise<Prometheus> {
  await prometheusVersion();
  return await startWebProcess({
    binary,
    create: (child, directory) => new Prometheus(child, directory),
    async prepare(directory) {
      const configFile = join(directory, 'prometheus.yml');
      await writeFile(configFile, config);
      return [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        // It takes a free port and logs which: a port chosen here could be another's by then.
        '--web.listen-address=127.0.0.1:0',
        // Only there it says which sample it refused, and why a scrape failed.
        '--log.level=debug',
      ];
    },
  });
}

/** JSON is YAML. */
function configuration(target: string, jobs: readonly ScrapeJob[]): string {
  return JSON.stringify({
    scrape_configs: jobs.map(({ name, protocol, everySeconds = 1, targets = [{ address: target, labels: {} }] }) => ({
      job_name: name,
      scrape_interval: `${everySeconds}s`,
      scrape_timeout: `${everySeconds}s`,
      ...(protocol === undefined ? {} : { scrape_protocols: [protocol] }),
      static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
    })),
  });
}

const warnings = /\blevel=(warn|error)/i;

/** Debug messages by which Prometheus says that it did not take what it scraped. */
const refusals = /append failed|scrape failed|out of order|out of bounds|duplicate|different value|dropped/i;

/** A running Prometheus. */
export class Prometheus extends WebProcess {
  /** Lines of the log, from a length of it on, in which it warns or says that it refused a sample or a page. */
  complaints(fromLength = 0): readonly string[] {
    const lines = this.log.slice(fromLength).split('\n');
    return lines.filter((line) => warnings.test(line) || refusals.test(line));
  }

  /** `data` of an answer of the HTTP API, such as `api('query', { query: 'up' })`; throws what Prometheus objects to. */
  async api(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const answer = (await response.json()) as { readonly data?: unknown; readonly error?: string };
    if (!response.ok) throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }

  /** The instant vector of a query, at a moment in Unix seconds or now. */
  async query(query: string, atSeconds?: number): Promise<readonly Series[]> {
    const at = atSeconds === undefined ? {} : { time: String(atSeconds) };
    const data = (await this.api('query', { query, ...at })) as { readonly result: readonly VectorElement[] };
    return data.result.map(({ metric, value: [, text] }) => ({ labels: metric, value: toNumber(text) }));
  }

  /** The value of the one series that a query gives; throws when it gives none or several. */
  async value(query: string, atSeconds?: number): Promise<number> {
    const [series, ...others] = await this.query(query, atSeconds);
    if (series === undefined || others.length > 0)
      throw new Error(`${query} gives ${series === undefined ? 'no' : others.length + 1} series, not one.`);
    return series.value;
  }

  /**
   * The most samples of any page of a job, in the given seconds before a moment, that are not a series of their own:
   * older releases say nothing when a page has a series twice.
   */
  mostRepeated(job: string, seconds: number, atSeconds: number): Promise<number> {
    const series = `count by (job) ({job="${job}",__name__!~"up|scrape_.+"})`;
    const repeated = `(scrape_samples_scraped{job="${job}"} - on (job) ${series})`;
    return this.value(`max_over_time(${repeated}[${seconds}s:1s])`, atSeconds);
  }

  /** What the newest page of a job said of its families, by the name under which Prometheus keeps each. */
  async metadata(job: string): Promise<ReadonlyMap<string, Metadata>> {
    const all = await this.api('targets/metadata', { match_target: `{job="${job}"}` });
    return new Map((all as readonly Metadata[]).map((metadata) => [metadata.metric, metadata]));
  }

  /** Waits until each of these jobs has a successful scrape that began after now. */
  async nextScrape(jobs: readonly ScrapeJob[]): Promise<void> {
    const afterSeconds = Date.now() / 1000;
    await waitFor('a scrape of each job', async () => {
      const fresh = await this.query(`timestamp(up) > ${afterSeconds} and on (job) up == 1`);
      return jobs.every(({ name }) => fresh.some(({ labels }) => labels['job'] === name));
    });
  }
}

interface VectorElement {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

function toNumber(text: string): number {
  return /inf/i.test(text) ? Number(text.replace(/inf/i, 'Infinity')) : Number(text);
}
