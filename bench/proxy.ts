import type { ProxyOptions } from '../test/support/recording-proxy.ts';
import { type Child, startChild } from './child.ts';
import type { ProxyQuestion, ProxyReading } from './proxy-process.ts';

/** A proxy that delays and counts. */
export interface Proxy extends AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Counts from 0 again. */
  readonly reset: () => Promise<void>;
  /** What went through since the last reset. */
  readonly read: () => Promise<ProxyReading>;
}

/** Starts a proxy before a server on 127.0.0.1, in a process of its own. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const child = startChild('proxy-process');
  const port = Number(await child.ask(options));
  return {
    port,
    async reset() {
      await askFor(child, 'reset');
    },
    read: () => askFor(child, 'read'),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function askFor(child: Child, question: ProxyQuestion): Promise<ProxyReading> {
  return (await child.ask(question)) as ProxyReading;
}
