import { copyFile, mkdir, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer, startPostgres, waitFor } from '../../servers/index.ts';
import { createBarmanArchive } from '../../src/archive/barman/index.ts';
import type { ArchiveContents, KnownOfServer } from '../../src/core/catalogue.ts';
import { isolatedCopy } from '../support/archive-copy.ts';
import { BARMAN_SERVER, type BarmanFlow, type BarmanLab, startBarmanLab } from '../support/barman.ts';
import { switchTimeline } from '../support/timeline-switch.ts';
import { age, archiveSegments, askKnown, cut, heldNames, NOTHING_KNOWN } from '../support/wal-archive.ts';

const signal = AbortSignal.timeout(600_000);

function readOnce(path: string, known = NOTHING_KNOWN, server = BARMAN_SERVER): Promise<ArchiveContents> {
  return createBarmanArchive({ path, server }).read(known, signal);
}

const FOLDER = '0000000100000000';
const COMPRESSIONS = ['none', 'gzip', 'bzip2'] as const;

describe.each(COMPRESSIONS.map((compression) => ({ compression })))(
  'WAL that Barman archived, compression $compression',
  ({ compression }) => {
    const flow: BarmanFlow = compression === 'gzip' ? 'stream' : 'archive';
    const showsHeaders = compression !== 'bzip2';
    let lab: BarmanLab;
    let known: KnownOfServer;

    beforeAll(async () => {
      lab = await startBarmanLab(flow, compression === 'none' ? {} : { compression });
      await lab.backUp();
      await lab.archive(4);
      known = await askKnown(lab.server);
    }, 120_000);
    afterAll(() => lab?.[Symbol.asyncDispose]());

    const inWals = (path: string, name: string): string => join(path, BARMAN_SERVER, 'wals', FOLDER, name);

    it('is read, and of which cluster it is', async () => {
      const contents = await readOnce(lab.path);

      const held = heldNames({ ...contents, segmentBytes: 1_048_576 });
      expect(held).toEqual(await lab.held());
      expect(contents).toMatchObject({
        badFiles: [],
        systemIdentifier: known.systemIdentifier,
        unverified: showsHeaders ? 0 : held.length,
      });
      // A label that is packed by bzip2 stays closed; by the stream none comes.
      expect(contents.labels).toHaveLength(compression === 'none' ? 1 : 0);
    });

    it('lacks what was deleted, and tells what was cut short, emptied or put in the wrong place', async () => {
      await using copy = await isolatedCopy(lab.path);
      const names = await lab.held();
      const [first = '', second = '', third = '', fourth = ''] = names;
      await unlink(inWals(copy.path, first));
      await cut(inWals(copy.path, second), compression === 'none' ? 600_000 : 500);
      await writeFile(inWals(copy.path, third), '');
      if (showsHeaders) await copyFile(inWals(copy.path, fourth), inWals(copy.path, `${FOLDER}000007FF`));
      for (const name of await readdir(join(copy.path, BARMAN_SERVER, 'wals', FOLDER)))
        await age(inWals(copy.path, name));
      const contents = await readOnce(copy.path, known);

      expect(heldNames(contents)).toEqual(names.filter((name) => ![first, second, third].includes(name)));
      expect(contents.badFiles.map(({ name, reason }) => [name, reason])).toEqual([
        [second, 'wrong_size'],
        [third, 'empty'],
        ...(showsHeaders ? [[`${FOLDER}000007FF`, 'wrong_header']] : []),
      ]);
    });

    it('that waits to be archived is held, and what is being brought is not', async () => {
      await using copy = await isolatedCopy(lab.path);
      const [first = '', second = '', ...rest] = await lab.segments();
      await mkdir(join(copy.path, BARMAN_SERVER, 'streaming'), { recursive: true });
      const [incoming, streaming] = ['incoming', 'streaming'].map((name) => join(copy.path, BARMAN_SERVER, name));
      for (const name of [...(await readdir(incoming ?? '')), ...(await readdir(streaming ?? ''))])
        await unlink(join(copy.path, BARMAN_SERVER, flow === 'stream' ? 'streaming' : 'incoming', name));
      await rename(inWals(copy.path, first), join(incoming ?? '', first));
      await rename(inWals(copy.path, second), join(streaming ?? '', second));
      await writeFile(join(streaming ?? '', `${FOLDER}00000F00.partial`), Buffer.alloc(1_048_576));
      await writeFile(join(incoming ?? '', `${FOLDER}00000E00.tmp`), Buffer.alloc(5));
      const contents = await readOnce(copy.path, known);

      expect(heldNames(contents)).toEqual([first, second, ...rest]);
      expect(contents.partials.map(({ segment }) => segment)).toEqual([0xf00]);
      expect(contents).toMatchObject({ badFiles: [], duplicates: 0 });
    });

    it('is known again when it moves on while it is read twice', async () => {
      const source = createBarmanArchive({ path: lab.path, server: BARMAN_SERVER });
      const before = heldNames(await source.read(known, signal));
      await lab.archive(2);
      const after = heldNames(await source.read(known, signal));

      expect(after.filter((name) => before.includes(name))).toEqual(before);
      expect(after.length).toBeGreaterThanOrEqual(before.length + 2);
      expect(after).toEqual(await lab.held());
    });
  },
);

describe('an archive of Barman that is not as it should be', () => {
  let lab: BarmanLab;
  let known: KnownOfServer;
  beforeAll(async () => {
    lab = await startBarmanLab('archive');
    await lab.backUp();
    await lab.archive(2);
    known = await askKnown(lab.server);
  }, 120_000);
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('holds segments of another cluster', async () => {
    await using other = await startPostgres({ major: 15, archive: true, initdbArgs: ['--wal-segsize=1'] });
    await archiveSegments(other, 2);
    await using copy = await isolatedCopy(lab.path);
    const foreign = (await readdir(other.archiveDirectory ?? '')).filter((name) => /^[0-9A-F]{24}$/.test(name)).at(-1);
    const target = join(copy.path, BARMAN_SERVER, 'wals', FOLDER, foreign ?? '');
    await copyFile(join(other.archiveDirectory ?? '', foreign ?? ''), target);
    await age(target);
    const { badFiles } = await readOnce(copy.path, known);

    expect(badFiles).toMatchObject([{ name: foreign, reason: 'wrong_cluster' }]);
  });

  it('was brought a segment with other content, which Barman puts aside', async () => {
    const [name = ''] = (await lab.segments()).slice(-1);
    const [other = ''] = (await lab.segments()).slice(-2);
    const brought = join(lab.home, 'incoming', name);
    await copyFile(join(lab.home, 'wals', FOLDER, other), brought);
    await giveToServer(lab.server.cluster, brought);
    await lab.run('archive-wal', BARMAN_SERVER);
    const [refused = ''] = await readdir(join(lab.home, 'errors'));
    const { badFiles } = await readOnce(lab.path, known);
    await unlink(join(lab.home, 'errors', refused));

    expect(badFiles).toMatchObject([{ name: refused, reason: 'conflicting', timeline: 1 }]);
    expect(refused.startsWith(name)).toBe(true);
    expect((await readOnce(lab.path, known)).badFiles).toEqual([]);
  });

  it.each(['mian', '.hidden'])('is not there for server %s', async (server) => {
    await expect(readOnce(lab.path, known, server)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('goes on over a switch of timelines, with the file that tells of it', async () => {
    const before = await lab.segments();
    await switchTimeline(lab.server);
    await lab.server.sql('CHECKPOINT');
    await waitFor(
      'its history',
      async () => (await readdir(join(lab.home, 'incoming'))).includes('00000002.history'),
      60_000,
    );
    await lab.archive(2);
    const contents = await readOnce(lab.path, known);

    expect(heldNames(contents)).toEqual(await lab.held());
    expect(heldNames(contents).length).toBeGreaterThanOrEqual(before.length + 2);
    expect([...contents.histories.keys()]).toEqual([2]);
    expect(contents.timelines.map(({ timeline }) => timeline)).toEqual([1, 2]);
    expect(contents.badFiles).toEqual([]);
  });
});
