import { type Agent, request } from 'node:http';

/** One answer of an exporter, timed from the request to its last byte. */
export interface TimedPage {
  readonly latencyMs: number;
  readonly bytes: number;
  readonly chunks: readonly Buffer[];
}

/** What a page holds. */
export interface PageContents {
  readonly samples: number;
  /** Collectors that say of themselves that they failed. */
  readonly failed: readonly string[];
}

/** Asks for a page; over a connection that stays, as Prometheus does, if the agent keeps connections alive. */
export function requestPage(url: string, agent: Agent): Promise<TimedPage> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        const latencyMs = performance.now() - started;
        if (response.statusCode === 200) resolve({ latencyMs, bytes, chunks });
        else reject(new Error(`${url} answered ${response.statusCode}: ${Buffer.concat(chunks).toString()}`));
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const FAILED = /^(?:walguard|pg_scrape)_collector_success\{collector="([^"]*)"[^}]*\} 0$/gm;
const SAMPLE = /^[^#\n]/gm;

/** Counts what is on a page. */
export function readPage({ chunks }: TimedPage): PageContents {
  const text = Buffer.concat(chunks).toString('latin1');
  const failed = new Set(Array.from(text.matchAll(FAILED), ([, collector]) => collector ?? ''));
  let samples = 0;
  for (const _ of text.matchAll(SAMPLE)) samples++;
  return { samples, failed: [...failed] };
}
