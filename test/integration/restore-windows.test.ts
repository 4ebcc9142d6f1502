import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { segmentName } from '../../src/core/segments.ts';
import { type Commit, longestPause, newestIn, SEGMENT_BYTES } from '../support/commits.ts';
import {
  archivedEnd,
  backUp,
  type Claim,
  claims,
  type RestoreLab,
  Scraper,
  segmentsPass,
  startRestoreLab,
  targetTime,
  watch,
} from '../support/restore-lab.ts';
import { type Outcome, restore } from '../support/restore.ts';
import { supportedMajors } from '../support/supported-majors.ts';

const TOO_LATE = 'FATAL:  recovery ended before configured recovery target was reached';
const TOO_EARLY = 'FATAL:  requested recovery stop point is before consistent recovery point';
const majors = supportedMajors.filter((major) => major === 13 || major === 18);

/** What became of a recovery: its newest commit is undefined if it failed. */
interface Result {
  readonly outcome: Outcome;
  readonly newest: number | undefined;
  readonly log: string;
}

interface Lab extends RestoreLab, AsyncDisposable {
  readonly commits: readonly Commit[];
  /** The last before the first backup began. */
  readonly early: Commit;
  readonly first: string;
  readonly second: string;
  /** What was claimed of the archive as it was made. */
  readonly whole: readonly Claim[];
  /** What was claimed when a segment between the two backups was gone. */
  readonly holed: readonly Claim[];
  readonly hole: { readonly start: bigint; readonly end: bigint };
  /** Two samples of the server and one commit; seconds. */
  readonly slack: number;
}

async function prepare(lab: RestoreLab & AsyncDisposable): Promise<Lab> {
  const { server, writer, archive } = lab;
  await using walguard = await watch(lab);
  await using scraper = new Scraper(walguard, 200);
  writer.start(40, 60_000);
  await segmentsPass(server, 2);
  const [early] = (await writer.commits()).slice(-1);
  const first = await backUp(lab, 'first');
  await segmentsPass(server, 8);
  const second = await backUp(lab, 'second');
  await segmentsPass(server, 5);
  await writer.stop();
  await scraper.stop();
  const end = await archivedEnd(server, archive);
  const whole = await claims(walguard, (found) => found.at(-1)?.end === end && found.at(-1)?.backups.length === 2);
  const commits = await writer.commits();
  if (early === undefined) throw new Error('Nobody wrote before the first backup.');
  const start = middleOf(commits, whole[0]?.earliest ?? 0);
  await rm(join(archive, segmentName(1, Number(start / SEGMENT_BYTES), Number(SEGMENT_BYTES))));
  const holed = await claims(walguard, (found) => found.length === 2);
  const hole = { start, end: start + SEGMENT_BYTES };
  const pauses = [scraper.pages.map(({ to }) => to), commits.map(({ seconds }) => seconds)].map(longestPause);
  const slack = 2 * (pauses[0] ?? 0) + (pauses[1] ?? 0);
  return { ...lab, commits, early, first, second, whole, holed, hole, slack };
}

/** Start of the third segment behind the one that was written at a moment. */
function middleOf(commits: readonly Commit[], seconds: number): bigint {
  const { lsn } = find(commits, (commit) => commit.seconds > seconds);
  return (lsn / SEGMENT_BYTES + 3n) * SEGMENT_BYTES;
}

function find(commits: readonly Commit[], holds: (commit: Commit) => boolean): Commit {
  const found = commits.find(holds);
  if (found === undefined) throw new Error('There is no such commit.');
  return found;
}

function findLast(commits: readonly Commit[], holds: (commit: Commit) => boolean): Commit {
  return find(commits.toReversed(), holds);
}

describe.each(majors)('a window of PostgreSQL %i that walguard claims', (major) => {
  let lab: Lab;

  beforeAll(async () => {
    const started = await startRestoreLab(major);
    lab = { ...started, ...(await prepare(started)) };
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  async function recover(backup: string, time: string): Promise<Result> {
    await using restored = await restore({ major, backup, archive: lab.archive, time });
    const { outcome, log } = restored;
    return { outcome, log, newest: outcome === 'failed' ? undefined : await newestIn(restored) };
  }

  /** What is known of a claim by the server's own commits. */
  function edges({ earliest, latest, end }: Claim): Readonly<Record<'atEarliest' | 'atLatest' | 'last', Commit>> {
    return {
      atEarliest: findLast(lab.commits, ({ seconds }) => seconds <= earliest),
      atLatest: findLast(lab.commits, ({ seconds }) => seconds <= latest),
      last: findLast(lab.commits, ({ lsn }) => lsn <= end),
    };
  }

  it('ends where it says: its last moment is reached, the last commit of the archive is not any more', async () => {
    const [, claim] = lab.holed;
    if (claim === undefined) throw new Error('There is no window behind the hole.');
    const { atLatest, last } = edges(claim);
    expect(last.seconds).toBeGreaterThan(claim.latest);
    expect(last.seconds - claim.latest).toBeLessThanOrEqual(lab.slack);

    expect(await recover(lab.second, targetTime(claim.latest))).toMatchObject({
      outcome: 'reached',
      newest: atLatest.id,
    });
    const outside = await recover(lab.second, last.time);
    expect(outside.outcome).toBe('failed');
    expect(outside.log).toContain(TOO_LATE);
    expect(outside.log).toContain(`last completed transaction was at log time ${last.time}`);
  });

  it('begins where it says: its first moment is reached, and PostgreSQL goes past one within the backup or refuses', async () => {
    const [claim] = lab.holed;
    if (claim === undefined) throw new Error('There is no window before the hole.');
    const { atEarliest } = edges(claim);
    expect(await recover(lab.first, targetTime(claim.earliest))).toMatchObject({
      outcome: 'reached',
      newest: atEarliest.id,
    });

    const { early } = lab;
    expect(early.seconds).toBeLessThan(claim.earliest);
    const before = await recover(lab.first, early.time);
    if (before.outcome === 'failed') expect(before.log).toContain(TOO_EARLY);
    else expect(before.newest).toBeGreaterThan(early.id);
  });

  it('ends at a hole and begins again with the next backup', async () => {
    const [left, right] = lab.holed;
    if (left === undefined || right === undefined) throw new Error('There are no two windows.');
    expect(lab.whole).toMatchObject([{ backups: ['first', 'second'] }]);
    expect(lab.holed).toMatchObject([{ backups: ['first'], end: lab.hole.start }, { backups: ['second'] }]);
    const { atLatest, last } = edges(left);
    const behind = find(lab.commits, ({ lsn }) => lsn > lab.hole.end);
    expect(last.seconds - left.latest).toBeLessThanOrEqual(lab.slack);
    expect(right.earliest).toBeGreaterThan(behind.seconds);

    expect(await recover(lab.first, targetTime(left.latest))).toMatchObject({
      outcome: 'reached',
      newest: atLatest.id,
    });
    for (const { time } of [last, behind, edges(right).atEarliest]) {
      const outside = await recover(lab.first, time);
      expect(outside.outcome).toBe('failed');
      expect(outside.log).toContain(TOO_LATE);
      expect(outside.log).toContain(`last completed transaction was at log time ${last.time}`);
    }
    expect(await recover(lab.second, targetTime(right.earliest))).toMatchObject({
      outcome: 'reached',
      newest: edges(right).atEarliest.id,
    });
  });
});
