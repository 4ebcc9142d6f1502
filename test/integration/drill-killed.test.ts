import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { runWalguard, type Walguard } from '../support/walguard.ts';
import { type DrillLab, fingerprint, reportsOf, startDrill, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';

const LONG_MS = 60_000;
/** It never ends by itself: whatever is done to it is done before its end. */
const FOR_EVER = `drill: {checks: [{name: wait, sql: 'SELECT pg_sleep(600)', equals: ''}]}`;

describe('a drill that is stopped', () => {
  let lab: DrillLab & AsyncDisposable;
  let config: string;
  let archiveBefore: string;

  beforeAll(async () => {
    lab = await startDrillLab(16);
    lab.writer.start(20, 60_000);
    await segmentsPass(lab.server, 1);
    await backUp(lab, 'first');
    await segmentsPass(lab.server, 2);
    await lab.writer.stop();
    await archivedEnd(lab.server, lab.archive);
    config = await lab.configure({ repository: FOR_EVER });
    archiveBefore = await fingerprint(lab.archive);
  }, 120_000);

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  async function reaches(drill: Walguard, phase: string): Promise<void> {
    await waitFor(`the phase ${phase}`, () => drill.stdout.includes(`${phase} ...`) || drill.hasEnded, LONG_MS);
    if (drill.hasEnded) throw new Error(`The drill ended:\n${drill.stdout}${drill.stderr}`);
  }

  /** Process numbers of what runs in the folders of drills. */
  async function processes(): Promise<readonly number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const lines = pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    const found = await Promise.all(lines);
    return pids.filter((_pid, index) => found[index]?.includes(`${lab.drills}/drill-`) === true);
  }

  async function isAllGone(): Promise<boolean> {
    return (await readdir(lab.drills)).length === 0 && (await processes()).length === 0;
  }

  it.each(['plan', 'restore', 'start', 'recovery', 'checks'])(
    'by SIGKILL from its phase %s on leaves its report and nothing else',
    async (phase) => {
      const before = (await reportsOf(lab)).length;
      await using drill = startDrill(lab, config);
      await reaches(drill, phase);
      drill.signal('SIGKILL');
      await drill.finished;
      await waitFor('all of it to be gone', isAllGone, LONG_MS);
      const reports = await reportsOf(lab);
      expect(reports).toHaveLength(before + 1);
      expect(reports.at(-1)).toMatchObject({ outcome: 'interrupted', failure: { code: 'DRILL_INTERRUPTED' } });
    },
  );

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s cleans up by itself, and ends with %i', async (name, expected) => {
    await using drill = startDrill(lab, config);
    await reaches(drill, 'checks');
    drill.signal(name);
    const { code, stdout } = await drill.finished;
    expect(code).toBe(expected);
    expect(stdout).toContain('INTERRUPTED');
    await waitFor('its guardian to be gone', isAllGone, LONG_MS);
    expect((await reportsOf(lab)).at(-1)).toMatchObject({
      outcome: 'interrupted',
      failure: { phase: 'checks', message: `the drill was stopped by ${name} in the phase checks` },
    });
  });

  it('together with its guardian is cleaned up after by the next one, its server too', async () => {
    await using drill = startDrill(lab, config);
    await reaches(drill, 'checks');
    const [folder = ''] = await readdir(lab.drills);
    const pid = Number((await readFile(join(lab.drills, folder, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
    for (const each of await processes()) if (await isGuardian(each)) process.kill(each, 'SIGKILL');
    drill.signal('SIGKILL');
    await drill.finished;
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    const { code, stderr } = await runWalguard(['drill', `--config.file=${await lab.configure()}`, '--to=latest'], {
      launcher: lab.launcher,
    });
    expect(code).toBe(0);
    expect(stderr).toContain(`${folder.slice('drill-'.length)} was killed`);
    await waitFor('all of it to be gone', isAllGone, LONG_MS);
    const reports = await reportsOf(lab);
    expect(reports.slice(-2).map(({ outcome }) => outcome)).toEqual(['interrupted', 'success']);
    expect(reports.at(-2)).toMatchObject({ failure: { phase: 'checks' } });
  });

  it('does not let another one begin while it runs', async () => {
    await using drill = startDrill(lab, config);
    await reaches(drill, 'restore');
    const before = (await reportsOf(lab)).length;
    const second = await runWalguard(['drill', `--config.file=${config}`], { launcher: lab.launcher });
    expect({ code: second.code, hasEnded: drill.hasEnded }).toEqual({ code: 3, hasEnded: false });
    expect(second.stderr).toContain('DRILL_BUSY');
    expect(await reportsOf(lab)).toHaveLength(before);
    await reaches(drill, 'checks');
    drill.signal('SIGTERM');
    expect((await drill.finished).code).toBe(143);
  });

  it('leaves the archive alone', async () => {
    expect(await fingerprint(lab.archive)).toBe(archiveBefore);
  });
});

async function isGuardian(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('walguard-guardian');
}
