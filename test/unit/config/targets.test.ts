import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, type Settings } from '../../../src/config/settings.ts';
import { projectDirectory } from '../../support/project-directory.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();
const page = readFileSync(join(projectDirectory, 'docs/targets.md'), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text ?? '');

let written = 0;

function read(text: string, flags: Readonly<Record<string, readonly string[]>> = {}): Settings {
  const path = files.write(`targets-${++written}.yml`, text);
  return readSettings({
    flags: { ...flags, 'config.file': [path] },
    collectorFlags: new Map([['locks', false]]),
    env: {},
  });
}

function problemsIn(text: string): string {
  return problemsOf(() => read(text)).replaceAll(/\S*\/targets-\d+/g, 'targets');
}

describe('the examples of docs/targets.md', () => {
  it('are configurations that walguard takes, and mean what stands beside them', () => {
    const [first, second] = examples.filter((text) => /^(targets|auth_modules):/m.test(text)).map((text) => read(text));
    expect(first?.targets.map(({ name }) => name)).toEqual(['orders-1', 'orders-2', 'reports']);
    const [orders, , reports] = first?.targets ?? [];
    expect(orders).toMatchObject({
      labels: { cluster: 'orders', tier: 'gold' },
      scrapeTimeoutMs: 8_000,
      recoverability: { policy: { rpoSeconds: 300 }, repositories: ['orders'] },
    });
    expect(orders?.file?.dataSource('uri')).toBe('db1.example.com:5432/postgres?sslmode=verify-full');
    expect(reports).toMatchObject({ includedDatabases: ['*'], recoverability: { repositories: [] } });
    expect([...(reports?.collectors ?? [])].map(([name, { on }]) => [name, on])).toEqual([
      ['locks', false],
      ['stat_statements', true],
    ]);
    expect(second?.authModules).toEqual([
      {
        name: 'replicas',
        user: 'walguard',
        password: undefined,
        passwordFile: '/run/secrets/replicas',
        options: { sslmode: 'verify-full' },
        targets: ['*.db.example.com:5432', '10.1.2.*:5432/shop'],
      },
    ]);
  });
});

describe('a target', () => {
  it('has what stands in its own section, then what flag and file say of all', () => {
    const text =
      'scrape: {timeout: 3s, connections: 1}\ntargets: {a: {data_source: {name: host=a}, scrape: {timeout: 7s}}}\n';
    const [target] = read(text, { 'scrape.timeout': ['5s'] }).targets;
    expect(target).toMatchObject({ scrapeTimeoutMs: 7_000, connections: 1 });
    expect(read(text, { 'scrape.timeout': ['5s'] }).scrapeTimeoutMs).toBe(5_000);
  });

  it('that is wrong is told at its place, with the cure and without what may be a secret', () => {
    expect(
      problemsIn(`targets:
  one: postgresql://user:s3cret@db1/
  "two words": {data_source: {name: host=b}}
  three: {data_source: {user: walguard}}
  four: {data_source: {name: host=d}, web: {listen_address: ":1"}}
  five: {data_source: {name: host=e}, labels: {job: x}}
  six: {data_source: {name: host=f}, recoverability: {repositories: [main]}}
  seven: {labels: {a: b}}
`),
    ).toMatchInlineSnapshot(`
      "targets.yml:2:3: CONFIG_BAD_VALUE: targets.one is not usable
        hint: It must be a mapping.
      targets.yml:3:3: CONFIG_BAD_VALUE: targets.(a name) is not usable
        hint: Name it by a plain word of letters, digits, "_", "." and "-".
      targets.yml:4:11: CONFIG_BAD_VALUE: targets.three.data_source is not usable
        hint: Name the server by name, name_file, uri or uri_file.
      targets.yml:5:39: CONFIG_UNKNOWN_KEY: the key "web" is not known in targets.four
        hint: Did you mean "wal"?
      targets.yml:6:48: CONFIG_BAD_VALUE: targets.five.labels.job is "job"
        hint: Give the name of a label such as cluster; job and what begins with __ are Prometheus' own.
      targets.yml:8:3: CONFIG_MISSING_KEY: targets.seven.data_source is missing
        hint: Add it. It must be a mapping."
    `);
  });

  it('cannot stand beside a server of the file, and knows the repositories', () => {
    expect(
      problemsIn(`data_source: {name: host=x}
recoverability: {rpo: 1m}
repositories: {main: {archive: {method: directory, path: /archive}}}
targets: {one: {data_source: {name: host=f}, recoverability: {repositories: [mian]}}}
`),
    ).toMatchInlineSnapshot(`
      "targets.yml:4:78: CONFIG_BAD_VALUE: targets.one.recoverability.repositories.0 is "mian"
        hint: Did you mean "main"?
      targets.yml:1:1: CONFIG_BAD_VALUE: data_source is not usable
        hint: Move it to the target it is of.
      targets.yml:2:1: CONFIG_BAD_VALUE: recoverability is a mapping
        hint: Move it to the target it is of."
    `);
  });

  it('of an auth module that is wrong is told so too', () => {
    expect(
      problemsIn(`auth_modules:
  one: {type: userpass, userpass: {username: u, password: s3cret}}
  two: {type: kerberos, userpass: {username: u}, targets: ['db1:5432']}
  three: {type: userpass, userpass: {username: u, password: s3cret, password_file: /x}, targets: ['db1:5432']}
  four: {type: userpass, userpass: {username: u}, options: {host: evil}, targets: ['db1:5432']}
  five: {type: userpass, userpass: {username: u}, targets: [db1]}
  six: {type: userpass, userpass: {username: u}, targets: ['postgresql://u:s3cret@db1:5432/x']}
`),
    ).toMatchInlineSnapshot(`
      "targets.yml:2:3: CONFIG_MISSING_KEY: auth_modules.one.targets is missing
        hint: Add it. It must be a list.
      targets.yml:3:9: CONFIG_BAD_VALUE: auth_modules.two.type is not usable
        hint: Use userpass.
      targets.yml:4:69: CONFIG_BAD_VALUE: auth_modules.three.userpass.password_file is not usable
        hint: Leave it out, or the password.
      targets.yml:5:61: CONFIG_BAD_VALUE: auth_modules.four.options.host is not usable
        hint: Leave it out: the module and the target of the request say it.
      targets.yml:6:61: CONFIG_BAD_VALUE: auth_modules.five.targets.0 is not usable
        hint: Give host:port or host:port/database such as db-*.example.com:5432.
      targets.yml:7:60: CONFIG_BAD_VALUE: auth_modules.six.targets.0 is not usable
        hint: Give host:port or host:port/database such as db-*.example.com:5432."
    `);
  });
});
