import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { waitFor as waitUntil } from '../../servers/index.ts';
import type { StatusDocument } from '../../src/http/schema.ts';
import { drillReportOf, failedDrillOf, putReports } from '../support/drill-reports.ts';
import { fetchText, samplesOf, type Scrape, scrape, valueOf } from '../support/http.ts';
import { findingsOf } from '../support/recoverability.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard } from '../support/walguard.ts';

const SOURCE = { source: 'drill', method: 'drill' };

function waitFor(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  return waitUntil(what, condition, 60_000);
}

/** Two repositories with nothing in them, of which drills report; the first is called `main`. */
async function configIn(folder: TemporaryFolder): Promise<string> {
  const one = `{interval: 100ms, archive: {method: directory, path: ${folder.path}}}`;
  return await folder.write(
    'walguard.yml',
    `repositories: {main: ${one}, other: ${one}}\ndrills: {directory: ${folder.path}/drills}\n`,
  );
}

function drillSamples({ families }: Scrape, repository: string): Readonly<Record<string, number>> {
  const names = [...families.keys()].filter((name) => name.startsWith('pg_restore_drill_'));
  const samples = names.flatMap((name) => samplesOf(families, name));
  return Object.fromEntries(
    samples
      .filter(({ labels }) => labels['repository'] === repository)
      .map(({ name, labels, value }) => [
        [name.slice('pg_restore_drill_'.length), labels['phase'] ?? ''].join(' ').trim(),
        value,
      ]),
  );
}

describe('the metrics of restore drills', { timeout: 180_000 }, () => {
  it('come with the reports: none before the first, then of the last run and of the last success', async () => {
    const { monitorUrl } = newestSharedServer();
    await using folder = await temporaryFolder();
    const reports = `${folder.path}/drills/reports`;
    const args = [`--config.file=${await configIn(folder)}`];
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, args, readyTimeoutMs: 60_000 });
    const page = (): Promise<Scrape> => scrape(`${walguard.url}/metrics`);
    const until = async (what: string, runs: number): Promise<Scrape> => {
      await waitFor(what, async () => drillSamples(await page(), 'main')['last_run_timestamp_seconds'] === runs);
      return await page();
    };

    await waitFor('the folder to be read', async () => {
      return valueOf((await page()).families, 'walguard_source_up', { repository: 'main', ...SOURCE }) === 1;
    });
    expect(drillSamples(await page(), 'main')).toEqual({});

    const success = drillReportOf();
    await putReports(reports, success);
    const first = {
      last_run_timestamp_seconds: success.endedSeconds,
      last_success_timestamp_seconds: success.endedSeconds,
      success: 1,
      'duration_seconds restore': 60,
      'duration_seconds recovery': 10,
      'duration_seconds checks': 20,
      'bytes restore': 6_000_000_000,
      'bytes recovery': 320_000_000,
      'bytes checks': 5_900_000_000,
      rto_seconds: 72.5,
      recovered_to_timestamp_seconds: success.endedSeconds - 131,
      shortfall_seconds: 0,
    };
    expect(drillSamples(await until('the first drill', success.endedSeconds), 'main')).toEqual(first);

    const failure = failedDrillOf();
    await putReports(reports, failure);
    const [path = ''] = await putReports(reports, failedDrillOf({ id: '20231116T000000Z-1' }));
    await writeFile(path, '{"version": 1, "repository": "ma');
    const then = await until('the failed drill', failure.endedSeconds);
    expect(drillSamples(then, 'main')).toEqual({
      ...first,
      last_run_timestamp_seconds: failure.endedSeconds,
      success: 0,
    });
    expect(drillSamples(then, 'other')).toEqual({});
    await waitFor('the damaged report to be told', () =>
      walguard.logLines.some(({ code }) => code === 'SOURCE_BAD_ANSWER'),
    );
  });

  it('agree with the page at /, the JSON, walguard status and another walguard', async () => {
    const { monitorUrl } = newestSharedServer();
    await using folder = await temporaryFolder();
    await putReports(`${folder.path}/drills/reports`, failedDrillOf(), drillReportOf());
    const args = [`--config.file=${await configIn(folder)}`];
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, args, readyTimeoutMs: 60_000 });
    const ask = async (): Promise<StatusDocument> =>
      JSON.parse((await fetchText(`${walguard.url}/api/v1/status`)).text) as StatusDocument;
    await waitFor('the reports', async () => (await ask()).repositories[0]?.drills?.runs.length === 2);
    await waitFor('the other folder', async () => (await ask()).repositories[1]?.drills?.runs.length === 0);

    const document = await ask();
    const env = { DATA_SOURCE_NAME: monitorUrl };
    const once = await runWalguard(['status', '--once', '--json', ...args], { env });
    const drillsOf = ({ repositories }: StatusDocument): unknown => repositories.map(({ drills }) => drills);
    expect(drillsOf(JSON.parse(once.stdout) as StatusDocument)).toEqual(drillsOf(document));
    // What is found of the server is known once it was asked.
    const told = findingsOf(await scrape(`${walguard.url}/metrics`));
    const present = (await ask()).findings.filter(({ present: is }) => is === true).map(({ finding }) => finding);
    expect(present).toContain('drill_failed');
    expect(told).toEqual(present);

    const { text: html } = await fetchText(`${walguard.url}/`);
    expect(html).toContain('<code>DRILL_TARGET_NOT_REACHED</code>');
    expect(html).toContain('None ran yet.');
    const said = await runWalguard(['status', `--url=${walguard.url}`]);
    expect(said.stdout).toContain('WARNING drill_failed: The last restore drill of repository main');
    expect(said.stdout).toContain('no restore drill yet');
  });

  it('are absent where nobody says where drills report', async () => {
    const { monitorUrl } = newestSharedServer();
    await using folder = await temporaryFolder();
    const archive = `{method: directory, path: ${folder.path}}`;
    const config = await folder.write('walguard.yml', `repositories: {main: {archive: ${archive}}}\n`);
    await using walguard = await startWalguard({
      dataSourceName: monitorUrl,
      args: [`--config.file=${config}`],
      readyTimeoutMs: 60_000,
    });
    await waitFor('the archive to be read', async () => {
      return valueOf((await scrape(`${walguard.url}/metrics`)).families, 'walguard_source_up') === 1;
    });
    const { families, text } = await scrape(`${walguard.url}/metrics`);
    expect(samplesOf(families, 'walguard_source_up').map(({ labels }) => labels['source'])).toEqual(['archive']);
    expect(text).not.toContain('pg_restore_drill_');
    expect((await fetchText(`${walguard.url}/`)).text).toContain('nobody has tried whether a restore works');
  });
});
