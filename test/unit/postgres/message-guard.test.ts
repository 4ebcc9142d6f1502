import { describe, expect, it } from 'vitest';
import { createMessageCheck } from '../../../src/postgres/message-guard.ts';
import { message } from '../../support/hostile-server.ts';

const sound = Buffer.concat([
  message('R', 0),
  message('S', 'TimeZone', 'UTC'),
  message('N', 'SNOTICE', 'Mhello', ''),
  message('E', ''),
  message('I'),
  message('D', 65_536),
  message('Z', ''),
]);

function check(bytes: Buffer, pieceBytes: number): void {
  const take = createMessageCheck();
  for (let at = 0; at < bytes.length; at += pieceBytes) take(bytes.subarray(at, at + pieceBytes));
}

describe('messages in pieces', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 11, 1_000])('of %i bytes pass', (pieceBytes) => {
    expect(() => check(sound, pieceBytes)).not.toThrow();
  });

  it.each([1, 2, 3, 7, 1_000])('of %i bytes do not pass where one of them is broken', (pieceBytes) => {
    const broken = [message('E'), message('N', 'S'), message('?'), Buffer.from([0x5a, 0, 0, 0, 3])];
    for (const bytes of broken)
      expect(() => check(Buffer.concat([sound, bytes, sound]), pieceBytes)).toThrow('a message');
  });
});
