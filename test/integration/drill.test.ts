import { readdir } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { drill, type DrillLab, fingerprint, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';
import { formatLsn } from '../../src/core/lsn.ts';

describe.each([15] as const)('a drill with PostgreSQL %i', (major) => {
  let lab: DrillLab & AsyncDisposable;
  let end: bigint;

  beforeAll(async () => {
    lab = await startDrillLab(major);
    lab.writer.start(20, 60_000);
    await segmentsPass(lab.server, 2);
    await backUp(lab, 'first');
    await segmentsPass(lab.server, 5);
    await lab.writer.stop();
    end = await archivedEnd(lab.server, lab.archive);
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it('recovers to the end of what is archived, and leaves nothing behind but its report', async () => {
    const before = await fingerprint(lab.archive);
    const { code, report, stderr } = await drill(lab, ['--to=latest']);
    expect({ code, failure: report.failure, stderr }).toMatchObject({ code: 0, failure: undefined, stderr: '' });
    expect(report).toMatchObject({
      outcome: 'success',
      wanted: { kind: 'latest', lsn: formatLsn(end) },
      shortfallSeconds: 0,
    });
    expect(await readdir(lab.drills)).toEqual([]);
    expect(await readdir(`${lab.reports}/main`)).toEqual([`${report.id}.json`]);
    expect(await fingerprint(lab.archive)).toBe(before);
  });
});
