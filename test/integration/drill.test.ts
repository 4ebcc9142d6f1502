import { readdir } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { formatLsn } from '../../src/core/lsn.ts';
import { backUpWithPoison, drill, type DrillLab, fingerprint, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, segmentsPass, targetTime } from '../support/restore-lab.ts';
import { switchTimeline } from '../support/timeline-switch.ts';
import { supportedMajors } from '../support/supported-majors.ts';

const majors = supportedMajors.filter((major) => major === 13 || major === 18);

interface Lab extends DrillLab, AsyncDisposable {
  /** A moment before the rows of `things` were deleted, and behind their INSERT; as PostgreSQL writes it. */
  readonly beforeDelete: string;
  /** Where everything that is archived ends. */
  readonly end: bigint;
  readonly archiveBefore: string;
  readonly logBefore: string;
}

/** Rows that come and go, a point with a name, larger settings on the way, and a timeline that is left. */
async function prepare(lab: DrillLab & AsyncDisposable): Promise<Lab> {
  const { server, writer } = lab;
  await server.sql('CREATE TABLE things (id int PRIMARY KEY); CREATE EXTENSION amcheck');
  writer.start(20, 60_000);
  await segmentsPass(server, 1);
  await backUpWithPoison(lab, 'first');
  await segmentsPass(server, 2);
  await writer.stop();
  // The end of a backup is told in whole seconds, and a moment counts as behind it only a second later.
  await server.sql('SELECT pg_sleep(2.1)');
  await server.sql('INSERT INTO things SELECT generate_series(1, 100)');
  const [[beforeDelete = ''] = []] = await server.sql('SELECT clock_timestamp()::text');
  await server.sql('SELECT pg_sleep(0.01)');
  await server.sql('DELETE FROM things');
  await server.sql(`SELECT pg_create_restore_point('emptied')`);
  await server.sql('INSERT INTO things SELECT generate_series(1, 7)');
  await server.alterSystem({ max_connections: '150', max_locks_per_transaction: '100' });
  await switchTimeline(server);
  writer.start(20, 60_000);
  await segmentsPass(server, 3);
  await writer.stop();
  const end = await archivedEnd(server, lab.archive);
  await server.alterSystem({ log_connections: 'on' });
  const [archiveBefore, logBefore] = [await fingerprint(lab.archive), await server.log()];
  return { ...lab, beforeDelete: beforeDelete ?? '', end, archiveBefore, logBefore };
}

function rows(expected: number): string {
  return `drill: {checks: [{name: things, sql: 'SELECT count(*) FROM things', equals: ${expected}}]}`;
}

describe.each(majors)('a drill with PostgreSQL %i', (major) => {
  let lab: Lab;

  beforeAll(async () => {
    const started = await startDrillLab(major);
    lab = { ...started, ...(await prepare(started)) };
  }, 120_000);

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it('recovers to the end of what is archived, over a switch of timelines and settings that grew', async () => {
    const config = await lab.configure({ repository: rows(7) });
    const { code, report } = await drill(lab, ['--to=latest'], config);
    expect({ code, failure: report.failure }).toEqual({ code: 0 });
    expect(report).toMatchObject({
      outcome: 'success',
      wanted: { kind: 'latest', lsn: formatLsn(lab.end) },
      backup: { label: 'first', method: 'pg_basebackup', majorVersion: major * 10_000 },
      recoveredTo: { timeline: 2 },
      shortfallSeconds: 0,
    });
    expect(report.phases.map(({ phase }) => phase)).toEqual(['plan', 'restore', 'start', 'recovery', 'checks', 'stop']);
    const results = new Map(report.checks.map(({ name, result }) => [name, result]));
    expect(results.get('things')).toBe('passed');
    expect(results.get('amcheck postgres')).toBe('passed');
    expect(results.get('checksums')).toBe(major === 18 ? 'passed' : 'skipped');
    expect(await readdir(lab.drills)).toEqual([]);
    expect(await readdir(`${lab.reports}/main`)).toContain(`${report.id}.json`);
  });

  it('brings rows back that were deleted behind the moment that is asked for', async () => {
    const config = await lab.configure({ repository: rows(100) });
    const { code, report } = await drill(lab, [`--to=${lab.beforeDelete}`], config);
    expect({ code, failure: report.failure }).toEqual({ code: 0 });
    expect(report).toMatchObject({ wanted: { kind: 'time' }, recoveredTo: { timeline: 1 }, shortfallSeconds: 0 });
    expect(targetTime(report.recoveredTo?.seconds ?? Infinity) <= lab.beforeDelete).toBe(true);
  });

  it('stops at a point that was named', async () => {
    const config = await lab.configure({ repository: rows(0) });
    const { code, report } = await drill(lab, ['--to=emptied'], config);
    expect({ code, failure: report.failure }).toEqual({ code: 0 });
    expect(report.checks.find(({ name }) => name === 'target')?.message).toContain('"emptied"');
  });

  it('comes never to the server, nor changes its archive, whatever the backup brought along', async () => {
    expect(await fingerprint(lab.archive)).toBe(lab.archiveBefore);
    expect(lab.logBefore).toContain('connection received');
    expect((await lab.server.log()).slice(lab.logBefore.length)).not.toContain('connection received');
  });
});
