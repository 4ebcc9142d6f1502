import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LogFollower, type SavedLog } from '../../../../src/collectors/logs/follower.ts';
import { createLogParser } from '../../../../src/collectors/logs/parse/index.ts';
import type { LogFile, LogPlace } from '../../../../src/core/log-place.ts';

const GIB = 1_073_741_824;

/** Logs that are kept in memory; a name leads to one of them. */
class MemoryLogs implements LogPlace {
  readonly #logs = new Map<string, Buffer[]>();
  readonly #names = new Map<string, string>();
  #written = 0;

  constructor() {
    this.begin('log');
  }

  begin(name: string): void {
    const identity = `inode ${this.#logs.size}`;
    this.#logs.set(identity, []);
    this.#names.set(name, identity);
  }

  rotate(): void {
    this.#names.set(`log.${this.#logs.size}`, this.#names.get('log') ?? '');
    this.begin('log');
  }

  write(messages: number, shape: 'whole' | 'torn'): void {
    const log = this.#logs.get(this.#names.get('log') ?? '') ?? [];
    for (let count = 0; count < messages; count++) {
      const line = Buffer.from(`2026-11-23 10:00:00.000 UTC [1] ERROR:  message ${this.#written++}\n`);
      if (shape === 'whole') log.push(line);
      else log.push(line.subarray(0, 30), line.subarray(30));
    }
  }

  get written(): number {
    return this.#written;
  }

  readonly list = async (): Promise<readonly LogFile[]> =>
    [...this.#names].filter(([name]) => name === 'log').map(([path, identity]) => this.#facts(path, identity));

  readonly find = async (_path: string, identity: string): Promise<LogFile | undefined> => {
    const found = [...this.#names].find(([, each]) => each === identity);
    return found === undefined ? undefined : this.#facts(found[0], identity);
  };

  readonly open: LogPlace['open'] = async ({ identity }) => ({
    sizeBytes: async () => this.#bytes(identity).length,
    read: async (room, position) => this.#bytes(identity).copy(room, 0, position),
    [Symbol.asyncDispose]: async () => undefined,
  });

  #bytes(identity: string): Buffer {
    return Buffer.concat(this.#logs.get(identity) ?? []);
  }

  #facts(path: string, identity: string): LogFile {
    return { path, identity, sizeBytes: this.#bytes(identity).length, changedMs: Date.now() };
  }
}

type Step = 'look' | 'rotate' | 'restart' | { readonly messages: number; readonly shape: 'whole' | 'torn' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ messages: fc.nat(5), shape: fc.constantFrom('whole', 'torn') }),
  fc.constantFrom('look', 'rotate', 'restart'),
);

describe('LogFollower', () => {
  it('gives each message once, however logs are written, rotated and gone on with', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 20, max: 4_000 }),
        async (steps, mostBytes) => {
          const place = new MemoryLogs();
          const got: string[] = [];
          const follow = (saved: readonly SavedLog[]): LogFollower =>
            new LogFollower({
              place,
              mostBytes,
              createParser: () => createLogParser('stderr', '%m [%p] '),
              onRecord: ({ message }) => got.push(message),
              saved,
            });
          let follower = follow([]);
          await follower.look();
          for (const each of steps) {
            if (typeof each !== 'string') place.write(each.messages, each.shape);
            // One that nobody has seen under its name when it gets another is none of the pattern.
            else if (each !== 'restart') await follower.look();
            else follower = follow(follower.save());
            if (each === 'rotate') place.rotate();
          }
          // What came last is whole once a look finds nothing more.
          while ((await follower.look()).readBytes > 0);
          expect(new Set(got).size).toBe(got.length);
          expect(got.length).toBe(place.written);
          expect(follower.skippedBytes).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('skips, and counts, what is more than a gibibyte behind', async () => {
    const line = Buffer.from('2026-11-23 10:00:00.000 UTC [1] ERROR:  message\n');
    let sizeBytes = line.length;
    const file = (): LogFile => ({ path: 'log', identity: 'one', sizeBytes, changedMs: Date.now() });
    const place: LogPlace = {
      list: async () => [file()],
      find: async () => file(),
      open: async () => ({
        sizeBytes: async () => sizeBytes,
        read: async (room, position) => {
          const bytes = Math.min(room.length, sizeBytes - position);
          for (let at = 0; at < bytes; at++) room[at] = line[(position + at) % line.length] ?? 0;
          return bytes;
        },
        [Symbol.asyncDispose]: async () => undefined,
      }),
    };
    let messages = 0;
    const follower = new LogFollower({
      place,
      mostBytes: 1_000_000,
      createParser: () => createLogParser('stderr', '%m [%p] '),
      onRecord: () => messages++,
      saved: undefined,
    });
    await follower.look();
    sizeBytes += 2 * GIB;
    const { readBytes, behindBytes } = await follower.look();
    expect(readBytes).toBe(1_000_000);
    expect(behindBytes).toBe(GIB - 1_000_000);
    expect(follower.skippedBytes).toBeGreaterThanOrEqual(GIB);
    expect(messages).toBeGreaterThan(20_000);
  });
});
