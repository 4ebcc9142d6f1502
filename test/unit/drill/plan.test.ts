import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { DrillTarget } from '../../../src/core/drill.ts';
import { DRILL_PHASES } from '../../../src/core/drill-report.ts';
import { randomTarget, takeAim } from '../../../src/drill/aim.ts';
import { FIRST_STATE, nextState, PHASE_EVENTS, type PhaseEvent } from '../../../src/drill/machine.ts';
import { makePlan, type PlanInput } from '../../../src/drill/plan.ts';
import { archiveOf, arrival, assessOne, at, backupOf, NOW } from '../recoverability/world.ts';

const FIRST = backupOf({
  label: 'first',
  stopTimeSeconds: arrival(3),
  wal: { start: at(2), stop: at(3), timeline: 1, included: false },
});
const SECOND = backupOf({
  label: 'second',
  stopTimeSeconds: arrival(7),
  wal: { start: at(6), stop: at(7), timeline: 1, included: false },
});

function inputOf(segments: string): PlanInput {
  const archive = archiveOf({ 1: segments });
  return { archive, assessment: assessOne({ archive, backups: [FIRST, SECOND] }), unread: [] };
}

/** Of it only positions are known. */
const WHOLE = inputOf('1-12');
/** It is known, too, when its last commit was made. */
const TIMED: PlanInput = {
  ...WHOLE,
  assessment: {
    ...WHOLE.assessment,
    windows: WHOLE.assessment.windows.map((window) => ({ ...window, latestSeconds: arrival(12) })),
  },
};

describe('a target by chance', () => {
  it.each([
    ['moments', TIMED, 'time'],
    ['positions', WHOLE, 'lsn'],
  ] as const)('of %s is in a window, and can be planned', (_what, input, kind) => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
        const target = randomTarget(input, () => chance);
        expect(target?.kind).toBe(kind);
        expect(() => makePlan(input, target ?? { kind: 'latest' })).not.toThrow();
      }),
    );
  });

  it('covers all of the window, and not its end alone', () => {
    const moments = Array.from({ length: 100 }, (_, index) => randomTarget(TIMED, () => index / 100));
    const seconds = moments.flatMap((target) => (target?.kind === 'time' ? [target.seconds] : []));
    const [window] = TIMED.assessment.windows;
    const length = (window?.latestSeconds ?? 0) - (window?.earliestSeconds ?? 0);
    expect(seconds).toHaveLength(100);
    expect((Math.max(...seconds) - Math.min(...seconds)) / length).toBeGreaterThan(0.9);
    expect(seconds.map((each, index) => each > (seconds[index - 1] ?? 0))).not.toContain(false);
  });

  it('is one of the kinds of the policy, and the end where there is none', () => {
    const target: DrillTarget = { kind: 'time', seconds: NOW };
    expect(
      takeAim(
        ['latest', 'random'],
        () => target,
        () => 0.4,
      ),
    ).toEqual({ target: { kind: 'latest' }, random: false });
    expect(
      takeAim(
        ['latest', 'random'],
        () => target,
        () => 0.6,
      ),
    ).toEqual({ target, random: true });
    expect(
      takeAim(
        ['random'],
        () => undefined,
        () => 0,
      ),
    ).toEqual({ target: { kind: 'latest' }, random: false });
  });
});

describe('a plan', () => {
  it.each<readonly [what: string, target: DrillTarget, label: string]>([
    ['the end', { kind: 'latest' }, 'second'],
    ['a moment between the backups', { kind: 'time', seconds: arrival(5) }, 'first'],
    ['a moment behind both', { kind: 'time', seconds: arrival(9) }, 'second'],
    ['a position between the backups', { kind: 'lsn', lsn: at(5) }, 'first'],
    ['a position behind both', { kind: 'lsn', lsn: at(9) }, 'second'],
    ['a name', { kind: 'name', name: 'x' }, 'second'],
  ])('to %s takes the newest backup from which it can be reached', (_what, target, label) => {
    expect(makePlan(WHOLE, target).backup.label).toBe(label);
  });

  it.each<readonly [what: string, target: DrillTarget]>([
    ['a moment before the first backup', { kind: 'time', seconds: arrival(1) }],
    ['a moment behind the archive', { kind: 'time', seconds: NOW + 1e6 }],
    ['a position before the first backup', { kind: 'lsn', lsn: at(1) }],
    ['a position behind the archive', { kind: 'lsn', lsn: at(500) }],
  ])('to %s is refused', (_what, target) => {
    expect(() => makePlan(WHOLE, target)).toThrow(expect.objectContaining({ code: 'DRILL_OUTSIDE' }) as Error);
  });

  it('without a usable backup is refused', () => {
    const archive = archiveOf({ 1: '1-12' });
    const backups = [backupOf({ ...FIRST, hasErrors: true })];
    const input = { archive, assessment: assessOne({ archive, backups }), unread: [] };
    expect(() => makePlan(input, { kind: 'latest' })).toThrow(
      expect.objectContaining({ code: 'DRILL_NO_BACKUP' }) as Error,
    );
  });

  it.each<readonly [what: string, input: PlanInput, target: DrillTarget]>([
    ['no backup', { ...WHOLE, assessment: { ...WHOLE.assessment, backups: [] } }, { kind: 'latest' }],
    ['no way', WHOLE, { kind: 'lsn', lsn: at(500) }],
  ])('that finds %s where nobody could look says why', (_what, input, target) => {
    const error = { code: 'S3_CREDENTIALS', message: 'No credentials open it', hint: 'Give a key.' } as const;
    const unread = [{ source: 'archive', method: 's3', error }] as const;
    expect(() => makePlan({ ...input, unread }, target)).toThrow(
      expect.objectContaining({ code: error.code, hint: error.hint }) as Error,
    );
  });

  it('names what is missing behind its window', () => {
    expect(makePlan(inputOf('1-9 11-12'), { kind: 'latest' }).missing).toEqual(['00000001000000000000000A is missing']);
  });
});

describe('the phases of a drill', () => {
  it.each(['backups', 'dumps'] as const)('of %s come to an end whatever ends each', (source) => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...PHASE_EVENTS.filter((each) => each !== 'settings')), { minLength: 10 }),
        (events) => {
          let state: ReturnType<typeof nextState> = FIRST_STATE;
          const seen: string[] = [];
          for (const event of events) {
            if (state === 'over') break;
            seen.push(state);
            state = nextState(source, state, event);
          }
          expect(state).toBe('over');
          expect(seen.at(-1)).toBe('stop');
          expect(new Set(seen).size).toBe(seen.length);
        },
      ),
    );
  });

  it('begin the server anew only for settings', () => {
    const anew = DRILL_PHASES.flatMap((phase) =>
      PHASE_EVENTS.filter((event: PhaseEvent) => nextState('backups', phase, event) === 'start').map(
        (event) => `${phase} ${event}`,
      ),
    );
    expect(anew.filter((each) => !each.endsWith(' done'))).toEqual(['start settings', 'recovery settings']);
  });
});
