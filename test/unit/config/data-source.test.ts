import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { type DataSource, readDataSource } from '../../../src/config/data-source.ts';
import type { Environment } from '../../../src/config/given.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();
const nothing: DataSource = { name: undefined, uri: undefined, user: undefined, password: undefined };

let written = 0;

function read(env: Environment, config?: string): DataSource {
  const file = config === undefined ? undefined : readConfigFile(files.write(`${++written}.yml`, config));
  return readDataSource(env, file);
}

describe('the data source', () => {
  it('is nothing where nothing is said', () => {
    expect(read({})).toEqual(nothing);
    expect(read({}, 'log: {level: info}\n')).toEqual(nothing);
  });

  it.each([
    ['DATA_SOURCE_NAME', 'name'],
    ['DATA_SOURCE_URI', 'uri'],
    ['DATA_SOURCE_USER', 'user'],
    ['DATA_SOURCE_PASS', 'password'],
  ] as const)('takes %s as it is', (variable, key) => {
    expect(read({ [variable]: ' a b ' })).toEqual({ ...nothing, [key]: ' a b ' });
  });

  it.each([
    ['DATA_SOURCE_NAME', 'name'],
    ['DATA_SOURCE_URI', 'uri'],
    ['DATA_SOURCE_USER', 'user'],
    ['DATA_SOURCE_PASS', 'password'],
  ] as const)('takes the file that %s_FILE names, which wins over the plain variable', (variable, key) => {
    const path = files.write(`${variable}.txt`, 'from-file\n');
    expect(read({ [`${variable}_FILE`]: path, [variable]: 'plain' })).toEqual({ ...nothing, [key]: 'from-file' });
  });

  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret'],
    ['secret', 'secret'],
    ['  se cret  \n', '  se cret  '],
    ['two\nlines\n', 'two\nlines'],
    ['\ttab\t', '\ttab\t'],
  ])('takes a password from a file without the line end only: %j', (text, expected) => {
    const path = files.write('pass.txt', text);
    expect(read({ DATA_SOURCE_PASS_FILE: path }).password).toBe(expected);
  });

  it('takes neither an empty variable nor an empty file for something', () => {
    const empty = files.write('empty.txt', '\n');
    expect(read({ DATA_SOURCE_NAME: '', DATA_SOURCE_NAME_FILE: '', DATA_SOURCE_USER: '' })).toEqual(nothing);
    expect(read({ DATA_SOURCE_NAME_FILE: empty, DATA_SOURCE_PASS_FILE: empty })).toEqual(nothing);
    expect(read({}, `data_source: {name: "", pass_file: ${empty}}\n`)).toEqual(nothing);
  });

  it('is taken from the configuration file, there too from a file it names', () => {
    const path = files.write('config-pass.txt', 'from-file\n');
    const config = `data_source: {uri: db/postgres, user: walguard, pass: plain, pass_file: ${path}}\n`;
    expect(read({}, config)).toEqual({ ...nothing, uri: 'db/postgres', user: 'walguard', password: 'from-file' });
  });

  it('names the server of the environment, not one of the configuration file, whichever way each is named', () => {
    const byName = 'data_source: {name: "host=file"}\n';
    const byUri = 'data_source: {uri: file/postgres}\n';
    expect(read({ DATA_SOURCE_URI: 'env/postgres' }, byName)).toEqual({ ...nothing, uri: 'env/postgres' });
    expect(read({ DATA_SOURCE_NAME: 'host=env' }, byUri)).toEqual({ ...nothing, name: 'host=env' });
  });

  it('takes user and password from the configuration file where the environment has none', () => {
    const config = 'data_source: {user: file-user, pass: file-pass}\n';
    expect(read({ DATA_SOURCE_URI: 'env/postgres', DATA_SOURCE_USER: 'env-user' }, config)).toEqual({
      ...nothing,
      uri: 'env/postgres',
      user: 'env-user',
      password: 'file-pass',
    });
  });

  it('says which variable or key named a file that cannot be read', () => {
    const path = `${files.folder}/none.txt`;
    const env = problemsOf(() => read({ DATA_SOURCE_PASS_FILE: path }));
    const config = problemsOf(() => read({}, `data_source: {pass_file: ${files.folder}}\n`));
    expect(`${env}\n${config}`.replaceAll(path, 'none.txt').replaceAll(files.folder, 'folder')).toMatchInlineSnapshot(`
      "none.txt: CONFIG_FILE_UNREADABLE: none.txt cannot be read: there is no such file
        hint: Correct DATA_SOURCE_PASS_FILE, or the rights of the file.
      folder: CONFIG_FILE_UNREADABLE: folder cannot be read: it is a directory
        hint: Correct data_source.pass_file, or the rights of the file."
    `);
  });
});
