import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnchors, readRelativeLinks } from './markdown.ts';
import { listProjectFiles, readProjectFile } from './project.ts';

const files = listProjectFiles();

/** Every line of every text file, as `path:line: text`. */
const lines = files
  .map((path) => ({ path, text: readProjectFile(path) }))
  .filter(({ text }) => !text.includes('\0'))
  .flatMap(({ path, text }) => text.split('\n').map((line, index) => ({ path, place: `${path}:${index + 1}`, line })));

function findLines(pattern: RegExp): readonly string[] {
  return lines.filter(({ line }) => pattern.test(line)).map(({ place, line }) => `${place}: ${line.trim()}`);
}

describe('the text of the project', () => {
  it('names no folder of the machine it was written on', () => {
    expect(findLines(/(?<![\w.~-])\/(?:work|root|farm|home\/\w+)\//)).toEqual([]);
  });

  it('names no host to download packages from', () => {
    const npm = /registry\.(?:npmjs|npmmirror|yarnpkg)\.|npm\.pkg\.github/;
    expect(findLines(npm)).toEqual([]);
    expect(findLines(/\b(?:deb|ftp|security|snapshot|archive)\.(?:debian|ubuntu)\.(?:org|com)/)).toEqual([]);
  });

  it('lets package-lock.json install from any registry', () => {
    expect(findLines(/"resolved": "https?:/)).toEqual([]);
  });

  it('points at no numbered ticket, which a reader cannot open', () => {
    expect(findLines(/\b(?:issue|ticket|pull request)s? ?#?\d+/i)).toEqual([]);
  });

  it('has no source file longer than 300 lines', () => {
    const sources = files.filter((path) => /^src\/.*\.ts$/.test(path));
    expect(sources.filter((path) => readProjectFile(path).trimEnd().split('\n').length > 300)).toEqual([]);
  });

  it('has no Markdown link to a file or heading that is not there', () => {
    const broken = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => findBrokenLinks(path).map((link) => `${path}: ${link}`));
    expect(broken).toEqual([]);
  });
});

function findBrokenLinks(page: string): readonly string[] {
  return readRelativeLinks(readProjectFile(page)).flatMap(({ path, anchor }) => {
    const target = path === '' ? page : posix.join(posix.dirname(page), path);
    const isFile = files.includes(target);
    const isFolder = files.some((file) => file.startsWith(`${target.replace(/\/$/, '')}/`));
    if (!isFile && !isFolder) return [`${path} is not there`];
    if (anchor === undefined) return [];
    return isFile && readAnchors(readProjectFile(target)).has(anchor) ? [] : [`${path}#${anchor} is no heading`];
  });
}
