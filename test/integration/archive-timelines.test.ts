import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { createDirectoryArchive } from '../../src/archive/directory/index.ts';
import { segmentOf } from '../../src/core/segments.ts';
import { isolatedCopy } from '../support/archive-copy.ts';
import { supportedMajors } from '../support/supported-majors.ts';
import { ageAll, archiveSegments, askKnown, heldNames, NOTHING_KNOWN, segmentNamesIn } from '../support/wal-archive.ts';

const signal = AbortSignal.timeout(600_000);
const SEGMENT_BYTES = 1_048_576;

describe.each(supportedMajors)('an archive of PostgreSQL %i with timelines', (major) => {
  let primary: PostgresServer;
  let archive: string;
  let second: PostgresServer;

  beforeAll(async () => {
    const settings = { log_timezone: 'Europe/Berlin' };
    primary = await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'], settings });
    archive = primary.archiveDirectory ?? '';
    second = await startStandby(primary);
    await archiveSegments(primary, 2);
    await primary.sql(`SELECT pg_logical_emit_message(true, 'test', 'in the middle of a segment')`);
    const [[lsn] = []] = await primary.sql('SELECT pg_current_wal_lsn()');
    await second.waitForSql(`pg_last_wal_replay_lsn() >= '${lsn}'`);
    await primary.kill();
    await second.promote();
    // Nothing tells an archiver that is still starting of a segment: it looks again after a minute.
    await second.waitForSql('(SELECT last_archived_wal IS NOT NULL FROM pg_stat_archiver)', 90_000);
    await archiveSegments(second, 2);
  });
  afterAll(async () => {
    await second[Symbol.asyncDispose]();
    await primary[Symbol.asyncDispose]();
  });

  it('has the history, the beginning of the last segment before, and the first segment after, whose header is older', async () => {
    await using copy = await isolatedCopy(archive);
    await ageAll(copy.path);
    const contents = await createDirectoryArchive({ path: copy.path }).read(await askKnown(second), signal);

    expect(contents.badFiles).toEqual([]);
    expect(contents.unverified).toBe(0);
    expect(heldNames(contents).toSorted()).toEqual(await segmentNamesIn(archive));
    const [change] = contents.histories.get(2) ?? [];
    const begin = segmentOf(change?.switchLsn ?? 0n, SEGMENT_BYTES);
    expect(change?.parent).toBe(1);
    expect(contents.timelines.map(({ timeline }) => timeline)).toEqual([1, 2]);
    expect(contents.timelines[1]?.segments[0]).toBe(begin);
    expect(contents.partials.map(({ timeline, segment }) => [timeline, segment])).toEqual([[1, begin]]);
  });

  it('has labels with the times of their zone', async () => {
    const contents = await createDirectoryArchive({ path: archive }).read(NOTHING_KNOWN, signal);

    const [label] = contents.labels;
    expect(contents.labels).toHaveLength(1);
    expect(label?.wal.timeline).toBe(1);
    expect(label?.wal.stop).toBeGreaterThan(label?.wal.start ?? 0n);
    expect(label?.fromStandby).toBe(false);
    expect(Math.abs((label?.stopTimeSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(900);
    expect(label?.startTimeSeconds).toBeLessThanOrEqual(label?.stopTimeSeconds ?? 0);
  });

  it('with a history that is none has a bad file, and no history', async () => {
    await using copy = await isolatedCopy(archive);
    await writeFile(join(copy.path, '00000002.history'), 'nothing of the kind');
    await ageAll(copy.path);
    const { histories, badFiles } = await createDirectoryArchive({ path: copy.path }).read(NOTHING_KNOWN, signal);
    expect(histories.size).toBe(0);
    expect(badFiles).toEqual([
      { name: '00000002.history', reason: 'unreadable', timeline: undefined, segment: undefined },
    ]);
  });
});

describe('a label whose zone is ambiguous', () => {
  it('ended when it came into the archive', async () => {
    const settings = { log_timezone: 'Asia/Kolkata' };
    await using server = await startPostgres({ archive: true, initdbArgs: ['--wal-segsize=1'], settings });
    await using _standby = await startStandby(server);
    await archiveSegments(server, 1);
    const path = server.archiveDirectory ?? '';
    const name = (await readdir(path)).find((each) => each.endsWith('.backup')) ?? '';
    expect(await readFile(join(path, name), 'utf8')).toMatch(/^STOP TIME: .* IST$/m);
    const { labels } = await createDirectoryArchive({ path }).read(NOTHING_KNOWN, signal);
    expect(labels).toHaveLength(1);
    expect(Math.abs((labels[0]?.stopTimeSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(900);
  });
});
