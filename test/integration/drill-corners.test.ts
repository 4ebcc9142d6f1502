import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { drill, type DrillLab, fingerprint, reportsOf, startDrillLab } from '../support/drill-lab.ts';
import { samplesOf, type Scrape, scrape } from '../support/http.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';
import { runWalguard, startCommand, startWalguard } from '../support/walguard.ts';

const LONG_MS = 60_000;
const ROWS = 'drill: {rows: [{table: counted}]}';

/** A backup with three segments behind it. */
async function prepare(lab: DrillLab): Promise<void> {
  await lab.server.sql('CREATE TABLE counted AS SELECT generate_series(1, 100) AS id');
  lab.writer.start(20, LONG_MS);
  await segmentsPass(lab.server, 1);
  await backUp(lab, 'first');
  await segmentsPass(lab.server, 3);
  await lab.writer.stop();
  await archivedEnd(lab.server, lab.archive);
}

describe('a drill with PostgreSQL 14', () => {
  it('recovers to the end of what is archived', async () => {
    await using lab = await startDrillLab(14);
    await prepare(lab);
    const config = await lab.configure({
      repository: `drill: {checks: [{name: counted, sql: SELECT count(*) FROM counted, equals: 100}]}`,
    });
    const { code, report } = await drill(lab, ['--to=latest'], config);
    expect({ code, failure: report.failure }).toEqual({ code: 0 });
    expect(report.backup?.majorVersion).toBe(140_000);
    expect(report.checks.find(({ name }) => name === 'counted')?.result).toBe('passed');
  });
});

describe('a drill with PostgreSQL 17', () => {
  let lab: DrillLab & AsyncDisposable;
  let archiveBefore: string;

  beforeAll(async () => {
    lab = await startDrillLab(17);
    await prepare(lab);
    archiveBefore = await fingerprint(lab.archive);
  }, 180_000);

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it('that is only planned says what it would do, and leaves no trace', async () => {
    const { code, stdout } = await runWalguard(['drill', `--config.file=${await lab.configure()}`, '--dry-run'], {
      launcher: lab.launcher,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('restore: first (pg_basebackup)');
    expect(stdout).toContain('recover to: the end of what is archived');
    expect(stdout).toContain(`with PostgreSQL from: ${lab.server.cluster.binDirectory}`);
    expect([await readdir(lab.drills), await readdir(lab.reports)]).toEqual([[], []]);
  });

  it('counts rows, and its report becomes metrics as it stands', async () => {
    const config = await lab.configure({ repository: `interval: 200ms\n    ${ROWS}` });
    const { code, report } = await drill(lab, ['--to=latest'], config);
    expect({ code, failure: report.failure }).toEqual({ code: 0 });
    expect(report.checks.find(({ name }) => name === 'rows of counted')).toMatchObject({
      result: 'passed',
      found: '100',
      message: 'there is no earlier drill to compare with',
    });
    const dataSourceName = lab.server.url({ user: 'walguard', password: 'walguard' });
    const args = [`--config.file=${config}`];
    await using walguard = await startWalguard({ dataSourceName, args, readyTimeoutMs: LONG_MS });
    const told = async (): Promise<Readonly<Record<string, number>>> => toldOf(await scrape(`${walguard.url}/metrics`));
    await waitFor('the drill on the page', async () => 'rto_seconds' in (await told()), LONG_MS);
    const { endedSeconds, rtoSeconds, shortfallSeconds, recoveredTo } = report;
    const phases = report.phases.filter(({ phase }) => phase === 'restore' || phase === 'recovery');
    expect(await told()).toMatchObject({
      success: 1,
      last_run_timestamp_seconds: endedSeconds,
      last_success_timestamp_seconds: endedSeconds,
      rto_seconds: rtoSeconds,
      shortfall_seconds: shortfallSeconds,
      recovered_to_timestamp_seconds: recoveredTo?.seconds,
      ...Object.fromEntries(phases.map(({ phase, seconds }) => [`duration_seconds ${phase}`, seconds])),
      ...Object.fromEntries(phases.map(({ phase, bytes }) => [`bytes ${phase}`, bytes])),
    });
  });

  it('takes a moment by chance where the policy says so, and says that it did', async () => {
    const { code, report } = await drill(lab, [], await lab.configure({ drills: 'targets: [random]' }));
    expect({ code, failure: report.failure }).toEqual({ code: 0 });
    expect(report.wanted).toMatchObject({ random: true });
    expect(['time', 'lsn']).toContain(report.wanted.kind);
    expect(report.recoveredTo?.seconds ?? 0).toBeLessThanOrEqual(report.wanted.seconds ?? Infinity);
  });

  it('that is to be kept leaves a server that can be started as it says, and that the next drill leaves alone', async () => {
    const args = ['drill', `--config.file=${await lab.configure()}`, '--to=latest', '--keep'];
    const { code, stderr } = await runWalguard(args, { launcher: lab.launcher });
    expect(code).toBe(0);
    const [, command = ''] = /To start it: (postgres -D .*)/.exec(stderr) ?? [];
    const [, root = ''] = /To remove it, once it is stopped: rm -r (\S+)/.exec(stderr) ?? [];
    const next = await drill(lab, ['--to=latest']);
    expect({ code: next.code, left: await readdir(lab.drills) }).toEqual({ code: 0, left: [root.split('/').at(-1)] });
    const [program = '', ...rest] = [...lab.launcher, ...command.split(' ')].map((part) =>
      part === 'postgres' ? join(lab.server.cluster.binDirectory, 'postgres') : part,
    );
    const server = spawn(program, rest, { cwd: '/', stdio: 'ignore' });
    const ended = once(server, 'exit');
    try {
      const state = async (): Promise<string> =>
        (await readFile(join(root, 'data/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[7]?.trim() ?? '';
      await waitFor('the kept server', async () => server.exitCode !== null || (await state()) !== '', LONG_MS);
      await waitFor('it to recover', async () => ['ready', 'standby'].includes(await state()), LONG_MS);
    } finally {
      server.kill('SIGQUIT');
      await ended;
    }
    await rm(root, { recursive: true });
  });

  it('says that a point was never reached that nobody named', async () => {
    const { code, report } = await drill(lab, ['--to=no_such_point']);
    expect(code).toBe(1);
    // In which phase depends on whether the server had let anybody in by then.
    expect(report.failure?.code).toBe('DRILL_TARGET_NOT_REACHED');
    expect(await readdir(lab.drills)).toEqual([]);
  });

  it('that is killed while it stops leaves its report and nothing else', async () => {
    const before = (await reportsOf(lab)).length;
    const config = await lab.configure({
      repository: `drill: {checks: [{name: wait, sql: 'SELECT pg_sleep(600)', equals: ''}]}`,
    });
    await using killed = startCommand(['drill', `--config.file=${config}`], { launcher: lab.launcher });
    const says = (text: string): Promise<void> =>
      waitFor(text, () => killed.stdout.includes(text) || killed.hasEnded, LONG_MS);
    await says('checks ...');
    killed.signal('SIGTERM');
    await says('stop ...');
    killed.signal('SIGKILL');
    await killed.finished;
    await waitFor('its folder to be gone', async () => (await readdir(lab.drills)).length === 0, LONG_MS);
    await waitFor('its report', async () => (await reportsOf(lab)).length === before + 1, LONG_MS);
    expect((await reportsOf(lab)).at(-1)).toMatchObject({
      outcome: 'interrupted',
      failure: { code: 'DRILL_INTERRUPTED' },
    });
  });

  it('leaves the archive alone, kept or killed', async () => {
    expect(await fingerprint(lab.archive)).toBe(archiveBefore);
  });

  it('fails where a table lost more rows than it may since the last one', async () => {
    const { server, writer } = lab;
    await server.sql('DELETE FROM counted WHERE id > 80');
    writer.start(20, LONG_MS);
    await segmentsPass(server, 2);
    await writer.stop();
    await archivedEnd(server, lab.archive);
    const { code, report } = await drill(lab, ['--to=latest'], await lab.configure({ repository: ROWS }));
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'checks', code: 'DRILL_CHECK_FAILED' });
    expect(report.checks.find(({ name }) => name === 'rows of counted')).toMatchObject({
      result: 'failed',
      expected: expect.stringMatching(/^at least 90, of 100 in /) as string,
      found: '80',
    });
  });
});

/** Of the only repository, the names of families without their beginning, with the phase. */
function toldOf({ families }: Scrape): Readonly<Record<string, number>> {
  const names = [...families.keys()].filter((name) => name.startsWith('pg_restore_drill_'));
  const samples = names.flatMap((name) => samplesOf(families, name));
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => [
      [name.slice('pg_restore_drill_'.length), labels['phase'] ?? ''].join(' ').trim(),
      value,
    ]),
  );
}
