import { describe, expect, it } from 'vitest';

import type { Exposure } from '../../../src/core/recoverability.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import {
  archiveOf,
  arrival,
  at,
  backupOf,
  findingOf,
  inputOf,
  NOW,
  presentIn,
  sample,
  serverOf,
  sourceOf,
} from './world.ts';

type Given = Parameters<typeof inputOf>[0];

const backups = [backupOf({ stopTimeSeconds: NOW - 9_000 })];
const archive = archiveOf({ 1: '1-10' });
const nothingArchived = {
  archivedEnd: undefined,
  lastArchivedFile: undefined,
  lastArchivedTimeSeconds: undefined,
  lastArchivedClosedSeconds: undefined,
};

function exposure(given: Given): Exposure | undefined {
  return assess(inputOf({ archive, backups, ...given })).exposure;
}

describe('a server on a timeline of which the archive knows nothing', () => {
  const promoted = serverOf({ ...nothingArchived, timeline: 2, lsn: at(8, 90_000) });

  it('has nothing safe by what its old primary went on to archive', () => {
    expect(exposure({ server: promoted })).toMatchObject({ seconds: 9_000, method: 'backup' });
  });

  it('has safe what it had before its switch, as far as samples tell', () => {
    const heartbeats = [
      sample(NOW - 900, at(7, 500), { timeline: 1 }),
      sample(NOW - 800, at(8, 500), { timeline: 2 }),
      sample(NOW - 10, at(8, 90_000), { timeline: 2 }),
    ];
    expect(exposure({ server: promoted, heartbeats })).toMatchObject({
      seconds: 900,
      bytes: at(8, 90_000) - at(7, 500),
      method: 'lsn_ring',
    });
  });

  it('is not believed to have archived it because the branch that was left goes further', () => {
    const server = {
      ...promoted,
      lsn: at(12, 90_000),
      archivedEnd: at(12),
      lastArchivedFile: '00000002000000000000000B',
      lastArchivedTimeSeconds: NOW - 1,
    };
    const heartbeats = [
      sample(NOW - 900, at(7, 500), { timeline: 1 }),
      sample(NOW - 800, at(9, 0), { timeline: 2, lastArchivedFile: '000000020000000000000008' }),
    ];
    expect(exposure({ server, heartbeats })).toMatchObject({ seconds: 900 });
  });

  it('has all of it safe once the archive holds the way to its timeline', () => {
    const histories = { 2: [{ parent: 1, switchLsn: at(8, 400) }] };
    const whole = archiveOf({ 1: '1-10', 2: '8' }, { histories });
    expect(exposure({ server: { ...promoted, lsn: at(9) }, archive: whole })?.seconds).toBe(0);
  });
});

describe('a server that was set back on its timeline', () => {
  const server = serverOf({ lsn: at(5, 90_000), archivedEnd: at(5), lastArchivedFile: '000000010000000000000004' });

  it('has nothing safe by what the archive has of its lost future', () => {
    expect(exposure({ server })).toMatchObject({ seconds: 9_000, method: 'backup' });
  });

  it('is not seen in what came into the archive just after the server was asked', () => {
    const late = archiveOf({ 1: '1-11' }, { timeOf: (segment) => (segment < 11 ? arrival(segment) : NOW - 1) });
    expect(exposure({ server: serverOf({ lsn: at(11, 90_000) }), archive: late })?.seconds).toBe(0);
  });
});

it('what PostgreSQL archived a moment ago is not safe behind a gap, though nothing is known from before', () => {
  const holed = archiveOf({ 1: '1-5 7-10' }, { readAtSeconds: NOW - 5 });
  const server = serverOf({ lastArchivedTimeSeconds: NOW - 1, lastArchivedClosedSeconds: NOW - 1 });
  expect(exposure({ server, archive: holed })).toMatchObject({ seconds: 9_000, method: 'backup' });
  expect(exposure({ server })?.seconds).toBeLessThan(10);
});

it('what a receiver says it holds is the word of the server', () => {
  const receivers = [{ applicationName: 'pg_receivewal', flushLsn: at(11, 500_000) }];
  const server = serverOf({ ...nothingArchived, archivingExpected: false, archiverState: 'disabled', receivers });
  expect(exposure({ server, archive: archiveOf({ 1: '1-7' }) })).toMatchObject({ seconds: 0, evidence: 'server' });
});

describe('the way to now', () => {
  it('is open from a copy of an idle standby that ends in the segment being written', () => {
    const copy = backupOf({
      wal: { start: at(11, 40), stop: at(11, 900), included: true },
      stopTimeSeconds: NOW - 9_000,
    });
    const given = { archive, backups: [copy] };
    expect(presentIn(assess(inputOf({ ...given, server: serverOf({ lsn: at(11, 5_000) }) })))).toEqual([]);
    expect(presentIn(assess(inputOf({ ...given, server: serverOf({ lsn: at(12, 5_000) }) })))).toEqual([
      'no_way_to_now',
    ]);
    expect(presentIn(assess(inputOf({ ...given, server: serverOf({ lsn: at(11, 5_000), timeline: 2 }) })))).toEqual([
      'no_way_to_now',
    ]);
  });

  it('is not known while a source is read for the first time, which may hold it', () => {
    const holed = { archive: archiveOf({ 1: '1-5 7-10' }), backups };
    const read = [sourceOf({}), sourceOf({ source: 'archive' })];
    const sourcesOf = (up: boolean | undefined): Given => ({
      ...holed,
      sources: [...read, sourceOf({ method: 'pgbackrest', up, lastSuccessSeconds: undefined })],
    });
    const finding = (given: Given): boolean | undefined => findingOf(assess(inputOf(given)), 'no_way_to_now').present;
    expect(finding(sourcesOf(undefined))).toBeUndefined();
    expect(assess(inputOf(sourcesOf(undefined))).verdict).toBe('unknown');
    expect(finding(sourcesOf(false))).toBe(true);
    expect(finding(holed)).toBe(true);
  });
});

it('an archive that is empty is asked for its disk first', () => {
  const cure = (held: Record<number, string>): string =>
    findingOf(assess(inputOf({ archive: archiveOf(held), backups, server: serverOf() })), 'archiver_losing').cure;
  expect(cure({})).toMatch(/^See whether the disk that belongs there is mounted/);
  expect(cure({ 1: '1-5' })).toMatch(/^See what archive_command really does/);
});

it('nobody is said to lose WAL while another archive is read for the first time', () => {
  const given = { archive: archiveOf({ 1: '1-5' }), backups, server: serverOf() };
  const finding = (up: boolean | undefined): boolean | undefined => {
    const sources = [
      sourceOf({}),
      sourceOf({ source: 'archive' }),
      sourceOf({ source: 'archive', repository: 'b', up }),
    ];
    return findingOf(assess(inputOf({ ...given, sources })), 'archiver_losing').present;
  };
  expect(finding(undefined)).toBeUndefined();
  expect(finding(true)).toBe(true);
});
