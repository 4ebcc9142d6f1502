import { startChild } from './child.ts';
import type { FloorOrder } from './floor-process.ts';
import type { StartSubject } from './subject.ts';

/** The bare client, in a process of its own. @param said what walguard says in one scrape, by connection */
export function bareClientSaying(said: readonly Uint8Array[]): StartSubject {
  return async (databaseUrl) => {
    const { port, username } = new URL(databaseUrl);
    const child = startChild('floor-process');
    await child.ask({ port: Number(port), user: username, said } satisfies FloorOrder);
    return {
      name: 'bare client',
      pid: child.pid,
      async takeTurn() {
        return { latencyMs: Number(await child.ask('again')), bytes: 0, contents: () => undefined };
      },
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    };
  };
}
