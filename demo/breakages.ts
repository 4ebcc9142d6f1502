/** What `--break` can break. */
export const breakages = ['archive=fail', 'archive=hang', 'archive=empty', 'archive=slow'] as const;

export type Breakage = (typeof breakages)[number];

/** Whether a word is one of the breakages. */
export function isBreakage(word: string): word is Breakage {
  return (breakages as readonly string[]).includes(word);
}

/** How one thing is broken and what of it walguard shows. */
export interface BreakagePlan {
  /** Becomes archive_command. */
  readonly archiveCommand: string;
  readonly says: string;
  /** Names of metrics, as a regular expression for grep -E. */
  readonly watch: string;
  readonly expect: string;
  /** What resetting archive_command alone does not end. */
  readonly alsoHeal?: string;
}

/** The plan of a breakage; `healthyCommand` is the archive_command that works. */
export function planBreakage(breakage: Breakage, healthyCommand: string): BreakagePlan {
  switch (breakage) {
    case 'archive=fail':
      return {
        archiveCommand: 'exit 1',
        says: 'archive_command now fails (exit 1): no segment reaches the archive.',
        watch: 'pg_archiver_(state|failed_total|ready_segments|lag_bytes)',
        expect: 'failed_total and ready_segments rise at once, and the state is "failing".',
      };
    case 'archive=hang':
      return {
        archiveCommand: 'sleep 1000000',
        says: 'archive_command now hangs (sleep 1000000): no failure is ever counted.',
        watch: 'pg_archiver_(state|failed_total|ready_segments|lag_bytes)',
        expect: 'ready_segments and lag_bytes rise, failed_total does not; after some 20 s the state is "hung".',
        alsoHeal: `pkill -f 'sleep 1000000'`,
      };
    case 'archive=empty':
      return {
        archiveCommand: '',
        says: 'archive_command is now empty while archive_mode is on: WAL piles up without a failure.',
        watch: 'pg_archiver_(state|command_configured|failed_total|ready_segments)',
        expect: 'command_configured is 0, ready_segments rises, and the state is "not_configured".',
      };
    case 'archive=slow':
      return {
        archiveCommand: `sleep 5 && ${healthyCommand}`,
        says: 'archive_command now takes 5 s a segment, longer than PostgreSQL takes to fill one.',
        watch: 'pg_archiver_(state|archived_total|ready_segments|segment_latency_seconds)',
        expect:
          'archived_total still rises, but ready_segments and the latency grow without end; in a minute or so the state is "lagging".',
      };
  }
}
