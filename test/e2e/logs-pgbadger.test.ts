import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LogReportDocument } from '../../src/collectors/logs/report/index.ts';
import { type Totals, totalsOf, totalsOfBadger } from '../support/log-comparison.ts';
import { type ComparedLog, DIFFERENCES, expectedOfBadger } from '../support/log-differences.ts';
import { LOAD_PREFIX, type LogLoad, makeLogLoad } from '../support/log-load.ts';
import { type BadgerFormat, pgBadger } from '../support/pgbadger.ts';
import { runWalguard } from '../support/walguard.ts';

const BADGERS: Readonly<Record<string, BadgerFormat>> = { stderr: 'stderr', csvlog: 'csv', jsonlog: 'jsonlog' };

async function walguards(load: LogLoad, format: string): Promise<LogReportDocument> {
  const prefix = format === 'stderr' ? [`--prefix=${LOAD_PREFIX}`] : [];
  const args = ['logs', '--json', '--top=1000', ...prefix, load.files[format] ?? ''];
  const { code, stdout, stderr } = await runWalguard(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as LogReportDocument;
}

describe.each([
  [13, ['stderr', 'csvlog']],
  [18, ['stderr', 'csvlog', 'jsonlog']],
] as const)('the log of a busy PostgreSQL %i', (major, formats) => {
  let load: LogLoad;
  let text: string;

  beforeAll(async () => {
    load = await makeLogLoad(major);
    text = await readFile(load.files['stderr'] ?? '', 'utf8');
  });
  afterAll(() => load?.[Symbol.asyncDispose]());

  async function found(format: string): Promise<{ ours: Totals; theirs: Totals; log: ComparedLog }> {
    const file = load.files[format] ?? '';
    const badger = await pgBadger(file, BADGERS[format] ?? 'stderr', LOAD_PREFIX);
    const ours = totalsOf(await walguards(load, format));
    return { ours, theirs: totalsOfBadger(badger), log: { major, format, text } };
  }

  it.each(formats)('has the totals that pgBadger finds, but for what is explained, as %s', async (format) => {
    const { ours, theirs, log } = await found(format);
    const expected = expectedOfBadger(ours, log);
    const compared = Object.fromEntries(Object.entries(theirs).filter(([name]) => name in expected));
    expect(compared).toEqual(expected);
    for (const { of, isThere } of DIFFERENCES) if (isThere(log)) expect(theirs[of]).not.toEqual(ours[of]);
  });

  it('has happened', async () => {
    const report = await walguards(load, 'stderr');
    expect(report.statements.count).toBeGreaterThan(150);
    expect(report.locks.deadlocks).toBe(1);
    expect(report.crashes['sigkill']).toBe(1);
    expect(report.connections.authenticationFailuresByMethod['password']).toBe(2);
    expect(report.archiveFailures['exit']).toBeGreaterThan(0);
    expect(report.checkpoints.buffers).toBeGreaterThan(100);
  });

  it('says the same in every format', async () => {
    const stderr = totalsOf(await walguards(load, 'stderr'));
    for (const format of formats) expect(totalsOf(await walguards(load, format))).toEqual(stderr);
  });

  it('shows no value of a statement in the terminal', async () => {
    const { code, stdout } = await runWalguard(['logs', `--prefix=${LOAD_PREFIX}`, load.files['stderr'] ?? '']);
    expect(code).toBe(0);
    expect(stdout).toContain('update orders set customer = ? where id = ?');
    expect(stdout).not.toMatch(/it''s no|'abc'|careful 7/);
  });
});
