import { inject } from 'vitest';
import type { Major } from '../../servers/index.ts';

/** A primary that all test files of a run share: read it, fill tables of your own, but do not stop or break it. */
export interface SharedServer {
  readonly major: Major;
  readonly port: number;
  /** As role walguard, which has pg_monitor and nothing else, to database postgres. */
  readonly monitorUrl: string;
  /** As superuser, to database postgres. */
  readonly superuserUrl: string;
  /** As superuser, to database shop, which has the tables customers, products and orders. */
  readonly shopUrl: string;
  readonly dataDirectory: string;
  readonly archiveDirectory: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly sharedServers: readonly SharedServer[];
  }
}

/** Every shared server, oldest major first: `describe.each(sharedServers())`. */
export function sharedServers(): readonly SharedServer[] {
  return inject('sharedServers');
}

/** The shared server of the newest major. */
export function newestSharedServer(): SharedServer {
  const newest = sharedServers().at(-1);
  if (newest === undefined)
    throw new Error('No shared server: is test/support/global-servers.ts the globalSetup of this project?');
  return newest;
}
