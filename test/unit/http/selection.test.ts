import { describe, expect, it } from 'vitest';
import { readSelection } from '../../../src/http/selection.ts';

const known = ['archiver', 'locks', 'settings'];

describe('the collectors that a request asks for', () => {
  it.each([
    ['all', {}, undefined, []],
    ['one', { 'collect[]': 'locks' }, ['locks'], []],
    ['several', { 'collect[]': ['locks', 'archiver'] }, ['locks', 'archiver'], []],
    ['one without brackets', { collect: 'locks' }, ['locks'], []],
    ['with and without brackets', { collect: 'locks', 'collect[]': ['archiver', 'locks'] }, ['locks', 'archiver'], []],
    ['all but one', { 'exclude[]': 'locks' }, undefined, ['locks']],
    ['one that it leaves out too', { 'collect[]': 'locks', 'exclude[]': 'locks' }, ['locks'], ['locks']],
    ['all, with something else', { target: 'db', collector: 'locks' }, undefined, []],
  ])('are %s', (_what, query, collect, exclude) => {
    expect(readSelection(query, known)).toEqual({
      collect: collect === undefined ? undefined : new Set(collect),
      exclude: new Set(exclude),
    });
  });

  it.each([
    [{ 'collect[]': 'lock' }, 'There is no collector "lock", or it is switched off. Did you mean locks?'],
    [{ 'exclude[]': 'archive' }, 'There is no collector "archive", or it is switched off. Did you mean archiver?'],
    [{ 'collect[]': ['locks', 'replication'] }, 'There is no collector "replication", or it is switched off.'],
    [{ collect: '' }, 'There is no collector "", or it is switched off.'],
    [{ collect: 'a"b\n' }, String.raw`There is no collector "a\"b\n", or it is switched off.`],
  ])('cannot be %o', (query, expected) => {
    expect(readSelection(query, known)).toBe(expected);
  });
});
