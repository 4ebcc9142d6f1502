import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Reaper, waitFor } from '../../servers/index.ts';
import { type DrillLab, reportsOf, startDrill, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';
import { projectFolder } from '../repo/project.ts';

const ESCAPE = '\u001B';
const FOR_EVER = `drill: {checks: [{name: wait, sql: 'SELECT pg_sleep(600)', equals: ''}]}`;

let lab: DrillLab & AsyncDisposable;

beforeAll(async () => {
  lab = await startDrillLab(17);
  lab.writer.start(20, 60_000);
  await backUp(lab, 'first');
  await segmentsPass(lab.server, 2);
  await lab.writer.stop();
  await archivedEnd(lab.server, lab.archive);
}, 60_000);

afterAll(() => lab?.[Symbol.asyncDispose]());

interface Terminal extends Disposable {
  /** All that came on the screen. */
  readonly screen: () => string;
  readonly type: (keys: string) => void;
  readonly ended: Promise<number | null>;
}

/** A drill on a terminal of its own, which util-linux's `script` makes. */
function onTerminal(config: string): Terminal {
  const words = [...lab.launcher, process.execPath, join(projectFolder, 'dist/main.js'), 'drill'];
  const command = [...words, `--config.file=${config}`].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 60; ${command}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const reaper = new Reaper();
  if (child.pid !== undefined) reaper.watch(child.pid);
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  return {
    screen: () => screen,
    type: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve) => child.once('close', resolve)),
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      reaper.release();
    },
  };
}

/** What stood in the line of each phase, one after the other. */
function drawn(screen: string): readonly string[] {
  const lines = screen.replaceAll(`\r${ESCAPE}[K`, '\n').split(/\r?\n/);
  return lines.filter((line) => line !== '');
}

describe('a drill on a terminal', () => {
  it('draws each phase in one line, with bytes and segments, no longer than the line', async () => {
    using terminal = onTerminal(await lab.configure());
    expect(await terminal.ended).toBe(0);
    const lines = drawn(terminal.screen());
    for (const phase of ['plan', 'restore', 'start', 'recovery', 'checks', 'stop'])
      expect(lines).toContain(`${phase} ...`);
    expect(lines).toContainEqual(expect.stringMatching(/^restore: [\d.]+ \w+$/));
    expect(lines).toContainEqual(expect.stringMatching(/^recovery: .*\d segments/));
    const moving = lines.slice(
      0,
      lines.findIndex((line) => line.startsWith('SUCCESS')),
    );
    for (const line of moving) expect(line.length).toBeLessThan(60);
    expect(terminal.screen().endsWith('\n')).toBe(true);
  }, 60_000);

  it('ends by Ctrl-C, leaves nothing but its report, and ends the line', async () => {
    using terminal = onTerminal(await lab.configure({ repository: FOR_EVER }));
    await waitFor('its checks', () => terminal.screen().includes('checks ...'), 60_000);
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
    expect(drawn(terminal.screen()).some((line) => line.startsWith('INTERRUPTED'))).toBe(true);
    expect(terminal.screen().endsWith('\n')).toBe(true);
    await waitFor('its folder to be gone', async () => (await readdir(lab.drills)).length === 0, 60_000);
    expect((await reportsOf(lab)).at(-1)).toMatchObject({ outcome: 'interrupted', failure: { phase: 'checks' } });
  }, 60_000);

  it('anywhere else writes plain lines', async () => {
    await using drill = startDrill(lab, await lab.configure());
    const { code, stdout } = await drill.finished;
    expect(code).toBe(0);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).not.toContain('\r');
    expect(stdout.split('\n').slice(0, 2)).toEqual(['plan ...', expect.stringMatching(/^plan: /)]);
  }, 60_000);
});
