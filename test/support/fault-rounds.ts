import type { PostgresServer } from '../../servers/index.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { fetchRaw } from './http.ts';

/** What a walguard is scraped over, and is broken. */
export interface FaultScene {
  /** Of walguard, which reaches the server through the proxy. */
  readonly url: string;
  readonly proxy: FaultProxy;
  readonly server: PostgresServer;
}

/** Scrapes of a round: each fault once, and between two of them four scrapes in which all is well. */
export const SCRAPES_OF_A_ROUND = 40;

/** What most of the scrapes ask for: they go the same way as whole pages, and cost less. */
const FEW = '?collect[]=settings&collect[]=stat_database&collect[]=archiver';

/** Long enough for a scrape to begin, short enough for thousands. */
const BRIEF = { 'X-Prometheus-Scrape-Timeout-Seconds': '0.2' };
const READY = /^pg_up 1$/m;

type Break = (scene: FaultScene) => Promise<void> | void;

/** Each is over, or undone, after the scrape that follows. */
const FAULTS: readonly Break[] = [
  ({ proxy }) => void (proxy.weather = 'swallowing'),
  ({ proxy }) => proxy.forsake(),
  ({ proxy }) => void (proxy.weather = 'trickling'),
  ({ proxy }) => proxy.cut(),
  // Of a setting: it comes in the middle of the answers.
  ({ proxy }) => proxy.tearAt('max_connections'),
  ({ proxy }) => {
    proxy.weather = 'refusing';
    proxy.cut();
  },
  async ({ server }) =>
    void (await server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'walguard'`)),
  ({ url }) => leaveEarly(url),
];

/**
 * Scrapes a round and returns how many of its pages said that the server is up.
 *
 * @param isWhole the scrapes in and after a fault ask for whole pages; otherwise all ask for a few collectors
 */
export async function scrapeRound(scene: FaultScene, isWhole: boolean): Promise<number> {
  let up = 0;
  const stride = SCRAPES_OF_A_ROUND / FAULTS.length;
  for (let scrape = 0; scrape < SCRAPES_OF_A_ROUND; scrape += 1) {
    const step = scrape % stride;
    if (step === 0) await FAULTS[scrape / stride]?.(scene);
    const path = isWhole && step < 2 ? '/metrics' : `/metrics${FEW}`;
    const { status, body } = await fetchRaw(scene.url + path, step === 0 ? BRIEF : {});
    if (status !== 200) throw new Error(`A scrape was answered ${status}.`);
    if (READY.test(body.toString('latin1'))) up += 1;
    scene.proxy.weather = 'clear';
  }
  return up;
}

/** A client that asks for a page and does not wait for it. */
async function leaveEarly(url: string): Promise<void> {
  await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5) }).catch(() => undefined);
}
