import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LogReportDocument } from '../../src/collectors/logs/report/index.ts';
import { LOAD_PREFIX, type LogLoad, makeLogLoad } from '../support/log-load.ts';
import { type BadgerReport, pgBadger } from '../support/pgbadger.ts';
import { runWalguard } from '../support/walguard.ts';

type Section = Readonly<Record<string, number>>;

/** A section of pgBadger's, which is of one database of its own where a log is not split. */
function section(report: BadgerReport, name: string): Section {
  const found = report[name] as Readonly<Record<string, unknown>>;
  return (found['postgres'] ?? found) as Section;
}

/** The same sections of both, by the same names. */
function ofBadger(report: BadgerReport): Readonly<Record<string, unknown>> {
  const [sessions, files, overall] = ['session_info', 'tempfile_info', 'overall_stat'].map((name) =>
    section(report, name),
  );
  const { LOG, WARNING, ERROR, FATAL } = section(report, 'logs_type');
  const share = section(report, 'lock_info')['ShareLock'] as unknown as Section;
  const durations = overall?.['queries_duration'] as unknown as Section;
  return {
    severities: { LOG, WARNING, ERROR, FATAL },
    connections: section(report, 'connection_info')['count'],
    sessions: [sessions?.['count'], sessions?.['duration']],
    temporaryFiles: [files?.['count'], files?.['size'], files?.['maxsize']],
    statements: [overall?.['queries_number'], durations['execute']],
    locks: [share?.['count'], share?.['duration']],
    vacuums: countOf(report, 'autovacuum_info', 'vacuums'),
    analyzes: countOf(report, 'autoanalyze_info', 'analyzes'),
    checkpoints: section(report, 'checkpoint_info')['starting'],
  };
}

function countOf(report: BadgerReport, name: string, key: string): number {
  const tables = section(report, name)['tables'] as unknown as Readonly<Record<string, Section>>;
  return Object.values(tables).reduce((sum, table) => sum + (table[key] ?? 0), 0);
}

function ofWalguard(report: LogReportDocument): Readonly<Record<string, unknown>> {
  const { messages, connections, sessions, temporaryFiles: files, statements, locks, autovacuum, checkpoints } = report;
  const { LOG, WARNING, ERROR, FATAL } = messages.bySeverity;
  return {
    severities: { LOG, WARNING, ERROR, FATAL },
    connections: connections.authorized,
    sessions: [sessions.count, inMs(sessions.seconds)],
    temporaryFiles: [files.count, files.bytes, files.largestBytes],
    statements: [statements.count, inMs(statements.seconds)],
    locks: [locks.acquired, inMs(locks.acquiredSeconds)],
    vacuums: autovacuum.vacuums,
    analyzes: autovacuum.analyzes,
    checkpoints: checkpoints.startedByWords,
  };
}

function inMs(seconds: number): number {
  return Number((seconds * 1_000).toFixed(3));
}

describe.each([13, 18] as const)('the log of a busy PostgreSQL %i', (major) => {
  let load: LogLoad;

  beforeAll(async () => {
    load = await makeLogLoad(major);
  });
  afterAll(() => load?.[Symbol.asyncDispose]());

  async function reportOf(format: string): Promise<LogReportDocument> {
    const prefix = format === 'stderr' ? [`--prefix=${LOAD_PREFIX}`] : [];
    const { code, stdout, stderr } = await runWalguard(['logs', '--json', ...prefix, load.files[format] ?? '']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as LogReportDocument;
  }

  it('has the totals that pgBadger finds', async () => {
    const report = await reportOf('stderr');
    const found = await pgBadger(load.files['stderr'] ?? '', 'stderr', LOAD_PREFIX);
    expect(ofWalguard(report)).toEqual(ofBadger(found));
    expect(report.statements.count).toBeGreaterThan(150);
    expect(report.locks.deadlocks).toBe(1);
    expect(report.crashes['sigkill']).toBe(1);
  });

  it('differs from pgBadger where pgBadger 12 does not know what the server writes', async () => {
    const { checkpoints } = await reportOf('stderr');
    const text = await readFile(load.files['stderr'] ?? '', 'utf8');
    const badger = section(await pgBadger(load.files['stderr'] ?? '', 'stderr', LOAD_PREFIX), 'checkpoint_info');
    // "1 second apart" is no warning to it.
    expect(checkpoints.warnings).toBe(text.match(/\(\d+ seconds? apart\)/g)?.length);
    expect(badger['warning']).toBe(text.match(/\(\d+ seconds apart\)/g)?.length);
    // The message of 18 has SLRU buffers, too.
    const { buffers, walFilesAdded: added, walFilesRecycled: recycled, writeSeconds } = checkpoints;
    const done = { buffers, added, recycled, writeSeconds };
    const found = {
      buffers: badger['wbuffer'],
      added: badger['file_added'],
      recycled: badger['file_recycled'],
      writeSeconds: Number((badger['write'] ?? 0).toFixed(3)),
    };
    expect(found).toEqual(major === 13 ? done : { buffers: 0, added: 0, recycled: 0, writeSeconds: 0 });
    expect(buffers).toBeGreaterThan(100);
  });

  it('says the same in every format', async () => {
    const stderr = ofWalguard(await reportOf('stderr'));
    for (const format of Object.keys(load.files)) expect(ofWalguard(await reportOf(format))).toEqual(stderr);
  });

  it('shows no value of a statement in the terminal', async () => {
    const { code, stdout } = await runWalguard(['logs', `--prefix=${LOAD_PREFIX}`, load.files['stderr'] ?? '']);
    expect(code).toBe(0);
    expect(stdout).toContain('update orders set customer = ? where id = ?');
    expect(stdout).not.toMatch(/it''s no|'abc'|careful 7/);
  });
});
