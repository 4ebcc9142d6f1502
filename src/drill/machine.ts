import { DRILL_PHASES, type DrillPhase } from '../core/drill-report.ts';

/** What ends a phase. */
export const PHASE_EVENTS = ['done', 'failed', 'too_late', 'interrupted', 'settings'] as const;
/** `settings`: the server needs larger settings than it was started with. */
export type PhaseEvent = (typeof PHASE_EVENTS)[number];

export type DrillState = DrillPhase | 'over';

/** What follows once a phase ended so: from everywhere there is a way to the stop, and from there only to the end. */
export const NEXT_STATE: Readonly<Record<DrillPhase, Readonly<Record<PhaseEvent, DrillState>>>> = {
  plan: { done: 'restore', failed: 'stop', too_late: 'stop', interrupted: 'stop', settings: 'stop' },
  restore: { done: 'start', failed: 'stop', too_late: 'stop', interrupted: 'stop', settings: 'stop' },
  start: { done: 'recovery', failed: 'stop', too_late: 'stop', interrupted: 'stop', settings: 'start' },
  recovery: { done: 'checks', failed: 'stop', too_late: 'stop', interrupted: 'stop', settings: 'start' },
  checks: { done: 'stop', failed: 'stop', too_late: 'stop', interrupted: 'stop', settings: 'stop' },
  stop: { done: 'over', failed: 'over', too_late: 'over', interrupted: 'over', settings: 'over' },
};

export const FIRST_STATE: DrillPhase = DRILL_PHASES[0];
