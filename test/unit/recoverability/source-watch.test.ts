import { describe, expect, it, onTestFinished } from 'vitest';
import { waitFor } from '../../../servers/index.ts';
import { WalguardError } from '../../../src/core/error.ts';
import type { Logger } from '../../../src/core/logger.ts';
import { SourceWatch, type WatchedSource } from '../../../src/recoverability/source-watch.ts';

const NAME = { repository: 'main', source: 'backup', method: 'pgbackrest' } as const;

type Reading = (signal: AbortSignal) => Promise<string>;

interface Watched {
  readonly watch: SourceWatch<string>;
  readonly log: readonly string[];
  readonly reads: () => number;
}

function createLog(lines: string[]): Logger {
  const at =
    (level: string) =>
    ({ code, reason }: Readonly<Record<string, unknown>>, message: string): void => {
      const said = [code, reason].filter((part) => typeof part === 'string');
      lines.push([level, message, ...said].join(' '));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A watch whose n-th reading is the n-th given, and any further the last. */
function watchOf(readings: readonly Reading[], changes: Partial<WatchedSource<string>> = {}): Watched {
  const log: string[] = [];
  let read = 0;
  const watch = new SourceWatch<string>({
    name: NAME,
    read: async (signal) => {
      const reading = readings[Math.min(read++, readings.length - 1)];
      if (reading === undefined) throw new Error('nothing to read');
      return await reading(signal);
    },
    intervalMs: 1,
    timeLimitMs: 60_000,
    onRead: () => undefined,
    log: createLog(log),
    ...changes,
  });
  onTestFinished(async () => await watch[Symbol.asyncDispose]());
  return { watch, log, reads: () => read };
}

const gives =
  (value: string): Reading =>
  () =>
    Promise.resolve(value);

const fails =
  (code: 'SOURCE_NOT_FOUND' | 'SOURCE_UNREADABLE'): Reading =>
  () =>
    Promise.reject(new WalguardError(code, 'the folder /archive', { hint: 'Correct it.' }));

/** Ends only when it is told to. */
const hangs: Reading = (signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('told to stop'))));

describe('a source that is watched', () => {
  it('is unknown until it was read, is read at once, and then again and again', async () => {
    const { watch, log, reads } = watchOf([gives('a'), gives('b')]);
    expect(watch.state).toEqual({
      ...NAME,
      up: undefined,
      lastSuccessSeconds: undefined,
      readDurationSeconds: undefined,
      error: undefined,
    });
    expect(watch.value).toBeUndefined();

    watch.start();
    await waitFor('five readings', () => Promise.resolve(reads() >= 5));

    expect(watch.value).toBe('b');
    expect(watch.state).toMatchObject({ ...NAME, up: true, error: undefined });
    expect(watch.state.lastSuccessSeconds).toBeGreaterThan(Date.now() / 1_000 - 60);
    expect(log).toEqual([]);
  });

  it('that fails keeps its last value and the time of it, and is logged when it begins, changes and ends', async () => {
    const { watch, log, reads } = watchOf([
      gives('good'),
      ...Array.from({ length: 3 }, () => fails('SOURCE_NOT_FOUND')),
      fails('SOURCE_UNREADABLE'),
      gives('anew'),
    ]);

    await watch.readNow();
    const { lastSuccessSeconds } = watch.state;
    for (let failure = 0; failure < 3; failure++) await watch.readNow();

    expect(watch.value).toBe('good');
    expect(watch.state).toMatchObject({
      up: false,
      lastSuccessSeconds,
      error: { code: 'SOURCE_NOT_FOUND', message: 'the folder /archive', hint: 'Correct it.' },
    });
    while (reads() < 6) await watch.readNow();
    expect(watch.value).toBe('anew');
    expect(watch.state).toMatchObject({ up: true, error: undefined });
    expect(log).toEqual([
      'warn source cannot be read SOURCE_NOT_FOUND the folder /archive',
      'debug source still cannot be read SOURCE_NOT_FOUND the folder /archive',
      'debug source still cannot be read SOURCE_NOT_FOUND the folder /archive',
      'warn source cannot be read SOURCE_UNREADABLE the folder /archive',
      'info source can be read again SOURCE_UNREADABLE',
    ]);
  });

  it('is told to stop at its time limit, and is read again when it has', async () => {
    const { watch, log } = watchOf([gives('good'), hangs, gives('anew')], { timeLimitMs: 20 });

    await watch.readNow();
    await watch.readNow();

    expect(watch.value).toBe('good');
    expect(watch.state).toMatchObject({ up: false, readDurationSeconds: 0.02, error: { code: 'SOURCE_TIMEOUT' } });
    expect(log).toEqual(['warn source cannot be read SOURCE_TIMEOUT the reading was not done after 0.02 s']);
    await watch.readNow();
    expect(watch.state.up).toBe(true);
  });

  it('that does not stop at its limit is down, and never read twice at one time', async () => {
    let release = (_value: string): void => undefined;
    const deaf: Reading = () => new Promise((resolve) => (release = resolve));
    const { watch, reads } = watchOf([deaf, gives('anew')], { timeLimitMs: 5 });

    watch.start();
    await waitFor('the limit', () => Promise.resolve(watch.state.up === false));
    expect(reads()).toBe(1);

    release('too late');
    await waitFor('the next reading', () => Promise.resolve(watch.value !== undefined));
    expect(watch.value).toBe('anew');
  });

  it('is told to stop with walguard, which then says nothing of it', async () => {
    let told = false;
    const { watch, log, reads } = watchOf([
      async (signal) => {
        try {
          return await hangs(signal);
        } finally {
          told = true;
        }
      },
    ]);
    watch.start();

    await watch[Symbol.asyncDispose]();

    expect(told).toBe(true);
    expect(reads()).toBe(1);
    expect(watch.state.up).toBeUndefined();
    expect(log).toEqual([]);
  });

  it('tells of each part that does not count once, until it was gone', async () => {
    const found = [['x'], ['x', 'y'], [], ['x']];
    const { watch, log } = watchOf([gives('')], {
      problemsOf: () => (found.shift() ?? []).map((each) => new WalguardError('BACKUP_INCOMPLETE', each)),
    });

    for (let reading = 0; reading < 4; reading++) await watch.readNow();

    expect(log).toEqual(
      ['x', 'y', 'x'].map((each) => `warn a part of a source does not count BACKUP_INCOMPLETE ${each}`),
    );
  });
});
