import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConnection } from '../../../src/postgres/resolve.ts';
import { parseService } from '../../../src/postgres/service-file.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();
const home = join(files.folder, 'home');
const system = join(files.folder, 'system');
mkdirSync(home);
mkdirSync(system);
files.write('home/.pg_service.conf', '[main]\nhost=own\nport=1\nuser=service\n[mine]\nhost=mine\n');
files.write('system/pg_service.conf', '[main]\nhost=system\n[shared]\nhost=shared\n');
const other = files.write('other.conf', '[main]\nhost=other\n');
const env = { HOME: home, PGSYSCONFDIR: system };

function hostOf(dsn: Readonly<Record<string, string>>, more: Readonly<Record<string, string>> = {}): string {
  return resolveConnection(dsn, { ...env, ...more }).hosts[0].name;
}

describe('a service', () => {
  it.each([
    ['[a]\nhost=db\nport=1', { host: 'db', port: '1' }],
    ['# text\n\n[a]\n# text\n\n  host=db  \r\n', { host: 'db' }],
    ['[b]\nhost=no\n[a]\nhost=db\n[c]\nhost=no\n', { host: 'db' }],
    ['[a]\nhost=first\nhost=second\n', { host: 'first' }],
    ['[a]\noptions=-c a=b\n', { options: '-c a=b' }],
    ['[a]\n', {}],
    ['[b]\nnonsense\n', undefined],
    ['', undefined],
  ])('defined by %j is read', (text, expected) => {
    expect(parseService(text, 'a', 'FILE')).toEqual(expected);
  });

  it('is one of the own file, else of the file of the system', () => {
    expect(hostOf({ service: 'main' })).toBe('own');
    expect(hostOf({ service: 'shared' })).toBe('shared');
    expect(hostOf({}, { PGSERVICE: 'mine' })).toBe('mine');
  });

  it('is one of the file that is named instead of the own one', () => {
    expect(hostOf({ service: 'main' }, { PGSERVICEFILE: other })).toBe('other');
    expect(hostOf({ service: 'shared' }, { PGSERVICEFILE: other })).toBe('shared');
    expect(hostOf({ service: 'main', servicefile: other })).toBe('other');
  });

  it('counts for less than the connection string, and for more than the environment', () => {
    const options = resolveConnection(
      { service: 'main', port: '2' },
      { ...env, PGUSER: 'environment', PGPASSWORD: 'p' },
    );
    expect(options).toMatchObject({ hosts: [{ name: 'own', port: 2 }], user: 'service', password: 'p' });
  });

  it('that is not there or not right is told with its place, and with no value', () => {
    const wrong = ['[a]\npasword=S3CRET\n', '[a]\nhost=db\nS3CRET\n', '[a]\nhost = S3CRET\n', '[a]\nservice=b\n'].map(
      (text) => problemsOf(() => parseService(text, 'a', 'FILE')),
    );
    const missing = [
      () => resolveConnection({ service: 'unknown' }, env),
      () => resolveConnection({ service: 'main', servicefile: join(files.folder, 'none') }, env),
    ].map((run) => problemsOf(run).replaceAll(files.folder, 'FOLDER'));
    expect([...wrong, ...missing].join('\n')).toMatchInlineSnapshot(`
      "FILE:2: TARGET_BAD_DSN: "pasword" is no parameter of a service
        hint: Did you mean "password"?
      FILE:3: TARGET_BAD_DSN: there is no keyword=value
        hint: Write keyword=value with a parameter of libpq, without blanks around the "=".
      FILE:2: TARGET_BAD_DSN: there is no keyword=value
        hint: Write keyword=value with a parameter of libpq, without blanks around the "=".
      FILE:2: TARGET_BAD_DSN: "service" is no parameter of a service
        hint: Write keyword=value with a parameter of libpq, without blanks around the "=".
      TARGET_BAD_DSN: the service "unknown" is not defined in FOLDER/home/.pg_service.conf or FOLDER/system/pg_service.conf
        hint: Write a section [unknown] with lines such as host=db1, or name the file with PGSERVICEFILE.
      FOLDER/none: TARGET_BAD_DSN: the service file FOLDER/none cannot be read: there is no such file
        hint: Correct PGSERVICEFILE or servicefile, or the rights of the file."
    `);
  });
});
