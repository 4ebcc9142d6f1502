import type pg from 'pg';

import type { SessionAttrs } from './connection-options.ts';
import type { Reports } from './login.ts';

/** Of a session what target_session_attrs is about. */
export interface SessionRole {
  readonly inRecovery: boolean;
  /** Its transactions may not write, were it only by default. */
  readonly readOnly: boolean;
}

/**
 * What role the server of a new session has.
 *
 * PostgreSQL 14 and newer report it by themselves; others, and poolers, are asked. Rejects with the error of the server.
 */
export async function readRole(client: pg.Client, reports: Reports): Promise<SessionRole> {
  const [standby, readOnly] = [reports.get('in_hot_standby'), reports.get('default_transaction_read_only')];
  if (standby !== undefined && readOnly !== undefined)
    return { inRecovery: standby === 'on', readOnly: standby === 'on' || readOnly === 'on' };
  const { rows } = await client.query<{ readonly standby: string; readonly read_only: string }>(
    "SELECT pg_catalog.pg_is_in_recovery()::text AS standby, pg_catalog.current_setting('transaction_read_only') AS read_only",
  );
  return { inRecovery: rows[0]?.standby === 'true', readOnly: rows[0]?.read_only === 'on' };
}

/** Why a server of this role will not do; undefined if it does. `prefer-standby` prefers, so that is told for it too. */
export function whyUnfit(attrs: SessionAttrs, { inRecovery, readOnly }: SessionRole): string | undefined {
  switch (attrs) {
    case 'any':
      return undefined;
    case 'read-write':
      return readOnly ? 'its sessions are read-only' : undefined;
    case 'read-only':
      return readOnly ? undefined : 'its sessions are not read-only';
    case 'primary':
      return inRecovery ? 'it is a standby' : undefined;
    case 'standby':
    case 'prefer-standby':
      return inRecovery ? undefined : 'it is a primary';
  }
}
