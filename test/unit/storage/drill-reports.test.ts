import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { publishReport } from '../../../src/storage/drill-reports.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const idOf = (day: number): string => `20260101T${String(day).padStart(9, '0')}Z-abcd`;

it('of the reports of drills the newest hundred stay, and the last that succeeded', async () => {
  await using folder = await temporaryFolder();
  const reports = join(folder.path, 'main');
  await mkdir(reports);
  const outcomes = new Map([
    [1, 'success'],
    [2, 'success'],
    [3, 'failed'],
  ]);
  for (let day = 1; day <= 110; day += 1)
    await writeFile(join(reports, `${idOf(day)}.json`), JSON.stringify({ outcome: outcomes.get(day) ?? 'failed' }));
  await writeFile(join(reports, `${idOf(105)}.json`), '{"outcome":');

  await publishReport(folder.path, { repository: 'main', id: idOf(110) });

  const kept = (await readdir(reports)).toSorted();
  expect(kept).toHaveLength(101);
  expect(kept.slice(0, 2)).toEqual([`${idOf(2)}.json`, `${idOf(11)}.json`]);
});
