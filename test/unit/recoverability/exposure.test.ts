import { describe, expect, it } from 'vitest';
import type { Heartbeat } from '../../../src/core/facts.ts';
import type { Exposure } from '../../../src/core/recoverability.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import { archiveOf, arrival, at, backupOf, inputOf, MEGABYTE, NOW, sample, serverOf } from './world.ts';

/** One sample every 10 s; the position passes the end of segment 10 between the samples at 60 and at 50 s ago. */
const ring: readonly Heartbeat[] = Array.from({ length: 21 }, (_, index) => {
  const ago = 200 - index * 10;
  return sample(NOW - ago, at(11, MEGABYTE * (5 - ago / 10) + MEGABYTE / 2), {
    lastArchivedFile: nameOf(ago > 50 ? 9 : 10),
  });
});

function nameOf(segment: number): string {
  return `00000001000000000000000${segment.toString(16).toUpperCase()}`;
}

const busy = serverOf({
  lsn: at(11, 5.5 * MEGABYTE),
  lastArchivedTimeSeconds: NOW - 40,
  lastArchivedClosedSeconds: NOW - 53,
});
const complete = archiveOf({ 1: '1-10' }, { readAtSeconds: NOW - 5 });

type Given = Parameters<typeof inputOf>[0];

function exposure(given: Given): Exposure | undefined {
  return assess(inputOf({ server: busy, heartbeats: ring, ...given })).exposure;
}

describe('what would be lost with the server, by its own word', () => {
  it('is what was written since the last sample before the end of what is archived', () => {
    expect(exposure({})).toEqual({ seconds: 60, bytes: at(0, 5.5 * MEGABYTE), method: 'lsn_ring', evidence: 'server' });
  });

  it('is nothing while nobody writes and all is archived, but for what a server writes when idle', () => {
    const idle = (offset: number): Exposure | undefined => exposure({ server: serverOf({ lsn: at(11, offset) }) });
    expect(idle(0)).toEqual({ seconds: 0, bytes: 0n, method: 'lsn_ring', evidence: 'server' });
    expect(idle(8_192)?.seconds).toBe(0);
    expect(idle(8_193)?.seconds).toBeGreaterThan(0);
  });

  it('is by the time at which the last segment was closed when walguard has just started', () => {
    expect(exposure({ heartbeats: [] })).toMatchObject({ seconds: 53, method: 'done_time' });
    expect(exposure({ heartbeats: ring.slice(-3) })).toMatchObject({ seconds: 53, method: 'done_time' });
  });

  it('is by the time at which it was archived where that is all that is known', () => {
    const server = { ...busy, lastArchivedClosedSeconds: undefined };
    expect(exposure({ server, heartbeats: [] })).toMatchObject({ seconds: 40, method: 'archived_time' });
  });

  it('is what was written since the newest backup where nothing is archived', () => {
    const backups = [
      backupOf({ stopTimeSeconds: NOW - 5_000 }),
      backupOf({ label: 'b', stopTimeSeconds: NOW - 3_000 }),
    ];
    const expected = { seconds: 3_000, bytes: undefined, method: 'backup', evidence: 'server' };
    expect(exposure({ server: { ...busy, archivingExpected: false }, backups })).toEqual(expected);
  });

  it('is the same where nothing was ever archived', () => {
    const server = { ...busy, archivedEnd: undefined, lastArchivedFile: undefined, lastArchivedTimeSeconds: undefined };
    const never = ring.map((one) => ({ ...one, lastArchivedFile: undefined }));
    const backups = [backupOf({ stopTimeSeconds: NOW - 3_000 })];
    const input = { server: { ...server, lastArchivedClosedSeconds: undefined }, heartbeats: never };
    expect(exposure({ ...input, backups })).toMatchObject({ seconds: 3_000, method: 'backup' });
    expect(exposure(input)).toBeUndefined();
  });

  it('goes on from what was archived before the statistics were reset', () => {
    const server = {
      ...busy,
      archivedEnd: undefined,
      lastArchivedFile: undefined,
      lastArchivedTimeSeconds: undefined,
      lastArchivedClosedSeconds: undefined,
    };
    expect(exposure({ server })).toMatchObject({ seconds: 60, method: 'lsn_ring' });
  });

  it('counts what was written before a failover too', () => {
    const before = ring.map((one, index) => ({ ...one, timeline: index < 18 ? 1 : 2, inRecovery: index < 18 }));
    expect(exposure({ server: { ...busy, timeline: 2 }, heartbeats: before })?.seconds).toBe(60);
  });

  it('is not known on a standby', () => {
    expect(exposure({ server: { ...busy, inRecovery: true } })).toBeUndefined();
    expect(exposure({ server: undefined })).toBeUndefined();
  });

  it('is not known where no backup is left to restore', () => {
    expect(exposure({ backups: [] })).toBeUndefined();
  });
});

describe('what would be lost, with a look at the archive', () => {
  const backups = [backupOf()];

  it('is as PostgreSQL says where the archive holds it', () => {
    expect(exposure({ archive: complete, backups })).toMatchObject({
      seconds: 60,
      method: 'lsn_ring',
      evidence: 'archive',
    });
  });

  it('believes what was archived since the archive was read, if all before was there', () => {
    const archive = archiveOf({ 1: '1-9' }, { readAtSeconds: NOW - 60 });
    expect(exposure({ archive, backups })?.seconds).toBe(60);
  });

  it('says that PostgreSQL is believed where the archive was not read for long', () => {
    const archive = archiveOf({ 1: '1-8' }, { readAtSeconds: NOW - 901 });
    expect(exposure({ archive, backups })).toMatchObject({ seconds: 60, evidence: 'server' });
  });

  it('does not believe it once something else was not there', () => {
    const archive = archiveOf({ 1: '1-8' }, { readAtSeconds: NOW - 60 });
    expect(exposure({ archive, backups })?.seconds).toBeGreaterThan(200);
  });

  it('ends at a gap behind the newest backup', () => {
    const archive = archiveOf({ 1: '1-5 7-10' }, { readAtSeconds: NOW - 5 });
    const found = exposure({ archive, backups });
    expect(found).toMatchObject({ seconds: NOW - arrival(5), bytes: at(5, 5.5 * MEGABYTE), method: 'archived_time' });
  });

  it('is no more than since a backup that is newer than all that is archived', () => {
    const archive = archiveOf({ 1: '1-5' }, { readAtSeconds: NOW - 5 });
    const newer = backupOf({
      label: 'b',
      stopTimeSeconds: NOW - 300,
      wal: { start: at(9), stop: at(10), included: true },
    });
    expect(exposure({ archive, backups: [...backups, newer] })).toMatchObject({ seconds: 300, method: 'backup' });
  });

  it('is not lowered by a backup of a branch that was left', () => {
    const histories = { 2: [{ parent: 1, switchLsn: at(6, 500) }] };
    const archive = archiveOf({ 1: '1-8', 2: '6-10' }, { histories, readAtSeconds: NOW - 5 });
    const late = backupOf({ label: 'b', stopTimeSeconds: NOW - 20, wal: { start: at(7), stop: at(8) } });
    const server = { ...busy, timeline: 2, lastArchivedFile: '00000002000000000000000A' };
    expect(exposure({ server, archive, backups: [...backups, late] })).toMatchObject({
      seconds: 60,
      method: 'lsn_ring',
    });
  });

  it('is by the archive alone where something else fills it than the server', () => {
    const server = { ...busy, archivingExpected: false, archivedEnd: undefined, lastArchivedFile: undefined };
    const unasked = ring.map((one) => ({ ...one, lastArchivedFile: undefined }));
    expect(exposure({ server, heartbeats: unasked, archive: complete, backups })?.seconds).toBe(60);
  });

  it('looks at the end of the archive where nobody told of backups', () => {
    expect(exposure({ archive: complete })?.seconds).toBe(60);
    const cut = archiveOf({ 1: '1-5 7-10' }, { readAtSeconds: NOW - 5 });
    expect(exposure({ archive: cut })?.seconds).toBe(60);
    const pending = archiveOf({ 1: '1-8 10' }, { readAtSeconds: NOW - 5, timeOf: (segment) => NOW - 100 + segment });
    expect(exposure({ archive: pending })?.seconds).toBeGreaterThan(60);
  });

  it('takes no notice of an archive of another cluster', () => {
    const archive = archiveOf({ 1: '1-10' }, { systemIdentifier: '7000000000000000001' });
    expect(exposure({ archive })?.evidence).toBe('server');
  });
});

describe('programs that receive WAL', () => {
  const received = (flushLsn: bigint): Given => ({
    server: { ...busy, receivers: [{ applicationName: 'pg_receivewal', flushLsn }] },
  });

  it('lower what would be lost to what they have not on disk', () => {
    expect(exposure(received(at(11, 4 * MEGABYTE)))).toMatchObject({ seconds: 20, bytes: at(0, 1.5 * MEGABYTE) });
    expect(exposure(received(busy.lsn ?? 0n))).toMatchObject({ seconds: 0, bytes: 0n });
  });

  it('do not raise it', () => {
    expect(exposure(received(at(3)))?.seconds).toBe(60);
  });

  it('do not bridge a gap in the archive behind the newest backup', () => {
    const archive = archiveOf({ 1: '1-5 7-10' }, { readAtSeconds: NOW - 5 });
    const given = { ...received(busy.lsn ?? 0n), archive, backups: [backupOf()] };
    expect(exposure(given)?.seconds).toBe(NOW - arrival(5));
  });
});

describe('a server that does not answer any more', () => {
  const backups = [backupOf()];

  it('lost what it had not archived when it was last seen', () => {
    expect(exposure({ nowSeconds: NOW + 3_600, archive: complete, backups })?.seconds).toBe(60);
  });

  it('is not gone if the archive got further since: then nobody knows', () => {
    const archive = archiveOf({ 1: '1-12' }, { readAtSeconds: NOW + 3_500 });
    expect(exposure({ nowSeconds: NOW + 3_600, archive, backups })).toBeUndefined();
    const later = archiveOf({ 1: '1-11' }, { timeOf: (segment) => (segment < 11 ? arrival(segment) : NOW + 5) });
    expect(exposure({ nowSeconds: NOW + 10, archive: later, backups })?.seconds).toBe(0);
  });
});
