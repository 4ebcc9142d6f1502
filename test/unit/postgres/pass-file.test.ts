import fc from 'fast-check';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPassword, readPassword } from '../../../src/postgres/pass-file.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';
import { anyText } from '../support/texts.ts';

const files = createTemporaryFiles();
const login = loginTo('db');

function loginTo(name: string) {
  return { host: { name, address: undefined, port: 5432 }, database: 'app', user: 'walguard' };
}

/** What reading a password file yields: the password, and what was said of the file. */
function read(path: string): readonly [string | undefined, readonly string[]] {
  const said: string[] = [];
  return [readPassword({ path, named: true }, login, (problem) => said.push(problem.replace(path, 'FILE'))), said];
}

describe('a password file', () => {
  it.each([
    ['db:5432:app:walguard:secret', 'secret'],
    ['*:*:*:*:secret', 'secret'],
    ['db:5432:app:walguard:secret\r\n', 'secret'],
    ['#db:5432:app:walguard:no\n\ndb:5432:app:walguard:secret', 'secret'],
    ['other:*:*:*:no\ndb:5433:*:*:no\ndb:*:other:*:no\ndb:*:*:other:no\ndb:*:*:*:secret', 'secret'],
    ['*:*:*:*:first\ndb:5432:app:walguard:second', 'first'],
    ['*:*:*:*:a:b', 'a:b'],
    [String.raw`*:*:*:*:a\:b\\c`, String.raw`a:b\c`],
    [String.raw`d\b:*:*:*:secret`, 'secret'],
    [String.raw`\*:*:*:*:no`, undefined],
    ['*:*:*:secret', undefined],
    ['* :*:*:*:no', undefined],
    ['', undefined],
  ])('%j yields %j', (text, expected) => {
    expect(findPassword(text, login)).toBe(expected);
  });

  it.each([
    ['/var/run/postgresql', 'secret'],
    ['/tmp', 'secret'],
    ['localhost', 'secret'],
    ['/srv/sockets', undefined],
  ])('knows the server at %s as localhost: %j', (name, expected) => {
    expect(findPassword('localhost:*:*:*:secret', loginTo(name))).toBe(expected);
  });

  it('knows the server of another socket by its directory', () => {
    expect(findPassword('/srv/sockets:*:*:*:secret', loginTo('/srv/sockets'))).toBe('secret');
  });

  it('keeps any text without line ends whose colons and backslashes are escaped', () => {
    const oneLine = anyText.filter(
      (text) => !/[\r\n]/.test(text) && text !== '' && text !== '*' && !text.startsWith('#'),
    );
    const escape = (text: string): string => text.replaceAll(/[\\:]/g, String.raw`\$&`);
    fc.assert(
      fc.property(oneLine, oneLine, oneLine, oneLine, (name, database, user, password) => {
        const line = [name, '5432', database, user, password].map(escape).join(':');
        const asked = { host: { name, address: undefined, port: 5432 }, database, user };
        expect(findPassword(`x:1:y:z:no\n${line}\n`, asked)).toBe(password);
      }),
    );
  });

  it('is read if it is private, and is not needed', () => {
    const path = files.write('pass', '*:*:*:*:secret\n');
    chmodSync(path, 0o600);
    expect(read(path)).toEqual(['secret', []]);
    for (const missing of [join(files.folder, 'missing'), join(path, 'missing')])
      expect(read(missing)).toEqual([undefined, []]);
  });

  it('is ignored, and that is said, if others may read it or if it is no file', () => {
    const open = files.write('open', '*:*:*:*:secret\n');
    chmodSync(open, 0o640);
    const folder = join(files.folder, 'folder');
    mkdirSync(folder);
    expect(read(open)).toEqual([
      undefined,
      ['the password file FILE is ignored: others may read it; chmod 0600 makes it private'],
    ]);
    expect(read(folder)).toEqual([undefined, ['the password file FILE is ignored: not a regular file']]);
  });
});
