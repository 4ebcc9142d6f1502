import { describe, expect, it } from 'vitest';

import { readConfigFile } from '../../../src/config/config-file.ts';
import { problemsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();
let written = 0;

function read(archive: string, backups: string): ReturnType<typeof readConfigFile> {
  const text = `repositories:\n  main:\n    archive: {${archive}}\n    backups: [{${backups}}]\n`;
  return readConfigFile(files.write(`${++written}.yml`, text));
}

const ARCHIVE = 'method: barman, path: /b, server: main';

describe('Barman in a configuration file', () => {
  it('is read with its folder, or with what to run', () => {
    const program = 'method: barman, server: a b, config: /c, command: [barman, -q], prefix: [ssh, h], time_limit: 1m';
    const [byFiles] = read(ARCHIVE, ARCHIVE).repositories;
    const [byProgram] = read(ARCHIVE, program).repositories;

    const usual = { method: 'barman', server: 'main', path: '/b', time_limit: 300_000 };
    expect(byFiles?.archive).toEqual(usual);
    expect(byFiles?.backups).toEqual([{ ...usual, prefix: [], environment: {} }]);
    expect(byProgram?.backups).toMatchObject([
      { server: 'a b', config: '/c', command: ['barman', '-q'], prefix: ['ssh', 'h'], time_limit: 60_000 },
    ]);
  });

  it.each([
    ['method: barman, path: /b', 'server is missing'],
    ['method: barman, path: /b, server: ../x', 'server is "../x"'],
    ['method: barman, path: /b, server: ..', 'server is ".."'],
    ['method: barman, path: /b, server: --help', 'server is "--help"'],
    ['method: barman, path: b, server: main', 'path is "b"'],
    ['method: barman, path: /b, server: main, prefix: [sudo]', 'prefix is'],
    ['method: barman, path: /b, server: main, config: /etc/barman.conf', 'config is "/etc/barman.conf"'],
  ])('with {%s} is refused', (backups, problem) => {
    expect(problemsOf(() => read(ARCHIVE, backups))).toContain(`repositories.main.backups.0.${problem}`);
  });

  it('needs the folder for its WAL', () => {
    expect(problemsOf(() => read('method: barman, server: main', ARCHIVE))).toContain('archive.path is missing');
  });
});
