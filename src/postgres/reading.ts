import type pg from 'pg';

/** Takes bytes of the server as they come. */
export type Listener = (chunk: Buffer) => void;

/** What the bytes come from. */
export interface Source {
  readonly on: (event: string, listener: Listener) => unknown;
  readonly pause: () => unknown;
  readonly resume: () => unknown;
}

/** What node-postgres 8.23 calls to have messages read: only `on` of the stream is used. */
interface Driver {
  attachListeners: (stream: Pick<Source, 'on'>) => void;
}

/**
 * Puts something between the server's bytes and the driver that reads them; what is put there last has them first. To be
 * called before connecting.
 */
export function wrapReading(connection: pg.Connection, wrap: (listener: Listener, stream: Source) => Listener): void {
  const driver = connection as unknown as Driver;
  const attach = driver.attachListeners.bind(driver);
  driver.attachListeners = (stream) => {
    const source = stream as Source;
    attach({ on: (event, listener) => stream.on(event, event === 'data' ? wrap(listener, source) : listener) });
  };
}
