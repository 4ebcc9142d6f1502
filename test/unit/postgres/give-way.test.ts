import { EventEmitter, once } from 'node:events';
import type pg from 'pg';
import { expect, it } from 'vitest';

import { giveWay } from '../../../src/postgres/give-way.ts';

it('lets others have a turn after a large piece, and not after a small one', async () => {
  const done: string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    pause: () => done.push('pause'),
    resume: () => stream.emit('resumed'),
  });
  const connection = {
    attachListeners: (source: { readonly on: (event: string, listener: (chunk: Buffer) => void) => unknown }) =>
      source.on('data', (chunk) => done.push(`${chunk.length} bytes`)),
  };
  giveWay(connection as unknown as pg.Connection);
  connection.attachListeners(stream);

  stream.emit('data', Buffer.alloc(100));
  stream.emit('data', Buffer.alloc(65_536));
  await once(stream, 'resumed');

  expect(done).toEqual(['100 bytes', '65536 bytes', 'pause']);
});
