import { startChild } from './child.ts';
import type { PageOrder } from './page-process.ts';
import { pageTurns, type StartSubject } from './subject.ts';

/** A page out of memory, in a process of its own: no exporter's pages can be quicker than that. */
export function barePageOf(bytes: number): StartSubject {
  return async () => {
    const child = startChild('page-process');
    const port = Number(await child.ask({ bytes } satisfies PageOrder));
    const { takeTurn, stop } = pageTurns(`http://127.0.0.1:${port}`);
    return {
      name: 'bare page',
      pid: child.pid,
      takeTurn: async () => ({ ...(await takeTurn()), contents: () => undefined }),
      async [Symbol.asyncDispose]() {
        stop();
        await child[Symbol.asyncDispose]();
      },
    };
  };
}
