import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closest } from '../../../src/core/closest.ts';

const known = ['archiver', 'settings', 'stat_database', 'stat_user_tables', 'locks'];
const anyWord = fc.stringMatching(/^[a-z_]{4,20}$/);

describe('the nearest known word', () => {
  it.each([
    ['archiver', 'archiver'],
    ['arhciver', 'archiver'],
    ['archivers', 'archiver'],
    ['ARCHIVER', 'archiver'],
    ['stat_databse', 'stat_database'],
    ['lock', 'locks'],
    ['stat_usertebl', 'stat_user_tables'],
    ['sttuser_tble', 'stat_user_tables'],
    ['stat_usertable', 'stat_user_tables'],
  ])('to %s is %s', (word, expected) => {
    expect(closest(word, known)).toBe(expected);
  });

  it.each(['', 'replication', 'lo', 'xyz', 'stetuserteblo'])('is none for %j, which resembles nothing', (word) => {
    expect(closest(word, known)).toBeUndefined();
  });

  it('is none where nothing is known', () => {
    expect(closest('archiver', [])).toBeUndefined();
  });

  it('is found again when a letter was left out', () => {
    fc.assert(
      fc.property(anyWord, fc.nat(), (word, where) => {
        const at = where % word.length;
        expect(closest(word.slice(0, at) + word.slice(at + 1), [word])).toBe(word);
      }),
    );
  });

  it('is found again when two letters were swapped', () => {
    fc.assert(
      fc.property(anyWord, fc.nat(), (word, where) => {
        const at = where % (word.length - 1);
        const swapped = `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
        expect(closest(swapped, [word])).toBe(word);
      }),
    );
  });

  it('is the word itself if that is known, whatever else is', () => {
    fc.assert(
      fc.property(anyWord, fc.array(anyWord), (word, others) => {
        expect(closest(word, [...others, word])).toBe(word);
      }),
    );
  });
});
