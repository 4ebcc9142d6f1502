import { chmod, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { drill, type DrillLab, fingerprint, type FinishedDrill, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';
import { BUCKET, credentialsOf, type S3Server, startS3Server } from '../support/s3-server.ts';
import { ownedByServers } from '../support/tool-drill.ts';
import { runWalguard } from '../support/walguard.ts';

const FOR_EVER = `drill: {checks: [{name: wait, sql: 'SELECT pg_sleep(600)', equals: ''}]}`;

let lab: DrillLab & AsyncDisposable;
let bucket: S3Server;
let archiveBefore: string;

beforeAll(async () => {
  lab = await startDrillLab(16);
  bucket = await startS3Server();
  lab.writer.start(20, 60_000);
  await backUp(lab, 'first');
  await segmentsPass(lab.server, 3);
  await lab.writer.stop();
  await archivedEnd(lab.server, lab.archive);
  await bucket.putFolder(lab.archive, 'wal/');
  archiveBefore = await fingerprint(lab.archive);
}, 60_000);

afterAll(async () => {
  await bucket?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

/** Asserts that nothing is left of a drill. */
async function expectNothingLeft(): Promise<void> {
  expect(await readdir(lab.drills)).toEqual([]);
}

/** A configuration by which WAL comes out of the bucket. */
async function configureBucket(drills = ''): Promise<string> {
  const path = await lab.configure({ drills });
  const source = `archive: {method: s3, bucket: ${BUCKET}, endpoint: '${bucket.url}', prefix: wal/}`;
  await writeFile(path, (await readFile(path, 'utf8')).replace(/archive: \{.*\}/, source));
  return path;
}

async function drillBucket(drills?: string): Promise<FinishedDrill> {
  const args = ['drill', `--config.file=${await configureBucket(drills)}`, '--json', '--to=latest'];
  const finished = await runWalguard(args, { launcher: lab.launcher, env: credentialsOf() });
  return { ...finished, report: JSON.parse(finished.stdout) as FinishedDrill['report'] };
}

describe('a drill whose time is over', () => {
  it.each(['restore', 'start'])('in its phase %s says so, and leaves nothing', async (phase) => {
    const config = await lab.configure({ drills: `time_limits: {${phase}: 1ms}` });
    const { code, report } = await drill(lab, ['--to=latest'], config);
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase, code: 'DRILL_TIME_LIMIT' });
    await expectNothingLeft();
  });

  it('while it recovers, as a segment does not come, says so, and leaves nothing', async () => {
    const segments = (await readdir(lab.archive)).filter((name) => /^[0-9A-F]{24}$/.test(name)).toSorted();
    const last = `wal/${segments.at(-1)}`;
    bucket.fault = ({ key, range }) => (key === last && range === 'bytes=0-' ? 'hang' : undefined);
    const { code, report } = await drillBucket('time_limits: {recovery: 2s}');
    bucket.fault = () => undefined;
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'recovery', code: 'DRILL_TIME_LIMIT' });
    await expectNothingLeft();
  });

  it('in its checks says so, and leaves nothing', async () => {
    const config = await lab.configure({ repository: FOR_EVER, drills: 'time_limits: {checks: 2s}' });
    const { code, report } = await drill(lab, ['--to=latest'], config);
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'checks', code: 'DRILL_TIME_LIMIT' });
    await expectNothingLeft();
  });

  it('while it plans, as a bucket does not answer, says so, and leaves nothing', async () => {
    bucket.fault = () => 'hang';
    const { code, report } = await drillBucket('time_limits: {plan: 1s}');
    bucket.fault = () => undefined;
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'plan', code: 'DRILL_TIME_LIMIT' });
    await expectNothingLeft();
  }, 60_000);
});

describe('a drill that cannot tell if its archive holds a segment', () => {
  it('gets to the end of a bucket that answers', async () => {
    const { code, report } = await drillBucket();
    expect({ code, failure: report.failure }).toEqual({ code: 0, failure: undefined });
  });

  it('ends with the error of the bucket, and does not take it for the end of the archive', async () => {
    bucket.fault = ({ kind }) => (kind === 'get' ? { status: 503, code: 'SlowDown' } : undefined);
    const { code, report } = await drillBucket();
    bucket.fault = () => undefined;
    expect(code).toBe(1);
    expect(report.failure?.code).toBe('S3_THROTTLED');
    await expectNothingLeft();
  }, 120_000);

  it('ends with the name of a segment that may not be read', async () => {
    const archive = join(lab.backups, '..', 'closed');
    await cp(lab.archive, archive, { recursive: true, preserveTimestamps: true });
    await ownedByServers(archive);
    const segments = (await readdir(archive)).filter((name) => /^[0-9A-F]{24}$/.test(name)).toSorted();
    const closed = segments.at(-2) ?? '';
    await chmod(join(archive, closed), 0);
    const { code, report } = await drill(lab, ['--to=latest'], await lab.configure({ archive }));
    expect(code).toBe(1);
    expect(report.failure?.message).toContain(closed);
    await expectNothingLeft();
  });

  it('leaves the archive alone', async () => {
    expect(await fingerprint(lab.archive)).toBe(archiveBefore);
  });
});
