import { select } from './select.ts';
import type { BoardSpec, Colour } from './spec.ts';

/** What is marked on every time series; `useValueForTime` puts the mark where the value says, in milliseconds. */
export interface Annotation {
  readonly name: string;
  readonly enable: boolean;
  readonly iconColor: Colour;
  readonly expr: string;
  readonly step: string;
  readonly titleFormat: string;
  readonly textFormat: string;
  readonly useValueForTime: boolean;
}

const WITH_CHECKPOINTS = ['walguard-wal'];
const WITH_BACKUPS = ['walguard-recoverability', 'walguard-wal', 'walguard-instance'];

/** Those that a dashboard has not switched on can be switched on above its panels. */
export function annotationsOf({ uid }: BoardSpec): readonly Annotation[] {
  return [
    {
      ...mark('Role change', 'purple', 'changes(pg_in_recovery{}[2m]) > 0', '{{instance}}'),
      useValueForTime: false,
    },
    mark('Restart', 'red', '1000 * pg_postmaster_start_time_seconds{}', '{{instance}}'),
    {
      ...mark('Checkpoint', 'blue', '1000 * pg_last_checkpoint_timestamp_seconds{}', '{{instance}}'),
      enable: WITH_CHECKPOINTS.includes(uid),
    },
    {
      ...mark(
        'Backup',
        'green',
        '1000 * max by (cluster, repository, method, type) (pg_backup_last_success_timestamp_seconds{})',
        '{{repository}} {{method}} {{type}}',
      ),
      enable: WITH_BACKUPS.includes(uid),
    },
  ];
}

function mark(name: string, iconColor: Colour, expr: string, textFormat: string): Annotation {
  return {
    name,
    enable: true,
    iconColor,
    expr: select(expr),
    step: '60s',
    titleFormat: name,
    textFormat,
    useValueForTime: true,
  };
}
