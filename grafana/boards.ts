import { EXPORTER } from './boards/exporter.ts';
import { FLEET } from './boards/fleet.ts';
import { INSTANCE } from './boards/instance.ts';
import { RECOVERABILITY } from './boards/recoverability.ts';
import { REPLICATION } from './boards/replication.ts';
import { SESSION_BOARD } from './boards/sessions.ts';
import { VACUUM } from './boards/vacuum.ts';
import { WAL } from './boards/wal.ts';
import { renderBoard } from './layer/render-board.ts';
import type { BoardSpec } from './layer/spec.ts';

/** All dashboards, from the widest view to the narrowest. */
export const BOARDS: readonly BoardSpec[] = [
  FLEET,
  RECOVERABILITY,
  REPLICATION,
  INSTANCE,
  WAL,
  VACUUM,
  SESSION_BOARD,
  EXPORTER,
];

/** The file of a dashboard in grafana/dashboards, and its text. */
export function boardFile(board: BoardSpec): { readonly name: string; readonly text: string } {
  return { name: `${board.uid}.json`, text: `${JSON.stringify(renderBoard(board), undefined, 2)}\n` };
}
