import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { projectFolder } from './project.ts';

const FILES = ['package.json', 'package-lock.json', 'Dockerfile', 'CHANGELOG.md'];
const PAGES = ['docs/metrics.md', 'docs/configuration.md'];

describe('npm run release', () => {
  let folder: TemporaryFolder;

  beforeEach(async () => {
    folder = await temporaryFolder();
    mkdirSync(join(folder.path, '.ci'));
    mkdirSync(join(folder.path, 'docs'));
    symlinkSync(join(projectFolder, 'node_modules'), join(folder.path, 'node_modules'));
    for (const file of [...FILES, ...PAGES, '.ci/release.mjs']) {
      cpSync(join(projectFolder, file), join(folder.path, file));
    }
    write('.gitignore', 'node_modules\n');
    write('package.json', read('package.json').replace(/"version": "[^"]*"/, '"version": "0.1.0"'));
    write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n- [FEATURE] Everything.\n');
    git('init', '--quiet');
    git('config', 'user.name', 'Somebody');
    git('config', 'user.email', 'somebody@example.org');
    commit();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  function read(file: string): string {
    return readFileSync(join(folder.path, file), 'utf8');
  }

  function write(file: string, text: string): void {
    writeFileSync(join(folder.path, file), text);
  }

  function git(...words: readonly string[]): string {
    return execFileSync('git', words, { cwd: folder.path, encoding: 'utf8' }).trim();
  }

  function commit(): void {
    git('add', '--all');
    git('commit', '--quiet', '--message=Work');
  }

  /** @returns what it refused, or an empty text */
  function release(...words: readonly string[]): string {
    const { status, stderr } = spawnSync(process.execPath, ['.ci/release.mjs', ...words], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    expect(status).toBe(stderr === '' ? 0 : 1);
    return stderr.trim();
  }

  function tell(line: string): void {
    write('CHANGELOG.md', read('CHANGELOG.md').replace('Nothing yet.', `- ${line}`));
    commit();
  }

  it('writes the version everywhere, the heading into the changelog, and tags the commit', () => {
    expect(release('0.2.0')).toBe('');
    expect(git('tag')).toBe('v0.2.0');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('log', '-1', '--format=%s')).toBe('Release 0.2.0');
    expect(JSON.parse(read('package.json'))).toMatchObject({ name: 'walguard', version: '0.2.0' });
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({
      version: '0.2.0',
      packages: { '': { version: '0.2.0' } },
    });
    expect(read('Dockerfile').match(/^ARG VERSION=.*/gm)).toEqual(['ARG VERSION=0.2.0', 'ARG VERSION=0.2.0']);
    expect(read('CHANGELOG.md')).toMatch(
      /## Unreleased\n\nNothing yet\.\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- \[FEATURE\]/,
    );
  });

  it('refuses what is no version, is not committed, is not newer or has no news, and leaves all as it was', () => {
    expect(release('next')).toContain('Which version?');
    write('Dockerfile', 'FROM scratch\n');
    expect(release('0.2.0')).toContain('not committed');
    git('checkout', '--', 'Dockerfile');
    expect(release('0.2.0')).toBe('');
    expect(release('0.3.0')).toContain('tells nothing under "## Unreleased"');
    tell('[FIX] Something.');
    expect(release('0.2.0')).toContain('v0.2.0 is there already');
    expect(release('0.1.9')).toContain('not newer than v0.2.0');
    expect(git('tag')).toBe('v0.2.0');
    expect(git('status', '--porcelain')).toBe('');
  });

  it('lets a metric go only in a version that is large enough, and with a word', () => {
    expect(release('0.2.0')).toBe('');
    write('docs/metrics.md', read('docs/metrics.md').replace(/^\| pg_aios_bytes .*\n/m, ''));
    tell('[FIX] Something.');
    expect(release('0.3.0')).toContain('no [CHANGE] that names pg_aios_bytes');
    write('CHANGELOG.md', read('CHANGELOG.md').replace('[FIX] Something', '[CHANGE] pg_aios_bytes is gone'));
    commit();
    expect(release('0.2.1')).toContain('Take 0.3.0 or more');
    expect(release('0.3.0')).toBe('');
  });

  it('takes other labels of a metric, from 1.0 on, for a new major version, and a new flag for a minor one', () => {
    expect(release('1.0.0')).toBe('');
    const page = read('docs/configuration.md');
    write('docs/configuration.md', page.replace('| `--log.level` |', '| `--log.loud` | | | | |\n| `--log.level` |'));
    tell('[FEATURE] --log.loud.');
    expect(release('1.0.1')).toContain('the interface grew. Take 1.1.0 or more');
    expect(release('1.1.0')).toBe('');
    write(
      'docs/metrics.md',
      read('docs/metrics.md').replace('| pg_aios_bytes | gauge | state |', '| pg_aios_bytes | gauge | |'),
    );
    tell('[CHANGE] pg_aios_bytes has no label state.');
    expect(release('1.2.0')).toContain('the interface changed. Take 2.0.0 or more');
  });
});
