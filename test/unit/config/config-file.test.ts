import { describe, expect, it } from 'vitest';
import { type ConfigFile, readConfigFile } from '../../../src/config/config-file.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();

let written = 0;

function read(text: string): ConfigFile {
  return readConfigFile(files.write(`${++written}.yml`, text));
}

function problemsOfText(text: string): string {
  return problemsOf(() => read(text)).replaceAll(/^\S+\/\d+\.yml/gm, 'walguard.yml');
}

describe('a configuration file', () => {
  it.each([
    ['empty', ''],
    ['only comments', '# log:\n#   level: warn\n'],
    ['sections whose keys are commented out', 'log:\n  # level: warn\ncollector:\ndata_source:\n'],
    ['an empty mapping', '{}\n'],
  ])('that is %s says nothing', (_what, text) => {
    const file = read(text);
    expect(file.option('log.level')).toBeUndefined();
    expect(file.collectors().size).toBe(0);
    expect(file.dataSource('name')).toBeUndefined();
  });

  it('gives an option by its flag, with its key and its place', () => {
    const file = read('web:\n  telemetry_path: /m\n  listen_address: [":1", ":2"]\n');
    expect(file.option('web.telemetry-path')).toMatchObject({
      texts: ['/m'],
      said: 'web.telemetry_path',
      where: { line: 2, column: 3 },
    });
    expect(file.option('web.listen-address')?.texts).toEqual([':1', ':2']);
    expect(file.option('log.level')).toBeUndefined();
  });

  it('gives one address as it gives a list of one', () => {
    expect(read('web: {listen_address: ":1"}\n').option('web.listen-address')?.texts).toEqual([':1']);
  });

  it('gives the data source by its keys', () => {
    const file = read('data_source:\n  uri: db:5432/postgres\n  pass_file: /run/secrets/pass\n');
    expect(file.dataSource('uri')).toBe('db:5432/postgres');
    expect(file.dataSource('pass_file')).toBe('/run/secrets/pass');
    expect(file.dataSource('user')).toBeUndefined();
  });
});

describe('the problems of a configuration file', () => {
  it('are told all at once, each at its place, with the nearest known key', () => {
    const text = `web:
  listen_adress: ":9187"
  telemetry_path: {a: 1}
logs:
  level: info
scrape:
  timeout: [1s, 2s]
  connections:
archiver: 5
extend:
  query_path: {a: b}
collector:
  locks: sometimes
`;
    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "walguard.yml:3:3: CONFIG_BAD_VALUE: web.telemetry_path is a mapping
        hint: Write one value.
      walguard.yml:2:3: CONFIG_UNKNOWN_KEY: the key "listen_adress" is not known in web
        hint: Did you mean "listen_address"?
      walguard.yml:11:3: CONFIG_BAD_VALUE: extend.query_path is a mapping
        hint: Write one value, or a list.
      walguard.yml:7:3: CONFIG_BAD_VALUE: scrape.timeout is a list
        hint: Write one value.
      walguard.yml:8:3: CONFIG_BAD_VALUE: scrape.connections is empty
        hint: Write one value.
      walguard.yml:9:1: CONFIG_BAD_VALUE: archiver is 5
        hint: It must be a mapping.
      walguard.yml:5:3: CONFIG_UNKNOWN_KEY: the key "level" is not known in logs
        hint: Known here: path, state_directory, max_rate, line_prefix.
      walguard.yml:13:3: CONFIG_BAD_VALUE: collector.locks is "sometimes"
        hint: It must be a boolean."
    `);
  });

  it('do not repeat a key that may be a secret whose colon lost its space', () => {
    const text = 'data_source: {name:postgresql://u:hunter2@h/db}\n"DATA_SOURCE_NAME=postgresql://u:hunter2@h": 1\n';
    const problems = problemsOfText(text);
    expect(problems).not.toContain('hunter2');
    expect(problems.match(/CONFIG_UNKNOWN_KEY/g)).toHaveLength(2);
  });

  it('do not repeat what may be a secret', () => {
    const text = 'data_source:\n  pass: 12345\n  user: [walguard]\n  password: hunter2\n';
    expect(problemsOfText(text)).toMatchInlineSnapshot(`
      "walguard.yml:3:3: CONFIG_BAD_VALUE: data_source.user is not usable
        hint: It must be a string.
      walguard.yml:2:3: CONFIG_BAD_VALUE: data_source.pass is not usable
        hint: It must be a string.
      walguard.yml:4:3: CONFIG_UNKNOWN_KEY: the key "password" is not known in data_source
        hint: Known here: name, uri, user, pass, name_file, uri_file, user_file, pass_file, pass_command, pass_command_ttl."
    `);
  });
});
