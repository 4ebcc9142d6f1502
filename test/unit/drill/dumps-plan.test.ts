import { describe, expect, it } from 'vitest';

import type { Dump } from '../../../src/core/dumps.ts';
import { WalguardError } from '../../../src/core/error.ts';
import { planDumps, randomMoment } from '../../../src/drill/dumps/plan.ts';
import { nextState, PHASE_EVENTS } from '../../../src/drill/machine.ts';
import type { PlanInput } from '../../../src/drill/plan.ts';
import { assessDrills, measuredRate } from '../../../src/recoverability/drills.ts';
import type { DrillReport } from '../../../src/core/drill-report.ts';

const LATEST = { kind: 'latest' } as const;

function dump(file: string, timeSeconds: number, more: Partial<Dump> = {}): Dump {
  return {
    file,
    scope: 'database',
    datname: file.split('-')[0],
    format: 'custom',
    packing: '',
    timeSeconds,
    sizeBytes: 100,
    valid: true,
    problem: undefined,
    ...more,
  };
}

function input(...dumps: readonly Dump[]): PlanInput {
  const assessment = { name: 'main', backups: [], windows: [], gaps: [] } as unknown as PlanInput['assessment'];
  return { assessment, archive: undefined, dumps: { dumps, running: 0, problems: [] }, unread: [] };
}

const GLOBALS = dump('globals', 50, { scope: 'globals', datname: undefined });
const CLUSTER = { scope: 'cluster', datname: undefined } as const;
const bad = { valid: false, problem: new WalguardError('DUMP_INVALID', 'it is cut off') };

function filesOf(given: PlanInput, seconds?: number): readonly string[] {
  const target = seconds === undefined ? LATEST : ({ kind: 'time', seconds } as const);
  return planDumps(given, target).dumps.map(({ file }) => file);
}

describe('the plan of a drill of dumps', () => {
  it('takes the newest of each database, behind the globals', () => {
    const given = input(dump('b-1', 10), dump('a-1', 20), GLOBALS, dump('a-2', 30), dump('b-2', 5));
    expect(filesOf(given)).toEqual(['globals', 'a-2', 'b-1']);
    expect(planDumps(given, LATEST).reachesSeconds).toBe(10);
    expect(filesOf(given, 20)).toEqual(['a-1', 'b-1']);
  });

  it('takes a whole cluster if that is newer than the dumps of databases', () => {
    expect(filesOf(input(dump('a-1', 20), GLOBALS, dump('all', 30, CLUSTER)))).toEqual(['all']);
    expect(filesOf(input(dump('a-1', 20), GLOBALS, dump('all', 15, CLUSTER)))).toEqual(['globals', 'a-1']);
  });

  it('takes an older one if the newest is no good, and says so', () => {
    const { dumps, warnings } = planDumps(input(dump('a-1', 10), dump('a-2', 20, bad)), LATEST);
    expect(dumps.map(({ file }) => file)).toEqual(['a-1']);
    expect(warnings).toEqual(['An older dump was restored, a-1: it is cut off']);
  });

  it('leaves out what nobody can name', () => {
    const { warnings } = planDumps(input(dump('a-1', 10), dump('x', 20, { datname: undefined })), LATEST);
    expect(warnings).toEqual(['Nobody can tell of which database x is; it was not restored.']);
  });

  it.each([
    ['no dump', input(), LATEST, 'DRILL_NO_BACKUP'],
    ['no good one', input(dump('a-1', 10, bad)), LATEST, 'DRILL_NO_BACKUP'],
    ['roles alone', input(GLOBALS), LATEST, 'DRILL_NO_BACKUP'],
    ['a time before all', input(dump('a-1', 10)), { kind: 'time', seconds: 9 } as const, 'DRILL_OUTSIDE'],
    ['a named point', input(dump('a-1', 10)), { kind: 'name', name: 'x' } as const, 'DRILL_OUTSIDE'],
  ])('refuses %s', (_what, given, target, code) => {
    expect(() => planDumps(given, target)).toThrow(expect.objectContaining({ code }));
  });

  it('says why nobody could look', () => {
    const error = { code: 'SOURCE_UNREADABLE', message: 'may not be read', hint: undefined } as const;
    const given = { ...input(), unread: [{ source: 'dump', method: 'pg_dump', error }] } as const;
    expect(() => planDumps(given, LATEST)).toThrow(expect.objectContaining({ code: error.code }));
  });

  it('finds moments by chance at which a dump was the newest', () => {
    const given = input(GLOBALS, dump('a-1', 10), dump('a-2', 20), dump('a-3', 30, bad));
    expect([0, 0.99].map((chance) => randomMoment(given, () => chance))).toEqual([
      { kind: 'time', seconds: 10 },
      { kind: 'time', seconds: 20 },
    ]);
  });
});

describe('the phases of a drill', () => {
  it('make the server first for dumps', () => {
    const order = ['plan'];
    while (order.at(-1) !== 'over') order.push(nextState('dumps', order.at(-1) as 'plan', 'done'));
    expect(order).toEqual(['plan', 'start', 'restore', 'checks', 'stop', 'over']);
  });

  it.each(['backups', 'dumps'] as const)(
    'of %s have a way to the stop from everywhere, and from there to the end',
    (source) => {
      for (const phase of ['plan', 'restore', 'start', 'recovery', 'checks'] as const)
        for (const event of PHASE_EVENTS.filter((each) => each !== 'done' && each !== 'settings'))
          expect(nextState(source, phase, event)).toBe('stop');
      for (const event of PHASE_EVENTS) expect(nextState(source, 'stop', event)).toBe('over');
      expect(nextState('backups', 'recovery', 'settings')).toBe('start');
    },
  );
});

function report(id: string, source: DrillReport['source'], bytes: number): DrillReport {
  return {
    version: 1,
    id,
    repository: 'main',
    source,
    startedSeconds: 0,
    endedSeconds: bytes,
    outcome: 'success',
    wanted: LATEST,
    backup: { label: id, method: 'x', ...(source === 'dumps' ? {} : { type: 'full' }), stopTimeSeconds: 1 },
    phases: [{ phase: 'restore', seconds: 1, bytes }],
    checks: [],
  };
}

describe('drills of dumps beside drills of backups', () => {
  const history = {
    reports: [report('3', 'dumps', 300), report('2', 'backups', 200), report('1', undefined, 100)],
    older: 0,
    problems: [],
  };

  it('count for what drills of the repository restore, and no rate is mixed', () => {
    const ofBackups = assessDrills(history, 'backups');
    expect([ofBackups?.last?.id, ofBackups?.lastSuccess?.id, ofBackups?.reports.length]).toEqual(['2', '2', 3]);
    const ofDumps = assessDrills(history, 'dumps');
    expect([ofDumps?.last?.id, ofDumps?.counted.length]).toEqual(['3', 1]);
    expect(measuredRate(history, 'restore')?.bytesPerSecond).toBe(200);
  });
});
