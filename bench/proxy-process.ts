/** The program of a proxy: its first message is how to proxy, and it answers with its port; then it is asked. */
import { once } from 'node:events';
import { type ProxyOptions, startRecordingProxy } from '../test/support/recording-proxy.ts';

export type ProxyQuestion = 'reset' | 'read';

/** What went through since the last reset. */
export interface ProxyReading {
  readonly turns: number;
  readonly connections: number;
  readonly bytesToClient: number;
  /** What the client said over each connection that was used; empty if it is not kept. */
  readonly said: readonly Uint8Array[];
}

const [options] = (await once(process, 'message')) as [ProxyOptions];
const proxy = await startRecordingProxy(options);

process.on('message', (question: ProxyQuestion) => {
  if (question === 'reset') proxy.reset();
  process.send?.(read());
});
process.send?.(proxy.port);

function read(): ProxyReading {
  const used = proxy.connections.filter(({ turns }) => turns > 0);
  return {
    turns: proxy.turns,
    connections: used.length,
    bytesToClient: used.reduce((sum, { bytesToClient }) => sum + bytesToClient, 0),
    said: used.map(({ said }) => Buffer.concat(said)),
  };
}
