import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newestMajor } from '../../servers/index.ts';
import { segmentName } from '../../src/core/segments.ts';
import { type Commit, longestPause, newestIn, SEGMENT_BYTES } from '../support/commits.ts';
import {
  archivedEnd,
  backUp,
  type Claim,
  claims,
  type RestoreLab,
  segmentsPass,
  startRestoreLab,
  targetTime,
  watch,
} from '../support/restore-lab.ts';
import { type Outcome, restore } from '../support/restore.ts';

const TOO_LATE = 'FATAL:  recovery ended before configured recovery target was reached';
const major = newestMajor();

/** What became of a recovery: its newest commit is undefined if it failed. */
interface Result {
  readonly outcome: Outcome;
  readonly newest: number | undefined;
  readonly log: string;
}

describe('a walguard that saw nothing of what was written', () => {
  let lab: RestoreLab & AsyncDisposable;
  let backup: string;
  let commits: readonly Commit[];
  let end: bigint;

  beforeAll(async () => {
    lab = await startRestoreLab(major);
    const { server, writer } = lab;
    const isWaiting = `(SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')`;
    writer.start(40, 60_000);
    await segmentsPass(server, 1);
    backup = await backUp(lab, 'first');
    const [[ended = ''] = []] = await server.sql('SELECT now()');
    await segmentsPass(server, 2);
    // Ends of backups are told in whole seconds.
    await server.waitForSql(`now() - '${ended}' > '2 s'`, 30_000);
    await backUp(lab, 'second');
    await segmentsPass(server, 1);
    const [[command = ''] = []] = await server.sql(`SELECT current_setting('archive_command')`);
    await server.alterSystem({ archive_command: '/bin/false' });
    await server.waitForSql(`${isWaiting} >= 3`, 60_000);
    await writer.stop();
    commits = await writer.commits();
    const last = commits.at(-1)?.time ?? '';
    await server.waitForSql(`now() - '${last}' > '3 s'`, 30_000);
    await server.alterSystem({ archive_command: command });
    await server.waitForSql(`${isWaiting} = 0`, 90_000);
    end = await archivedEnd(server, lab.archive);
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  async function claim(): Promise<Claim> {
    await using walguard = await watch(lab);
    const isKnown = ({ backups, latest }: Claim): boolean => backups.length === 2 && !Number.isNaN(latest);
    const [found] = await claims(walguard, (all) => all.length === 1 && all.every(isKnown));
    if (found === undefined) throw new Error('Nothing was claimed.');
    return found;
  }

  async function recover(seconds: number): Promise<Result> {
    await using restored = await restore({ major, backup, archive: lab.archive, time: targetTime(seconds) });
    const { outcome, log } = restored;
    return { outcome, log, newest: outcome === 'failed' ? undefined : await newestIn(restored) };
  }

  const newestAt = (seconds: number): number | undefined => commits.findLast((commit) => commit.seconds <= seconds)?.id;

  it('knows by the server when the end of the archive was written, and recovery gets there', async () => {
    const { latest, end: claimed } = await claim();
    const last = commits.findLast(({ lsn }) => lsn <= end);
    expect(claimed).toBe(end);
    expect(last?.seconds).toBeGreaterThan(latest);
    // A second that is cut off, one that is left out, and one commit.
    const slack = 2 + longestPause(commits.map(({ seconds }) => seconds));
    expect((last?.seconds ?? Infinity) - latest).toBeLessThanOrEqual(slack);

    expect(await recover(latest)).toMatchObject({ outcome: 'reached', newest: newestAt(latest) });
  });

  it.each([1, 2])(
    'does not take the time for it at which segment %i from the end came into the archive',
    async (back) => {
      const name = segmentName(1, Number(end / SEGMENT_BYTES) - back, Number(SEGMENT_BYTES));
      const { mtimeMs } = await stat(join(lab.archive, name));
      const outside = await recover(mtimeMs / 1_000);
      expect(outside.outcome).toBe('failed');
      expect(outside.log).toContain(TOO_LATE);
    },
  );

  it('knows of a server that is gone only when the last backup ended, and recovery gets there', async () => {
    await lab.server.stop();
    const { earliest, latest } = await claim();
    expect(latest).toBeGreaterThan(earliest);
    expect(await recover(latest)).toMatchObject({ outcome: 'reached', newest: newestAt(latest) });
  });
});
