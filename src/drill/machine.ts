import { DRILL_PHASES, type DrillPhase, type DrillSourceKind } from '../core/drill-report.ts';

/** What ends a phase. */
export const PHASE_EVENTS = ['done', 'failed', 'too_late', 'interrupted', 'settings'] as const;
/** `settings`: the server needs larger settings than it was started with. */
export type PhaseEvent = (typeof PHASE_EVENTS)[number];

export type DrillState = DrillPhase | 'over';

/** What follows where all goes well. */
const ORDERS: Readonly<Record<DrillSourceKind, readonly DrillPhase[]>> = {
  backups: DRILL_PHASES,
  dumps: ['plan', 'start', 'restore', 'checks', 'stop'],
};

/** What follows once a phase ended so: from everywhere there is a way to the stop, and from there only to the end. */
export function nextState(source: DrillSourceKind, phase: DrillPhase, event: PhaseEvent): DrillState {
  if (phase === 'stop') return 'over';
  if (event === 'settings' && source === 'backups' && (phase === 'start' || phase === 'recovery')) return 'start';
  const order = ORDERS[source];
  return event === 'done' ? (order[order.indexOf(phase) + 1] ?? 'stop') : 'stop';
}

export const FIRST_STATE: DrillPhase = DRILL_PHASES[0];
