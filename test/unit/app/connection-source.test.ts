import { describe, expect, it } from 'vitest';
import { createConnectionSource } from '../../../src/app/connection-source.ts';
import { WalguardError } from '../../../src/core/error.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';

/** A source over what is said now, and the messages it logs. */
function sourceOf(first: Readonly<Record<string, string>>) {
  let said: Readonly<Record<string, string>> | Error = first;
  const messages: string[] = [];
  const note = (_: unknown, message: string): void => void messages.push(message);
  const source = createConnectionSource(
    () => {
      if (said instanceof Error) throw said;
      return resolveConnection(said, { HOME: '/nowhere' });
    },
    { debug: note, info: note, warn: note, error: note },
  );
  return { source, messages, say: (now: Readonly<Record<string, string>> | Error) => void (said = now) };
}

const unreadable = new WalguardError('CONFIG_FILE_UNREADABLE', 'it is away');

describe('where connections come from', () => {
  it('follows user, password and certificates', () => {
    const { source, say, messages } = sourceOf({ host: 'db', user: 'a', password: '1', sslcert: 'x', dbname: 'app' });
    say({ host: 'db', user: 'b', password: '2', sslcert: 'y', dbname: 'app' });
    expect(source.read()).toMatchObject({ user: 'b', password: '2', tls: { cert: { path: 'y' } } });
    expect(messages).toEqual([]);
  });

  it('keeps servers and database, and says once that others are named', () => {
    const { source, say, messages } = sourceOf({ host: 'a,b', user: 'u', dbname: 'app' });
    say({ host: 'c', user: 'v', dbname: 'other' });
    for (let times = 0; times < 2; times += 1) {
      expect(source.read()).toMatchObject({ hosts: [{ name: 'a' }, { name: 'b' }], database: 'app', user: 'v' });
    }
    expect(source.name).toBe('a:5432,b:5432');
    expect(messages).toEqual(['another server or database is named now']);
  });

  it('keeps all while nothing can be read, and says so when it begins and when it ends', () => {
    const { source, say, messages } = sourceOf({ host: 'db', password: '1' });
    for (const now of [unreadable, unreadable, { host: 'db', password: '2' }, unreadable]) {
      say(now);
      source.read();
    }
    expect(source.read().password).toBe('2');
    expect(messages).toEqual([
      'connection settings stay as they were',
      'connection settings can be read again',
      'connection settings stay as they were',
    ]);
  });

  it('keeps a password that is gone for a moment', () => {
    const { source, say } = sourceOf({ host: 'db', password: '1' });
    say({ host: 'db' });
    expect(source.read().password).toBe('1');
  });

  it('is an error from the start where there is none', () => {
    expect(() =>
      createConnectionSource(
        () => {
          throw unreadable;
        },
        { debug: stop, info: stop, warn: stop, error: stop },
      ),
    ).toThrow(unreadable);
  });
});

function stop(): never {
  throw new Error('nothing is to be logged');
}
