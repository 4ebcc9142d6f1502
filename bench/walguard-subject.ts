import { fileURLToPath } from 'node:url';
import { waitFor } from '../servers/index.ts';
import { fetchText } from '../test/support/http.ts';
import { startWalguard, type Walguard } from '../test/support/walguard.ts';
import { pageTurns, type StartSubject } from './subject.ts';

export interface WalguardSettings {
  readonly args?: readonly string[];
  /** Folder for a CPU profile of the run; undefined for none. */
  readonly profileTo?: string | undefined;
}

/** Longer than any scrape of the benchmark takes on a machine that has other work. */
const SCRAPE_TIMEOUT = '--scrape.timeout=60s';
const READY_TIMEOUT_MS = 60_000;
const MONITOR = fileURLToPath(new URL('block-monitor.js', import.meta.url));

/** Walguard as it was built, with its defaults unless the arguments say otherwise. */
export function walguardWith({ args = [], profileTo }: WalguardSettings): StartSubject {
  return async (dataSourceName) => {
    const walguard = await startWalguard({
      dataSourceName: `${dataSourceName}?sslmode=disable`,
      args: [SCRAPE_TIMEOUT, ...args],
      readyTimeoutMs: READY_TIMEOUT_MS,
      nodeArgs: [
        '--import',
        MONITOR,
        ...(profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`]),
      ],
    });
    const { takeTurn, stop } = pageTurns(`${walguard.url}/metrics`);
    return {
      name: 'walguard',
      pid: walguard.pid ?? 0,
      takeTurn,
      watchBlocks: (work) => watchBlocks(walguard, work),
      async [Symbol.asyncDispose]() {
        stop();
        await walguard.stop();
      },
    };
  };
}

async function watchBlocks(walguard: Walguard, work: () => Promise<void>): Promise<number> {
  const linesWith = (key: string): readonly Readonly<Record<string, unknown>>[] =>
    walguard.logLines.filter((line) => key in line);
  const [started, ended] = [linesWith('blocksWatched').length, linesWith('longestBlockMs').length];
  walguard.signal('SIGUSR2');
  await waitFor('walguard to watch its event loop', () => linesWith('blocksWatched').length > started);
  await work();
  walguard.signal('SIGUSR2');
  await waitFor('walguard to say its longest block', () => linesWith('longestBlockMs').length > ended);
  return Number(linesWith('longestBlockMs').at(-1)?.['longestBlockMs']);
}

const COLLECTOR = /^walguard_collector_(?:success|skipped)\{collector="([^"]*)"/gm;

/** The collectors that walguard has by default, those that do not apply to this server among them. */
export async function defaultCollectors(databaseUrl: string): Promise<readonly string[]> {
  await using walguard = await startWalguard({ dataSourceName: databaseUrl, args: [SCRAPE_TIMEOUT] });
  const { text } = await fetchText(`${walguard.url}/metrics`);
  const names = Array.from(text.matchAll(COLLECTOR), ([, name]) => name ?? '');
  // What walguard accounts for the facts query is no collector that could be switched off.
  return [...new Set(names)].filter((name) => name !== 'facts');
}
