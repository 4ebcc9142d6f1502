import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { drillReports } from '../../src/drill/history/source.ts';
import { drillReportOf, failedDrillOf, onDay, putReports } from '../support/drill-reports.ts';
import { asOrdinaryUser } from '../support/ordinary-user.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const signal = AbortSignal.timeout(600_000);

function sourceIn(reportsDirectory: string): ReturnType<typeof drillReports> {
  return drillReports({ reportsDirectory, repository: 'main' });
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe('the folder with the reports of drills', () => {
  it('is nothing yet while there is none, or nothing in it', async () => {
    await using folder = await temporaryFolder();
    expect(await sourceIn(folder.path).read(signal)).toEqual({ reports: [], older: 0, problems: [] });
    await mkdir(join(folder.path, 'main'));
    expect(await sourceIn(folder.path).read(signal)).toEqual({ reports: [], older: 0, problems: [] });
  });

  it('is read newest first, and only its own repository', async () => {
    await using folder = await temporaryFolder();
    const source = sourceIn(folder.path);
    await putReports(
      folder.path,
      drillReportOf(),
      failedDrillOf(),
      onDay(2),
      onDay(9, drillReportOf({ repository: 'b' })),
    );
    expect((await source.read(signal)).reports.map(({ id }) => id)).toEqual([
      onDay(2).id,
      failedDrillOf().id,
      drillReportOf().id,
    ]);
    await putReports(folder.path, onDay(3));
    expect((await source.read(signal)).reports[0]?.id).toBe(onDay(3).id);
  });

  it('holds other things that are no reports: they are left alone', async () => {
    await using folder = await temporaryFolder();
    const [path = ''] = await putReports(folder.path, drillReportOf());
    const main = join(folder.path, 'main');
    await writeFile(join(main, `.${onDay(1).id}.json.tmp`), '{"version":1,');
    await writeFile(join(main, 'notes.json'), 'to do');
    await writeFile(join(main, 'README'), 'reports');
    await mkdir(join(main, `${onDay(2).id}.json`));
    await symlink(path, join(main, `${onDay(3).id}.json`));
    expect(await sourceIn(folder.path).read(signal)).toMatchObject({
      reports: [{ id: drillReportOf().id }],
      problems: [],
    });
  });

  it('loses no more than the one report that is damaged, newer or not for us to read', async () => {
    await using folder = await temporaryFolder();
    const [, newer = '', cut = '', large = ''] = await putReports(
      folder.path,
      drillReportOf(),
      onDay(1),
      onDay(2),
      onDay(3),
    );
    await writeFile(newer, JSON.stringify({ ...onDay(1), version: 2 }));
    await writeFile(cut, JSON.stringify(onDay(2)).slice(0, 200));
    await writeFile(large, ' '.repeat(1_048_577));
    const source = sourceIn(folder.path);
    const { reports, problems } = await source.read(signal);
    expect(reports.map(({ id }) => id)).toEqual([drillReportOf().id]);
    expect(problems.map(({ code, message }) => `${code} ${message.split('count: ')[1] ?? message}`)).toEqual([
      'SOURCE_BAD_ANSWER it is too large for a report',
      'SOURCE_BAD_ANSWER it is no JSON, or only a part of it',
      'SOURCE_BAD_ANSWER it is of version 2, and 1 is the newest known here',
    ]);
    await putReports(folder.path, onDay(2));
    expect((await source.read(signal)).reports.map(({ id }) => id)).toEqual([onDay(2).id, drillReportOf().id]);
  });

  it('forgets what was removed', async () => {
    await using folder = await temporaryFolder();
    const source = sourceIn(folder.path);
    const [path = ''] = await putReports(folder.path, drillReportOf(), onDay(1));
    expect((await source.read(signal)).reports).toHaveLength(2);
    await rm(path);
    expect((await source.read(signal)).reports).toHaveLength(1);
  });

  it('with years of drills is read in part: the newest hundred, and the last success wherever it is', async () => {
    await using folder = await temporaryFolder();
    const failed = Array.from({ length: 150 }, (_, day) => onDay(day + 2, failedDrillOf()));
    await putReports(folder.path, drillReportOf(), onDay(1), ...failed);
    const { reports, older } = await sourceIn(folder.path).read(signal);
    expect([reports.length, older]).toEqual([101, 51]);
    expect(reports[0]?.id).toBe(failed.at(-1)?.id);
    expect(reports.at(-1)?.id).toBe(onDay(1).id);
    await putReports(folder.path, onDay(400));
    expect(await sourceIn(folder.path).read(signal)).toMatchObject({ older: 53 });
  });

  it('is an error where it is no folder, or its time is over', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'main'), 'no folder');
    expect(await errorOf(sourceIn(folder.path).read(signal))).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    const aborted = errorOf(sourceIn(folder.path).read(AbortSignal.abort()));
    expect(await aborted).toMatchObject({ code: 'SOURCE_TIMEOUT' });
  });

  it('that this user may not read, or in which he may read none, is an error', async () => {
    await using folder = await temporaryFolder();
    const [path = ''] = await putReports(folder.path, drillReportOf());
    await chmod(folder.path, 0o755);
    const read = (): Promise<unknown> => errorOf(asOrdinaryUser(() => sourceIn(folder.path).read(signal)));
    expect(await read()).toBeUndefined();
    await chmod(path, 0o000);
    expect(await read()).toMatchObject({ code: 'SOURCE_UNREADABLE' });
    await chmod(join(folder.path, 'main'), 0o000);
    expect(await read()).toMatchObject({ code: 'SOURCE_UNREADABLE' });
    await chmod(join(folder.path, 'main'), 0o755);
  });
});
